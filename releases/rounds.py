"""One number from the values of several rounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean

from asv_verdict.measure.session import is_number


def numbers(rounds: Iterable[float | None]) -> list[float]:
    """The values that are numbers, without failures and cells that do not apply."""
    return [value for value in rounds if is_number(value)]


def better_half(rounds: Sequence[float]) -> float:
    """The geometric mean of the lower half; the last value if all are equal or one of them is not positive."""
    if min(rounds) <= 0 or len(set(rounds)) == 1:
        return rounds[-1]
    logarithms = sorted(map(math.log, rounds))
    return math.exp(fmean(logarithms[: (len(logarithms) + 1) // 2]))
