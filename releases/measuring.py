"""Measure each cell of each release once per round and store it piece by piece, so that a killed run can resume."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from asv_verdict.asv_io.decoding import kind_of
from asv_verdict.asv_io.results import Unreadable, read_result
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner, OutOfTime
from asv_verdict.measure.groups import groups_of, pattern_of
from asv_verdict.measure.session import Key, Session
from asv_verdict.system.files import replace_whole

#: The time limit of one run of ASV.
PIECE_MINUTES = 30.0
TIMED = ("time", "timeraw", "peakmem", "mem")


class OtherMachine(RuntimeError):
    """The stored results were measured on another processor; the message is a sentence."""


@dataclass(frozen=True)
class Piece:
    """The cells that one run of ASV measures on the commit of a release in a round."""

    round: str
    commit: str
    cells: tuple[str, ...]
    #: Processes of each timed cell; 0 for the number that the suite sets.
    processes: int = 0

    @property
    def kind(self) -> tuple[bool, int]:
        """The two facts on which its duration depends: whether it has several cells, and its number of processes."""
        return len(self.cells) > 1, self.processes

    @property
    def folder(self) -> Path:
        """The folder of its results, relative to that of all pieces."""
        digest = hashlib.sha256("\n".join(self.cells).encode()).hexdigest()[:12]
        return Path(self.round) / self.commit[:12] / digest


def pieces_of(cells: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of cells that one run of ASV measures: one timed cell, or all `track_` cells of a class.

    A killed run loses the piece in progress. The `track_` cells of a class share a piece because starting ASV takes
    longer than counting them.
    """
    pieces: list[tuple[str, ...]] = []
    for group in groups_of(cells):
        timed = [cell for cell in group if kind_of(cell) in TIMED]
        pieces += [(cell,) for cell in timed]
        tracked = tuple(cell for cell in group if kind_of(cell) not in TIMED)
        pieces += [tracked] if tracked else []
    return pieces


def in_turn(round_: str, cells: Iterable[str], commits: Sequence[str], processes: int = 0) -> list[Piece]:
    """A round: each piece on all commits, whose order alternates, so that a slow hour slows all commits alike."""
    orders = (list(commits), list(reversed(commits)))
    return [
        Piece(round_, commit, piece, processes)
        for number, piece in enumerate(pieces_of(cells))
        for commit in orders[number % 2]
    ]


@dataclass
class Record:
    """The pieces in `folder`; each is stored completely or not at all."""

    folder: Path
    runners: dict[str, CommitRunner]
    #: The names of the commits in messages.
    names: dict[str, str]
    say: Callable[[str], None] = print
    problems: list[str] = field(default_factory=list)
    #: Pieces whose run failed.
    lost: set[Piece] = field(default_factory=set)
    _values: dict[Piece, dict[Key, float | None]] = field(default_factory=dict)
    #: Seconds that the pieces of each kind took.
    _pace: defaultdict[tuple[bool, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    def has(self, piece: Piece) -> bool:
        """Whether a piece is stored."""
        return (self.folder / piece.folder).is_dir()

    def has_some_of(self, round_: str) -> bool:
        """Whether any piece of a round is stored."""
        return (self.folder / round_).is_dir()

    def only_of(self, machine: str) -> None:
        """Raises OtherMachine if the stored pieces were measured on another processor than `machine`."""
        path = self.folder / "processor.json"
        if not path.exists():
            replace_whole(path, json.dumps({"processor": machine}))
        there = json.loads(path.read_text(encoding="utf-8"))["processor"]
        if there != machine:
            raise OtherMachine(
                f"the results in {self.folder} were measured on {there}; this processor is {machine}. Times of two "
                "processors cannot be compared: continue on that machine, or remove the folder to start again here"
            )

    def measure(self, pieces: Sequence[Piece], deadline: float = math.inf) -> bool:
        """Measure the missing pieces until `deadline` (monotonic). Returns whether the time was enough for all."""
        missing = [piece for piece in pieces if not self.has(piece)]
        for number, piece in enumerate(missing):
            if time.monotonic() > deadline:
                return False
            self.say(f"{self._progress(missing[number:], len(pieces))}: {self._name(piece)}")
            begin = time.monotonic()
            self._take(piece)
            self._pace[piece.kind].append(time.monotonic() - begin)
        return True

    def _take(self, piece: Piece) -> None:
        draft, target = self.folder / "draft", self.folder / piece.folder
        shutil.rmtree(draft, ignore_errors=True)
        options = ["--attribute", f"rounds={piece.processes}"] if piece.processes else []
        try:
            self.runners[piece.commit].run(draft, pattern_of(piece.cells), PIECE_MINUTES * 60, *options)
        except (AsvFailed, OutOfTime) as error:
            self.problems.append(str(error))
            self.lost.add(piece)
            return
        for path in draft.rglob("benchmarks.json"):
            path.unlink()  # it is the same in every piece
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft, target)

    def values(self, piece: Piece) -> dict[Key, float | None]:
        """A number for each cell, NaN if it does not apply, None if it failed; empty if the piece is not stored."""
        if piece not in self._values and self.has(piece):
            found: dict[Key, float | None] = {}
            for path in (self.folder / piece.folder).glob("*/*.json"):
                if path.name == "machine.json":
                    continue
                try:
                    result = read_result(path)
                except Unreadable as error:
                    self.problems.append(str(error))
                    continue
                found |= {(result.environment, cell): result.values.get(cell) for cell in piece.cells}
            self._values[piece] = found
        return self._values.get(piece, {})

    def session(self, rounds: Sequence[Sequence[Piece]], commits: Sequence[str]) -> Session:
        """The values of the commits in these rounds, None where a cell was not measured."""
        session = Session(list(commits), {commit: {} for commit in commits})
        for number, pieces in enumerate(rounds):
            for piece in pieces:
                for key, value in self.values(piece).items():
                    session.values[piece.commit].setdefault(key, [None] * len(rounds))[number] = value
        return session

    def _progress(self, missing: Sequence[Piece], total: int) -> str:
        done = f"{total - len(missing) + 1} of {total}"
        every = [seconds for paces in self._pace.values() for seconds in paces]
        if not every:
            return done
        seconds = sum(fmean(self._pace[piece.kind] or every) for piece in missing)
        return f"{done} ({seconds / 60:.0f} minutes left)"

    def _name(self, piece: Piece) -> str:
        more = f" and {len(piece.cells) - 1} more" if len(piece.cells) > 1 else ""
        return f"{self.names[piece.commit]}, {piece.cells[0]}{more}"
