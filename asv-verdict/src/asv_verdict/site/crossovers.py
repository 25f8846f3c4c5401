"""The sizes at which curves cross, and the best curve at each size, as sentences.

Two values differ if their ratio exceeds the noise of both; otherwise they tie. Between measured sizes a curve is
straight on logarithmic axes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A value and its noise floor: the fraction by which identical runs may differ."""

    value: float
    noise: float = 0.0


#: By size.
Curve = Mapping[float, Measured]


@dataclass(frozen=True)
class Crossing:
    """Two curves cross at (`size`, `value`). From there to `at`, `better` is lower; at `at`, by the factor `by`."""

    size: float
    value: float
    better: str
    worse: str
    by: float
    at: float

    def sentence(self, size: str) -> str:
        """The crossing as a sentence; `size` is the parameter's name."""
        return (
            f"{self.better} beats {self.worse} above {size} ≈ {rounded(self.size)}, "
            f"by a factor of {_factor(self.by)} at {size} = {rounded(self.at)}"
        )


def crossings(curves: Mapping[str, Curve]) -> list[Crossing]:
    """All crossings of two curves, in the order of their sizes."""
    pairs = itertools.combinations(curves, 2)
    found = [crossing for pair in pairs for crossing in _of_pair(*pair, curves[pair[0]], curves[pair[1]])]
    return sorted(found, key=lambda crossing: (crossing.size, crossing.better, crossing.worse))


def _of_pair(first: str, second: str, one: Curve, other: Curve) -> Iterable[Crossing]:
    sizes = sorted(set(one) & set(other))
    signs = [(size, _sign(one[size], other[size])) for size in sizes]
    clear = [(size, sign) for size, sign in signs if sign]
    for (before, earlier), (after, later) in itertools.pairwise(clear):
        if earlier == later:
            continue
        between = [size for size in sizes if before <= size <= after]
        size, value = _intersection(one, other, between)
        until = _last_of_run(signs, after, later)
        better, worse = (first, second) if later < 0 else (second, first)
        ratio = one[until].value / other[until].value
        yield Crossing(size, value, better, worse, max(ratio, 1 / ratio), until)


def _sign(one: Measured, other: Measured) -> int:
    """1 if the first exceeds the second by more than the noise, -1 if the second exceeds the first, 0 if they tie."""
    away = math.log(one.value / other.value)
    noise = math.log1p(max(one.noise, other.noise))
    return 0 if abs(away) <= noise else int(math.copysign(1, away))


def _last_of_run(signs: list[tuple[float, int]], start: float, sign: int) -> float:
    """The largest size up to which the order at `start` holds."""
    last = start
    for size, here in signs:
        if size >= start and here == -sign:
            break
        if size >= start and here == sign:
            last = size
    return last


def _intersection(one: Curve, other: Curve, sizes: list[float]) -> tuple[float, float]:
    """Size and value of the first intersection of two curves."""
    for left, right in itertools.pairwise(sizes):
        away = [math.log(one[size].value / other[size].value) for size in (left, right)]
        if away[0] * away[1] <= 0 and away[0] != away[1]:
            share = away[0] / (away[0] - away[1])
            return (
                math.exp(_between(math.log(left), math.log(right), share)),
                math.exp(_between(math.log(one[left].value), math.log(one[right].value), share)),
            )
    raise ValueError(f"the curves do not cross between {sizes[0]} and {sizes[-1]}")


def _between(left: float, right: float, share: float) -> float:
    return left + share * (right - left)


def leaders(curves: Mapping[str, Curve]) -> list[tuple[float, tuple[str, ...]]]:
    """For each size, the best curve and all that tie with it, best first.

    A curve without a value at a size is interpolated there. Otherwise a curve could lead because no other was measured.
    """
    found = []
    for size in sorted({size for curve in curves.values() for size in curve}):
        here = {name: value for name, curve in curves.items() if (value := at(curve, size))}
        names = sorted(here, key=lambda name: here[name].value)
        found.append((size, tuple(name for name in names if _sign(here[name], here[names[0]]) <= 0)))
    return found


def at(curve: Curve, size: float) -> Measured | None:
    """A curve's value at a size, interpolated between measured sizes; None outside of their range."""
    if size in curve:
        return curve[size]
    below = max((one for one in curve if one < size), default=None)
    above = min((one for one in curve if one > size), default=None)
    if below is None or above is None:
        return None
    share = math.log(size / below) / math.log(above / below)
    left, right = curve[below], curve[above]
    return Measured(
        math.exp(_between(math.log(left.value), math.log(right.value), share)), max(left.noise, right.noise)
    )


def summary(curves: Mapping[str, Curve], size: str, least: str) -> str:
    """The best curve in each range of sizes, as a sentence that begins with `least`, for instance "Lowest time"."""
    ranges: list[tuple[tuple[str, ...], float, float]] = []
    for at, names in leaders(curves):
        # A leader stays the leader until another beats it by more than the noise.
        same = tuple(name for name in ranges[-1][0] if name in names) if ranges else ()
        if same:
            ranges[-1] = (same, ranges[-1][1], at)
        else:
            ranges.append((names, at, at))
    parts = [f"{_listed(names)} {_range(size, first, last)}" for names, first, last in ranges]
    return f"{least}: {'; '.join(parts)}" if parts else ""


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _range(size: str, first: float, last: float) -> str:
    if first == last:
        return f"at {size} = {rounded(first)}"
    return f"from {size} = {rounded(first)} to {rounded(last)}"


def _factor(number: float) -> str:
    """A ratio above 1 as text. Below 2 it has two decimals, because 1.04 would be rounded to 1."""
    return f"{number:.2f}" if number < 2 else rounded(number)


def rounded(number: float) -> str:
    """A number to two digits with thousands separators; whole numbers keep all digits."""
    if number == int(number) and number < 1e15:
        return f"{int(number):,}"
    if number < 10:
        return f"{number:.2g}"
    return f"{int(float(f'{number:.1e}')):,}"
