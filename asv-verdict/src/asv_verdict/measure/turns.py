"""Turns: of several runs of ASV one works at a time, so that all of them see the same machine.

A run of ASV visits its benchmarks once in each round, and a class may take minutes. The runs of several commits
therefore pass the turn on before each visit: each is a generator that yields there. A drift or a disturbance of the
machine lasts longer than a turn, and affects all of them. A run with fewer visits spreads them over the same time.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeVar

Value = TypeVar("Value")


def in_turns(runs: Sequence[Generator[None, None, Value]], shares: Sequence[float] = ()) -> list[Value]:
    """Advance each run to its next turn, one after the other, until all have ended; returns their values.

    A run with a share of 0.5 takes half as many turns as one with a share of 1, which is the default. If a run raises
    an error, the others end.
    """
    found: dict[int, Value] = {}
    #: For each run the turns that it took, divided by its share.
    taken = dict.fromkeys(range(len(runs)), 0.0)
    try:
        while taken:
            number = min(taken, key=lambda number: (taken[number], number))
            try:
                next(runs[number])
            except StopIteration as end:
                found[number] = end.value
                del taken[number]
            else:
                taken[number] += 1 / (shares[number] if shares else 1)
    finally:
        for run in runs:
            run.close()
    return [value for _, value in sorted(found.items())]


def at_once(run: Generator[None, None, Value]) -> Value:
    """The value of a run that passes no turn on."""
    (value,) = in_turns([run])
    return value
