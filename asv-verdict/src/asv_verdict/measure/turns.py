"""Turns: of several runs of ASV one works at a time, so that all of them see the same machine.

A run of ASV visits its benchmarks once in each round, and a class may take minutes. The runs of several commits
therefore pass the turn on before each visit. A drift or a disturbance of the machine then lasts longer than a turn, and
affects all of them.
"""

from __future__ import annotations

from collections import deque
from threading import Condition


class Stopped(RuntimeError):
    """A run was waiting for its turn when the measurement ended."""


class Turns:
    """Lets one of several threads work at a time, in the order in which they asked."""

    def __init__(self) -> None:
        self._queue: deque[Turn] = deque()
        self._changed = Condition()
        self._are_stopped = False

    def join(self) -> Turn:
        """A place at the end of the queue."""
        place = Turn(self)
        with self._changed:
            self._queue.append(place)
        return place

    def stop(self) -> None:
        """End the waiting of all threads, which then raise Stopped."""
        with self._changed:
            self._are_stopped = True
            self._changed.notify_all()

    def wait(self, place: Turn) -> None:
        """Wait until a place is at the front."""
        with self._changed:
            self._changed.wait_for(lambda: self._are_stopped or self._queue[0] is place)
            if self._are_stopped:
                raise Stopped

    def leave(self, place: Turn, *, returns: bool) -> None:
        """Give up a place, or go to the end of the queue."""
        with self._changed:
            self._queue.remove(place)
            if returns:
                self._queue.append(place)
            self._changed.notify_all()


class Turn:
    """The place of one thread, which works within its context."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        self._turns.wait(self)

    def __exit__(self, *error: object) -> None:
        self._turns.leave(self, returns=False)

    def pass_on(self) -> None:
        """Let the others work, until it is this thread's turn again. Raises Stopped."""
        self._turns.leave(self, returns=True)
        self._turns.wait(self)
