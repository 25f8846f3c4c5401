"""The four words of a verdict, what a finding is, and how a night's findings add up to a word."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Verdict(Enum):
    """A word and the exit status that goes with it."""

    PASS = 0
    REGRESSION = 1
    BROKEN = 2
    INCONCLUSIVE = 3

    @property
    def word(self) -> str:
        """As it stands in reports."""
        return self.name.lower()


class Direction(Enum):
    """Which way of a quantity is worse."""

    LOWER_IS_BETTER = "lower is better"
    HIGHER_IS_BETTER = "higher is better"
    NONE = "any change is a change"  # a hash has no better

    def effect(self, ratio: float) -> str:
        """What a change by `ratio` is called."""
        if self is Direction.NONE:
            return "change"
        return "regression" if (ratio > 1) == (self is Direction.LOWER_IS_BETTER) else "improvement"


class State(Enum):
    """How sure a finding is."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Change:
    """One cell, slower or faster: by how much, within what, since when, and through what.

    `ratio` is new over old and `interval` its confidence interval; `look` says which of the three looks saw it, and
    `base` the commit that it was compared with. What was `known` of the cell since then is divided out, and was looked
    at last on the commit `since`, so the culprit comes after that one.
    """

    cell: str
    environment: str
    look: str
    effect: str
    state: State
    ratio: float
    interval: tuple[float, float]
    limit: float
    before: float
    after: float
    unit: str = ""
    base: str = ""
    commits: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    accepted: str = ""
    known: float = 1.0
    since: str = ""

    @property
    def head(self) -> str:
        """The last commit that may have done it."""
        return self.commits[-1]


@dataclass
class Outcome:
    """A night or a comparison: what was to be measured, what was, and what came of it.

    `undecided` are sentences on what may have changed and could not be compared.
    """

    expected: int
    measured: int
    changes: list[Change] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The word for all of it.

        Something missing comes first, since the other words are then about a part of the suite only.
        """
        if self.missing:
            return Verdict.BROKEN
        if any(_alarms(change) and change.state is State.CONFIRMED for change in self.changes):
            return Verdict.REGRESSION
        if self.undecided or any(_alarms(change) and change.state is State.INCONCLUSIVE for change in self.changes):
            return Verdict.INCONCLUSIVE
        return Verdict.PASS

    @property
    def first_line(self) -> str:
        """What every report begins with."""
        return f"{self.verdict.word}: {self.measured} of {self.expected} expected cells measured"


def _alarms(change: Change) -> bool:
    return change.effect != "improvement" and not change.accepted
