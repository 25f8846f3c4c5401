"""Bisection over the commits that no night has measured, and the packages that differ between two of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

#: Packages that install others. No benchmark runs them.
INSTALLERS = frozenset({"pip", "setuptools", "wheel"})
#: For each cell whether a commit lies on the new side of its change; None if the measurement does not decide.
Side = Callable[[str, frozenset[str]], Mapping[str, bool | None]]


def bisect(cells: Sequence[str], line: Sequence[str], is_new: Side) -> dict[str, tuple[str, ...]]:
    """For each cell the commits of `line` that contain its change: a single one if every step was decided.

    The last commit of `line` is on the new side; the commit before the first one is on the old side.

    `is_new(commit, cells)` measures cells at a commit. If it cannot decide, because the commit does not build, time ran
    out or the machine is too noisy, the range stays as it is.
    """
    found: dict[str, tuple[str, ...]] = {}
    open_ranges = [(frozenset(cells), tuple(line))]
    while open_ranges:
        group, commits = open_ranges.pop()
        if len(commits) == 1:
            found |= dict.fromkeys(group, commits)
            continue
        undecided = group
        for middle in _from_the_middle(len(commits) - 1):
            sides = is_new(commits[middle], undecided)
            older = frozenset(cell for cell in undecided if sides.get(cell) is True)
            newer = frozenset(cell for cell in undecided if sides.get(cell) is False)
            if older:
                open_ranges.append((older, commits[: middle + 1]))
            if newer:
                open_ranges.append((newer, commits[middle + 1 :]))
            undecided -= older | newer
            if not undecided:
                break
        found |= dict.fromkeys(undecided, commits)
    return found


def _from_the_middle(count: int) -> list[int]:
    """The middle of `count` positions and its two neighbours, in case the commit in the middle does not build."""
    middle = (count - 1) // 2
    return [position for position in (middle, middle + 1, middle - 1) if 0 <= position < count]


def changed_packages(before: Mapping[str, str], after: Mapping[str, str], own: str = "") -> tuple[str, ...]:
    """`jax 0.4.31 → 0.5.0` for each package that changed its version, was added or was dropped, except `own`.

    Empty if the packages of one side are unknown.
    """
    if not before or not after:
        return ()
    names = sorted(name for name in before.keys() | after.keys() if _normal(name) not in {*INSTALLERS, _normal(own)})
    return tuple(
        f"{name} {before.get(name, 'none')} → {after.get(name, 'none')}"
        for name in names
        if before.get(name) != after.get(name)
    )


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
