"""The four verdicts, a change of one cell, and the verdict on all changes together."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


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

    def effect(self, ratio: float) -> str:
        """The name of a change by `ratio`."""
        if self is Direction.NONE:
            return "change"
        return "regression" if (ratio > 1) == (self is Direction.LOWER_IS_BETTER) else "improvement"


class State(Enum):
    """The outcome of a candidate. JSON keeps the value `cleared`; text for people says dismissed."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    INCONCLUSIVE = "inconclusive"

    @property
    def word(self) -> str:
        """The word in reports."""
        return "dismissed" if self is State.CLEARED else self.value


@dataclass(frozen=True)
class Change:
    """A change of one cell: its size, its confidence interval, and the commits and packages that it is attributed to.

    `ratio` is new over old; `look` names the baseline and `base` is its commit. `known` is the explained part, which is
    divided out of `ratio`; earlier nights judged it up to the commit `since`, so a later commit made this change.
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
        """The last commit that may have made the change."""
        return self.commits[-1]


@dataclass
class Outcome:
    """The numbers of expected and measured cells of a night or a comparison, and its findings.

    `undecided` has a sentence for each cell or baseline that could not be compared.
    """

    expected: int
    measured: int
    changes: list[Change] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The first that applies of broken, regression, inconclusive and pass.

        Broken comes first, since the others would then cover only a part of the suite.
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
        """The first line of every report."""
        return f"{self.verdict.word}: {self.measured} of {self.expected} expected cells measured"


def baseline(look: str) -> str:
    """The name for people of a baseline in the JSON: `last night` is the previous commit; other names stay."""
    return {"last night": "the previous commit", "the history": "its history"}.get(look, look)


def _alarms(change: Change) -> bool:
    return change.effect != "improvement" and not change.accepted
