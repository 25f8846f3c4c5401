"""Files of pairs of identical runs: {"version": 1, "pairs": [{"values": {cell: [first, second]}, …}]}, oldest first.

`adjacent` may hold, by cell, a list [first, second] for each two processes of which one ran right after the other.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, TypeGuard, cast

import msgspec

from asv_verdict.asv_io.results import Unreadable
from asv_verdict.stats.ratio import LEAST_ADJACENT, Rounds
from asv_verdict.system.files import replace_whole

#: A pair as JSON: its values, and the conditions in which they were measured.
Pair = dict[str, Any]


class _Pair(msgspec.Struct):
    """The types of the fields of a pair that are read here; a value that is no number is left out later."""

    values: dict[str, list[Any]]
    adjacent: dict[str, list[tuple[Any, Any]]] = {}
    versions: dict[str, Any] = {}
    measured_with: dict[str, Any] | None = None
    background_load: list[float] = []


def read_pairs(path: Path) -> list[Pair]:
    """The pairs in a file; none if it does not exist. Raises Unreadable if it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error
    pairs = content.get("pairs") if isinstance(content, dict) else None
    try:
        msgspec.convert(pairs, list[_Pair])
    except (msgspec.ValidationError, OverflowError) as error:
        raise Unreadable(f'{path} has no list of pairs: expected {{"pairs": [{{"values": …}}]}}: {error}') from error
    return cast(list[Pair], pairs)


def append_pairs(path: Path, pairs: list[Pair]) -> None:
    """Append pairs to a file, which is created if it is missing. Raises Unreadable if it cannot be read."""
    lines = ",\n".join(json.dumps(pair) for pair in [*read_pairs(path), *pairs])
    replace_whole(path, f'{{"version": 1, "pairs": [\n{lines}\n]}}\n')


def stored_adjacent(rounds: Rounds) -> list[list[float]]:
    """Adjacent processes as a file keeps them: none if they are too few to count, and no digits of noise."""
    if len(rounds) < LEAST_ADJACENT:
        return []
    return [[float(f"{value:.6g}") for value in both] for both in rounds]


def is_identical(pair: Pair) -> bool:
    """Whether a pair shows the noise of a night: identical runs, interleaved, without background load."""
    return (
        not pair.get("busy_processes")
        and not pair.get("slowed")
        and pair.get("interleaved", True) is True
        and pair.get("clock", "protocol") == "protocol"
    )


def processor_of(pair: Pair) -> str | None:
    """The processor on which a pair was measured, if it is known."""
    return (pair.get("measured_with") or {}).get("cpu")


def is_positive(value: object) -> TypeGuard[float]:
    """Whether a value is a positive number. Only such values have a ratio."""
    try:
        return isinstance(value, int | float) and math.isfinite(value) and value > 0
    except OverflowError:  # an integer that no float can hold
        return False
