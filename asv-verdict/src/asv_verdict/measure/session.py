"""A session: the values of several commits that were measured interleaved, and what happened meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple, TypeGuard

from asv_verdict.asv_io.decoding import benchmark_of

#: The environment and the cell of a value.
Key = tuple[str, str]


class Visit(NamedTuple):
    """The value of a cell from one process, and when it ended, in seconds."""

    ended: float
    value: float


@dataclass
class Session:
    """The values of several commits from one session, or of several runs of one commit.

    `commits` holds the hashes, or the names of the runs. `values[commit][environment, cell]` holds a value for each
    round: a number, NaN if the cell was skipped, or None if it failed or was not reached. `visits` holds the values of
    the single processes of the last round. `sentences` holds the errors.
    """

    commits: list[str]
    values: dict[str, dict[Key, list[float | None]]] = field(default_factory=dict)
    visits: dict[str, dict[Key, list[Visit]]] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    #: Why cells or whole benchmarks failed, by commit and name, if ASV printed it.
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)
    #: For each round the processor cores that other processes kept busy before and after it.
    loads: list[tuple[float, float]] = field(default_factory=list)
    #: How long each round took.
    seconds: list[float] = field(default_factory=list)

    def why(self, commit: str, cell: str) -> str:
        """Why a cell failed, after a colon; empty if that is unknown."""
        reason = self.reasons.get((commit, cell)) or self.reasons.get((commit, benchmark_of(cell)))
        return f": {reason}" if reason else ""

    def latest(self, commit: str, key: Key) -> float | None:
        """The value of a cell in the last round; None without one."""
        rounds = self.values[commit].get(key)
        return rounds[-1] if rounds else None

    def rounds(self, key: Key, base: str, head: str) -> list[tuple[float, float]]:
        """The rounds in which a cell has a number on both commits."""
        pairs = zip(self.values[base].get(key, ()), self.values[head].get(key, ()), strict=False)
        return [(before, after) for before, after in pairs if is_number(before) and is_number(after)]

    def adjacent(self, key: Key, base: str, head: str) -> list[tuple[float, float]]:
        """The values of two processes of which one ran right after the other, one on each commit.

        The runs of ASV take turns, and one with half of the rounds takes part in every second round. Each process
        counts once, and its partner does not depend on how long it took. Runs that took no turns have no such pairs.
        """
        old, new = (self.visits.get(commit, {}).get(key, ()) for commit in (base, head))
        place = {ended: number for number, ended in enumerate(sorted(visit.ended for visit in (*old, *new)))}
        count = min(len(old), len(new))
        partners = [(old[turn * len(old) // count], new[turn * len(new) // count]) for turn in range(count)]
        return [(one.value, other.value) for one, other in partners if abs(place[one.ended] - place[other.ended]) == 1]


def is_number(value: float | None) -> TypeGuard[float]:
    """Whether a value is a measured number."""
    return value is not None and math.isfinite(value)
