"""The four verdicts, a change of one cell, and the verdict on all changes together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

import msgspec

#: A commit's hash or its first digits; empty if there is none. Reports come from other machines, and go into issues.
Commit = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{0,64}(?!\n)$")]


class Verdict(Enum):
    """A verdict and its exit status."""

    PASS = 0
    REGRESSION = 1
    BROKEN = 2
    INCONCLUSIVE = 3

    @property
    def word(self) -> str:
        """The word in reports."""
        return self.name.lower()


class Direction(Enum):
    """Which direction of a quantity is better."""

    LOWER_IS_BETTER = "lower is better"
    HIGHER_IS_BETTER = "higher is better"
    NONE = "no direction is better"  # a hash, for instance
    UNKNOWN = "the settings do not say which direction is better"

    def effect(self, ratio: float) -> str:
        """`regression`, `improvement` or `change`, for a ratio of new over old."""
        if self in (Direction.NONE, Direction.UNKNOWN):
            return "change"
        return "regression" if (ratio > 1) == (self is Direction.LOWER_IS_BETTER) else "improvement"


class State(Enum):
    """The outcome of a candidate."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    INCONCLUSIVE = "inconclusive"


class Change(msgspec.Struct, frozen=True, omit_defaults=False):
    """A change of one cell: its size, its confidence interval, and the commits and packages that may have caused it.

    `ratio` is new over old, None if a count was not above zero; `interval` is its 99 % confidence interval. `baseline`
    is the name of the baseline and `base` its commit. `threshold` is the smallest change that is reported, as a
    fraction. `explained` is the part of the change, new over old, that earlier nights have confirmed; `ratio` is
    already divided by it. `since` is the last commit that those nights judged; the cause usually came after it.
    `commits` are the possible causes, oldest first, and `packages` the packages that they changed. `accepted` is the
    reason why the change was accepted, empty if it was not. `before` is the typical value of the base and `after`
    that of head, in `unit`. `plot` is a file in the folder of the report. `rounds` is the number of rounds behind
    `ratio`, 0 in a report of version 0.1. `evidence` holds the confirmation rounds, (old, new), of an inconclusive
    change; the next night adds its own to them.
    """

    cell: str
    environment: str
    baseline: str
    effect: str
    state: State
    ratio: float | None
    interval: tuple[float | None, float | None]
    threshold: Annotated[float, msgspec.Meta(ge=0)]
    before: float | None
    after: float | None
    unit: str = ""
    base: Commit = ""
    explained: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    since: Commit = ""
    commits: tuple[Commit, ...] = ()
    packages: tuple[str, ...] = ()
    accepted: str = ""
    plot: str = ""
    rounds: int = 0
    evidence: tuple[tuple[float, float], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """The environment and the cell."""
        return self.environment, self.cell

    @property
    def logarithm(self) -> float:
        """The logarithm of the ratio; without one, infinite with the sign of the change."""
        if self.ratio is None or self.ratio <= 0:
            return math.inf if (self.after or 0.0) > (self.before or 0.0) else -math.inf
        return math.log(self.ratio)

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval; a bound that is None is infinite."""
        low, high = (math.inf if bound is None else bound for bound in self.interval)
        return low, high

    @property
    def has_interval(self) -> bool:
        """Whether rounds support the interval.

        One round shows no scatter, and a level shift has no interval of its own. A deterministic metric, which has no
        threshold, needs no rounds; a report of version 0.1 does not count them.
        """
        low, high = self.bounds
        return not self.threshold or self.rounds > 1 or (self.rounds == 0 and low < high)

    @property
    def head(self) -> str:
        """The last commit that may have made the change."""
        return self.commits[-1]

    @property
    def alarms(self) -> bool:
        """Whether the change makes the verdict worse than pass, if it is confirmed or inconclusive."""
        return self.effect != "improvement" and not self.accepted


def finite(value: float) -> float | None:
    """The value, or None for infinity and NaN, which JSON lacks."""
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Remarks:
    """Sentences of one step for the report: cells that it could not compare, problems, and notes.

    `loads` holds the background load before and after each round, in processor cores.
    """

    undecided: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    loads: tuple[tuple[float, float], ...] = ()

    def __add__(self, other: Remarks) -> Remarks:
        return Remarks(
            self.undecided + other.undecided,
            self.problems + other.problems,
            self.notes + other.notes,
            self.loads + other.loads,
        )


@dataclass
class Outcome:
    """The findings of a night or a comparison, and its numbers of expected and measured cells.

    `undecided` has a sentence for each cell or baseline that could not be compared. `repeated` holds the findings of
    earlier nights that ended before their report was printed and stored; they count in the verdict.
    """

    expected: int
    measured: int
    changes: list[Change] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    repeated: list[Change] = field(default_factory=list)

    @property
    def findings(self) -> list[Change]:
        """All changes that the report shows."""
        return [*self.changes, *self.repeated]

    @property
    def regressions(self) -> list[Change]:
        """The confirmed changes that raise an alarm."""
        return [change for change in self.findings if change.alarms and change.state is State.CONFIRMED]

    @property
    def verdict(self) -> Verdict:
        """The first of broken, regression, inconclusive and pass that applies.

        Broken comes first: any other verdict would cover only a part of the suite.
        """
        if self.missing:
            return Verdict.BROKEN
        if self.regressions:
            return Verdict.REGRESSION
        if self.undecided or any(change.alarms and change.state is State.INCONCLUSIVE for change in self.findings):
            return Verdict.INCONCLUSIVE
        return Verdict.PASS

    @property
    def first_line(self) -> str:
        """The first line of every report."""
        line = f"{self.verdict.word}: {self.measured} of {self.expected} expected cells measured"
        count = len(self.regressions) if self.verdict is Verdict.BROKEN else 0
        return f"{line}; {count} regression{'s' if count > 1 else ''}" if count else line


#: The names of the baselines of a night.
PREVIOUS, REFERENCE, HISTORY = "previous", "reference", "history"
#: The baseline of a candidate that an earlier night, which had other baselines, left inconclusive.
UNDECIDED = "undecided"


def baseline_in_words(baseline: str) -> str:
    """The name of a baseline within a sentence."""
    return {
        PREVIOUS: "the previous commit",
        REFERENCE: "the reference",
        HISTORY: "its history",
        UNDECIDED: "an earlier commit",
    }.get(baseline, baseline)
