"""Measured and on disk: each cell of each release once a round, a piece at a time, so that a killed run goes on."""

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

from asv_verdict.commits import AsvFailed, CommitRunner, OutOfTime
from asv_verdict.files import replace_whole
from asv_verdict.results import Unreadable, read_result
from asv_verdict.sitting import Key, Sitting, groups_of, kind_of, pattern_of

#: After which one run of ASV, of a cell or of a few that are counted, is given up.
PIECE_MINUTES = 30.0
TIMED = ("time", "timeraw", "peakmem", "mem")


class OtherMachine(RuntimeError):
    """What is on disk was measured on another processor, so going on would compare the two; in a sentence."""


@dataclass(frozen=True)
class Piece:
    """What one run of ASV measures: some cells on the commit of a release, in a round."""

    round: str
    commit: str
    cells: tuple[str, ...]
    #: Of each cell that is timed; 0 for as many as the suite says.
    processes: int = 0

    @property
    def kind(self) -> tuple[bool, int]:
        """Pieces of which kind take about as long."""
        return len(self.cells) > 1, self.processes

    @property
    def folder(self) -> Path:
        """Where its results are, under those of all pieces."""
        digest = hashlib.sha256("\n".join(self.cells).encode()).hexdigest()[:12]
        return Path(self.round) / self.commit[:12] / digest


def pieces_of(cells: Iterable[str]) -> list[tuple[str, ...]]:
    """Cells that one run of ASV measures: one that is timed, or those of a class that are counted.

    A run that is killed loses the piece in progress. Those that are counted take less time together than one that is
    timed, most of which would be starting ASV.
    """
    pieces: list[tuple[str, ...]] = []
    for group in groups_of(cells):
        timed = [cell for cell in group if kind_of(cell) in TIMED]
        pieces += [(cell,) for cell in timed]
        counted = tuple(cell for cell in group if kind_of(cell) not in TIMED)
        pieces += [counted] if counted else []
    return pieces


def in_turn(round_: str, cells: Iterable[str], commits: Sequence[str], processes: int = 0) -> list[Piece]:
    """A round: each piece on all commits before the next, to and fro, so that a slow hour is slow for all of them."""
    there_and_back = (list(commits), list(reversed(commits)))
    return [
        Piece(round_, commit, piece, processes)
        for number, piece in enumerate(pieces_of(cells))
        for commit in there_and_back[number % 2]
    ]


@dataclass
class Record:
    """The pieces in `folder`: each is there whole or not at all."""

    folder: Path
    runners: dict[str, CommitRunner]
    #: Of the commits, for people.
    names: dict[str, str]
    say: Callable[[str], None] = print
    problems: list[str] = field(default_factory=list)
    #: Pieces that were tried and gave nothing.
    lost: set[Piece] = field(default_factory=set)
    _values: dict[Piece, dict[Key, float | None]] = field(default_factory=dict)
    #: Seconds that pieces of a kind took.
    _pace: defaultdict[tuple[bool, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    def has(self, piece: Piece) -> bool:
        """Whether it has been measured, now or before."""
        return (self.folder / piece.folder).is_dir()

    def has_some_of(self, round_: str) -> bool:
        """Whether any piece of a round has been measured."""
        return (self.folder / round_).is_dir()

    def only_of(self, machine: str) -> None:
        """Raises OtherMachine where what is there was measured on another processor than `machine`."""
        path = self.folder / "processor.json"
        if not path.exists():
            replace_whole(path, json.dumps({"processor": machine}))
        there = json.loads(path.read_text(encoding="utf-8"))["processor"]
        if there != machine:
            raise OtherMachine(
                f"what {self.folder} holds was measured on {there}, and this is {machine}: numbers of both would be "
                "compared; go on there, or give this machine another name and begin anew"
            )

    def measure(self, pieces: Sequence[Piece], deadline: float = math.inf) -> bool:
        """Measure those that are not there; whether all are, at `deadline` (monotonic)."""
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
            path.unlink()  # the same in all of them
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft, target)

    def values(self, piece: Piece) -> dict[Key, float | None]:
        """A number for each cell, NaN where it does not apply, None where it failed; nothing where it is not there."""
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

    def sitting(self, rounds: Sequence[Sequence[Piece]], commits: Sequence[str]) -> Sitting:
        """What these rounds of pieces have measured of the commits, None for what they have not."""
        sitting = Sitting(list(commits), {commit: {} for commit in commits})
        for number, pieces in enumerate(rounds):
            for piece in pieces:
                for key, value in self.values(piece).items():
                    sitting.values[piece.commit].setdefault(key, [None] * len(rounds))[number] = value
        return sitting

    def _progress(self, missing: Sequence[Piece], total: int) -> str:
        done = f"{total - len(missing) + 1} of {total}"
        known = [self._pace[piece.kind] for piece in missing]
        every = [seconds for paces in self._pace.values() for seconds in paces]
        if not every:
            return done
        seconds = sum(fmean(paces or every) for paces in known)
        return f"{done} ({seconds / 60:.0f} minutes left)"

    def _name(self, piece: Piece) -> str:
        more = f" and {len(piece.cells) - 1} more" if len(piece.cells) > 1 else ""
        return f"{self.names[piece.commit]}, {piece.cells[0]}{more}"
