"""Turns: of several runs of ASV one works at a time, so that all of them see the same machine.

A run of ASV visits its benchmarks once in each round, and a class may take minutes. The runs of several commits
therefore pass the turn on before each visit: each is a generator that yields there. A drift or a disturbance of the
machine lasts longer than a turn, and affects all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from typing import TypeVar

Value = TypeVar("Value")


def in_turns(runs: Iterable[Generator[None, None, Value]]) -> list[Value]:
    """Advance each run to its next turn, one after the other, until all have ended; returns their values.

    If one of them raises an error, the others end.
    """
    found: dict[int, Value] = {}
    waiting = deque(enumerate(runs))
    try:
        while waiting:
            number, run = waiting.popleft()
            try:
                next(run)
            except StopIteration as end:
                found[number] = end.value
            else:
                waiting.append((number, run))
    finally:
        for _, run in waiting:
            run.close()
    return [value for _, value in sorted(found.items())]


def at_once(run: Generator[None, None, Value]) -> Value:
    """The value of a run that passes no turn on."""
    (value,) = in_turns([run])
    return value
