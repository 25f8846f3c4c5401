"""Ten histories of a small project: the changes of its commits, and the expected result of each night."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from studies.drills.suite import Code

WORK, OTHER, MORE, RENAMED = "time_work", "time_other", "time_more", "time_another"
#: The factor of a planted change: larger than the factor of two between the speeds of a shared core.
SLOWER = 4.0
#: The code of the first commit.
FIRST = Code({"work": 1.0, "other": 1.0}, {WORK: "work", OTHER: "other"})
Change = Callable[[Code], Code]


@dataclass(frozen=True)
class Night:
    """The commits before a night, and its expected verdict `word`.

    `slower` and `faster` map a benchmark to the number of the commit that changes it, among those of this night.
    `missing` names the benchmarks that the night must report as missing.
    """

    commits: tuple[Change, ...]
    word: str
    slower: Mapping[str, int] = field(default_factory=dict)
    faster: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def nothing(code: Code) -> Code:
    """Change nothing."""
    return code


def times(factor: float, function: str = "work") -> Change:
    """Multiply the length of the loop of a function."""
    return lambda code: replace(code, lengths={**code.lengths, function: factor * code.lengths[function]})


def add(benchmark: str, function: str) -> Change:
    """Add a benchmark."""
    return lambda code: replace(code, benchmarks={**code.benchmarks, benchmark: function})


def remove(benchmark: str) -> Change:
    """Remove a benchmark."""
    return lambda code: replace(
        code, benchmarks={name: function for name, function in code.benchmarks.items() if name != benchmark}
    )


def rename(old: str, new: str) -> Change:
    """Rename a benchmark."""
    return lambda code: remove(old)(add(new, code.benchmarks[old])(code))


def fail(benchmark: str) -> Change:
    """Let a benchmark raise an error."""
    return lambda code: replace(code, broken=code.broken | {benchmark})


def mend(benchmark: str) -> Change:
    """Let a benchmark run again."""
    return lambda code: replace(code, broken=code.broken - {benchmark})


def accept_loss(benchmark: str) -> Change:
    """Accept that a benchmark left the suite."""
    return lambda code: replace(code, accepted_losses=code.accepted_losses | {benchmark})


STORIES: Mapping[str, tuple[Night, ...]] = {
    "slower": (Night((times(SLOWER),), "regression", {WORK: 0}),),
    "broken and slower": (Night((fail(OTHER), times(SLOWER)), "broken", {WORK: 1}, missing=(OTHER,)),),
    "slower in the third of five commits": (
        Night((nothing, nothing, times(SLOWER), nothing, nothing), "regression", {WORK: 2}),
        Night((), "regression", {WORK: 2}),
    ),
    "faster": (Night((times(1 / SLOWER),), "pass", faster={WORK: 0}),),
    "two functions slower": (
        Night((times(SLOWER), nothing, times(SLOWER, "other")), "regression", {WORK: 0, OTHER: 2}),
        Night((nothing,), "pass"),
    ),
    "slower and back": (
        Night((nothing, times(SLOWER)), "regression", {WORK: 1}),
        Night((times(1 / SLOWER), nothing), "pass", faster={WORK: 0}),
    ),
    "added, then slower": (
        Night((add(MORE, "work"),), "pass"),
        Night((nothing, times(SLOWER)), "regression", {WORK: 1, MORE: 1}),
    ),
    "removed and back": (
        Night((remove(OTHER),), "broken", missing=(OTHER,)),
        Night((add(OTHER, "other"),), "pass"),
    ),
    "renamed, then the loss accepted": (
        Night((rename(OTHER, RENAMED),), "broken", missing=(OTHER,)),
        Night((accept_loss(OTHER),), "pass"),
        Night((times(SLOWER, "other"),), "regression", {RENAMED: 0}),
    ),
    "broken and mended": (
        Night((fail(OTHER),), "broken", missing=(OTHER,)),
        Night((), "broken", missing=(OTHER,)),
        Night((mend(OTHER),), "pass"),
    ),
}
