"""The groups of cells that one run of ASV measures, and the order in which the commits of a session take turns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from asv_verdict.asv_io.decoding import benchmark_of

#: The most bytes of one pattern. The deadline, or a failure of ASV, then costs only a part of a very large class.
LONGEST_PATTERN = 100_000


def groups_of(cells: Iterable[str], kind_of: Callable[[str], Hashable] = lambda cell: None) -> list[list[str]]:
    """Groups of cells that one run of ASV measures together: those of one class and kind, which may share a set-up.

    A class whose pattern is longer than LONGEST_PATTERN is split.
    """
    groups: defaultdict[tuple[str, Hashable], list[str]] = defaultdict(list)
    for cell in cells:
        groups[benchmark_of(cell).rpartition(".")[0], kind_of(cell)].append(cell)
    return [part for group in groups.values() for part in _split(group)]


def _split(group: list[str]) -> list[list[str]]:
    if len(group) == 1 or len(pattern_of(group).encode()) <= LONGEST_PATTERN:
        return [group]
    middle = len(group) // 2
    return [*_split(group[:middle]), *_split(group[middle:])]


def pattern_of(cells: Iterable[str]) -> str:
    """The regular expression with which `asv run --bench` selects exactly these cells."""
    return "^(?:" + "|".join(map(re.escape, cells)) + ")$"


def order_of_turns(commits: Sequence[str], turn: int) -> list[str]:
    """The order of the commits alternates, so that a drift of the machine favours none of them."""
    return list(commits) if turn % 2 == 0 else list(reversed(commits))
