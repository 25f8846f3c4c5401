"""What no release can have moved: cells that are left out, and controls, which tell what environments differ by."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from asv_verdict.outcome import Change, State

#: Cells that a package cannot move, as an expression: they are another backend's.
CANNOT_MOVE = {"jax": "'autograd'", "autograd": "'jax'"}
#: Cells that nothing moves: measured all the same, since they differ from one environment to another.
CONTROLS = {"numpy": r"^controls\..*'Python loop'"}
ALL_CONTROLS = r"^controls\."


def is_control(cell: str, package: str) -> bool:
    """Whether a cell has nothing of a package in it."""
    return re.search(CONTROLS.get(package, ALL_CONTROLS), cell) is not None


def moved_by(changes: Iterable[Change], package: str) -> float:
    """The ratio, at least 1, by which a control differs between two environments; 1 where each is cleared.

    The same code in two environments lies in other places of the memory, and a processor may be slower on one of them
    whenever it is asked. Rounds repeat that faithfully, so no interval tells it from a change. A control that is not
    decided may have moved by as much as was seen of it, which counts until it is cleared.
    """
    seen = [
        change.ratio for change in changes if change.state is not State.CLEARED and is_control(change.cell, package)
    ]
    return math.exp(max((abs(math.log(ratio)) for ratio in seen), default=0.0))


def claimed(changes: Sequence[Change], package: str) -> list[Change]:
    """The changes, of which those stay confirmed whose whole interval is beyond what controls have moved by."""
    floor = moved_by(changes, package)
    return [
        replace(change, state=State.INCONCLUSIVE)
        if change.state is State.CONFIRMED and (is_control(change.cell, package) or _within(change, floor))
        else change
        for change in changes
    ]


def _within(change: Change, floor: float) -> bool:
    low, high = change.interval
    return low <= floor and high >= 1 / floor
