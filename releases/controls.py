"""Cells that a package cannot change: controls, which show how much environments differ, and cells not measured."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from asv_verdict.model import Change, State

#: The cells of the other backend, as a regular expression. The package cannot change them: they are not measured.
CANNOT_MOVE = {"jax": "'autograd'", "autograd": "'jax'"}
#: For a package that can change some cells of the module `controls`, the cells of that module that it cannot change.
CONTROLS = {"numpy": r"^controls\..*'Python loop'"}
ALL_CONTROLS = r"^controls\."


def is_control(cell: str, package: str) -> bool:
    """Whether a cell is a control: a cell of the module `controls` that the package cannot change."""
    return re.search(CONTROLS.get(package, ALL_CONTROLS), cell) is not None


def moved_by(changes: Iterable[Change], package: str) -> float:
    """The largest ratio, at least 1, of a control that was not dismissed; 1 if every control was dismissed.

    Two environments load the same code at different addresses, and a processor can be slower with one of them in
    every round. An interval cannot distinguish that effect from a change. An inconclusive control therefore counts too.
    """
    seen = [
        change.logarithm
        for change in changes
        if change.state is not State.DISMISSED and is_control(change.cell, package)
    ]
    return math.exp(max(map(abs, seen), default=0.0))


def claimed(changes: Sequence[Change], package: str) -> list[Change]:
    """The changes; a confirmed one becomes inconclusive unless its whole interval lies beyond the ratio of `moved_by`.

    A control is never confirmed.
    """
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
