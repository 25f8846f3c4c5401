"""The noise that nights saw themselves: both values of each cell that did not change, from the round of all cells.

The file MACHINE/ENVIRONMENT.json is one of pairs (asv_io/pairs.py), the newest NIGHTS of them. So only the first
comparison of a repository has to assume a noise.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from asv_verdict.asv_io.pairs import Pair, read_pairs
from asv_verdict.asv_io.results import Unreadable
from asv_verdict.system.files import regular_files, replace_whole

FOLDER = "night-noise"
#: The number of pairs that are kept: what a machine did long ago says little.
NIGHTS = 30


def night_noise_file(folder: Path, machine: str, environment: str) -> Path:
    """The file of an environment in the folder of asv-verdict."""
    return folder / FOLDER / machine / f"{environment}.json"


def add_night_noise(path: Path, pairs: Sequence[Pair]) -> None:
    """Add pairs that the file lacks, and keep the newest NIGHTS. Raises Unreadable, and OSError."""
    known = read_pairs(path)
    seen = {json.dumps(pair, sort_keys=True) for pair in known}
    new = [pair for pair in pairs if json.dumps(pair, sort_keys=True) not in seen]
    if new:
        joined = sorted([*known, *new], key=lambda pair: str(pair.get("started", "")))
        replace_whole(path, json.dumps({"version": 1, "pairs": joined[-NIGHTS:]}))


def join_night_noise(source: Path, target: Path) -> list[str]:
    """Add the pairs of `source` to `target`; returns a sentence for each file that cannot be read."""
    sentences = []
    for path in regular_files(source, 2):
        if path.suffix == ".json":
            try:
                add_night_noise(target / path.relative_to(source), read_pairs(path))
            except (Unreadable, OSError) as error:
                sentences.append(f"cannot store the noise of nights in {path.name}: {error}")
    return sentences
