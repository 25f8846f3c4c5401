"""Read and write files of pairs of runs. tools/noise.py measures the pairs, and data/pairs keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.files import replace_whole

PAIRS = Path(__file__).parent.parent / "data" / "pairs"


def kept_pairs(folder: Path = PAIRS) -> list[dict[str, Any]]:
    """All pairs from the files of a folder, oldest first."""
    files = sorted(folder.glob("*.json"))
    pairs = [pair for path in files for pair in json.loads(path.read_text(encoding="utf-8"))["pairs"]]
    return sorted(pairs, key=lambda pair: pair["started"])


def append(path: Path, pair: dict[str, Any]) -> None:
    """Append a pair to a file of pairs, and create the file if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pairs = json.loads(path.read_text(encoding="utf-8"))["pairs"] if path.exists() else []
    replace_whole(path, {"version": 1, "pairs": [*pairs, pair]})


def keep(path: Path, pairs: list[dict[str, Any]]) -> int:
    """Append the pairs that a file does not have yet, and return their number."""
    kept = json.loads(path.read_text(encoding="utf-8"))["pairs"] if path.exists() else []
    more = [pair for pair in pairs if pair not in kept]
    for pair in more:
        append(path, pair)
    return len(more)
