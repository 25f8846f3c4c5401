"""The pairs of runs that are kept in data/pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asv_verdict import append_pairs, read_pairs

PAIRS = Path(__file__).parents[2] / "data" / "pairs"


def kept_pairs(folder: Path = PAIRS) -> list[dict[str, Any]]:
    """All pairs from the files of a folder, oldest first."""
    pairs = [pair for path in sorted(folder.glob("*.json")) for pair in read_pairs(path)]
    return sorted(pairs, key=lambda pair: pair["started"])


def keep(path: Path, pairs: list[dict[str, Any]]) -> int:
    """Append the pairs that a file does not have yet, and return their number."""
    kept = read_pairs(path)
    more = [pair for pair in pairs if pair not in kept]
    if more:
        append_pairs(path, more)
    return len(more)
