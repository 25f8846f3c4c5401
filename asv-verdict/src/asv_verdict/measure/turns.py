"""Turns: of several runs of ASV one works at a time, so that all of them see the same machine.

A run of ASV visits each of its cells once in each round. The machine may change within seconds, so the runs of several
commits visit a cell one right after the other: each is a generator that yields the name of a cell before it visits it.
A run with half of the rounds takes part in every second round, so that its visits are spread over the same time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Sequence
from typing import Generic, TypeVar, cast

Value = TypeVar("Value")


class _Run(Generic[Value]):
    """A run: its next visit, its visits so far, and its value at the end."""

    def __init__(self, run: Generator[str, None, Value], share: float) -> None:
        self.run, self.share = run, share
        self.next: str | None = None
        self.visits: Counter[str] = Counter()
        self.value: Value | None = None
        self._advance()

    def visit(self) -> str:
        """Make the next visit, and return its name."""
        name = self.next or ""
        self.visits[name] += 1
        self._advance()
        return name

    def follows(self, leader: _Run[Value], name: str) -> bool:
        """Whether this run visits its next cell, after the leader has visited `name`.

        If the leader does not have that cell, the run would wait for ever: it does not when it is a round behind.
        """
        due = self.share / leader.share
        if self.next == name:
            return self.visits[name] < math.ceil(due * leader.visits[name])
        return self.visits.total() < due * leader.visits.total() - len(leader.visits)

    def _advance(self) -> None:
        try:
            self.next = next(self.run)
        except StopIteration as end:
            self.next, self.value = None, end.value


def in_turns(runs: Sequence[Generator[str, None, Value]], shares: Sequence[float] = ()) -> list[Value]:
    """Let each run visit its cells, in turns with the others, until all have ended; returns their values.

    A run with a share of 0.5 has half of the rounds of one with a share of 1, which is the default. If a run raises an
    error, the others end.
    """
    try:
        all_runs = [_Run(run, share) for run, share in zip(runs, shares or [1.0] * len(runs), strict=True)]
        while unfinished := [run for run in all_runs if run.next is not None]:
            leader = max(unfinished, key=lambda run: run.share)
            name = leader.visit()
            for run in unfinished:
                if run is not leader and run.follows(leader, name):
                    run.visit()
        return [cast("Value", run.value) for run in all_runs]
    finally:
        for generator in runs:
            generator.close()


def at_once(run: Generator[str, None, Value]) -> Value:
    """The value of a run that passes no turn on."""
    (value,) = in_turns([run])
    return value
