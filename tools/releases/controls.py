"""Cells that a release cannot change: some are left out; the others are controls and show how environments differ."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from asv_verdict.model import Change, State

#: Cells that a package cannot change, as a regular expression: those of the other backend.
CANNOT_MOVE = {"jax": "'autograd'", "autograd": "'jax'"}
#: Controls of a package that changes some cells of the module `controls` itself.
CONTROLS = {"numpy": r"^controls\..*'Python loop'"}
ALL_CONTROLS = r"^controls\."


def is_control(cell: str, package: str) -> bool:
    """Whether a cell runs no code of a package."""
    return re.search(CONTROLS.get(package, ALL_CONTROLS), cell) is not None


def moved_by(changes: Iterable[Change], package: str) -> float:
    """The largest ratio, at least 1, of a control that was not dismissed; 1 if every control was dismissed.

    Two environments load the same code at different addresses, and a processor can be slower with one of them in
    every round. An interval cannot tell that from a change. Until a control is dismissed, its measured ratio counts,
    even if it is inconclusive.
    """
    seen = [
        change.logarithm
        for change in changes
        if change.state is not State.DISMISSED and is_control(change.cell, package)
    ]
    return math.exp(max(map(abs, seen), default=0.0))


def claimed(changes: Sequence[Change], package: str) -> list[Change]:
    """The changes; a confirmed one becomes inconclusive unless its whole interval exceeds what `moved_by` returns."""
    floor = moved_by(changes, package)
    return [
        replace(change, state=State.INCONCLUSIVE)
        if change.state is State.CONFIRMED and (is_control(change.cell, package) or _within(change, floor))
        else change
        for change in changes
    ]


def _within(change: Change, floor: float) -> bool:
    low, high = change.bounds
    return low <= floor and high >= 1 / floor
