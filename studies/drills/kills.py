"""Kill nights at random moments, then let one end. No result may be lost, and no process or file left behind."""

from __future__ import annotations

import contextlib
import json
import math
import random
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from studies.drills.project import MARK, Project
from studies.drills.row import Outcome, Task
from studies.drills.stories import FIRST, SLOWER, times

KILLS = 16
#: Seconds within which every process of a killed run has to end: twice the supervisor's patience, and a margin.
GRACE = 20.0
SEED = 20261128
KINDS = (signal.SIGKILL, signal.SIGTERM)
#: The latest moment of a kill, as a multiple of the duration of the first night, which measures only one commit.
NIGHTS_UNTIL_KILL = 3.0
NIGHTS_TO_ALARM = 3


class Run(NamedTuple):
    """A night that was stopped or has ended."""

    when: str
    mark: str
    output: str
    was_stopped: bool


@dataclass
class Ledger:
    """The numbers and files that kills must not lose or change, and a sentence for each failure."""

    project: Project
    machines: bytes = field(init=False)
    numbers: set[tuple[str, str]] = field(init=False)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.machines = self.project.user_file.read_bytes()
        self.numbers = numbers_of(self.project)

    def check(self, run: Run) -> None:
        """Add a sentence for everything that a run has lost, changed or left behind."""
        if left := _left_after(run.mark, GRACE):
            self.failures.append(f"{run.when}: processes {sorted(left)} still run after {GRACE:.0f} s")
        if self.project.user_file.read_bytes() != self.machines:
            self.failures.append(f"{run.when}: {self.project.user_file.name} has changed")
        for line in self.project.git("status", "--porcelain").splitlines():
            self.failures.append(f"{run.when}: the work tree has a change: {line}")
        try:
            now = numbers_of(self.project)
        except (OSError, ValueError) as error:
            self.failures.append(f"{run.when}: a result cannot be read: {error}")
            return
        if lost := self.numbers - now:
            self.failures.append(f"{run.when}: lost the numbers of {sorted(lost)}")
        self.numbers |= now


def numbers_of(project: Project) -> set[tuple[str, str]]:
    """The result file and benchmark of each stored number. Raises ValueError for a damaged file."""
    found = set()
    for path in (project.root / ".asv" / "results").glob("*/*-*.json"):
        for name, row in json.loads(path.read_text(encoding="utf-8"))["results"].items():
            if row and any(isinstance(value, float) for value in row[0] or ()):
                found.add((path.name, name))
    return found


def run(task: Task) -> Outcome:
    """Run a first night, then kill nights until enough of them were killed, then let nights end.

    A commit makes the code slower. Once a night reports it, another slower commit follows. A busy machine may leave a
    night inconclusive, but after the last kill a night must report the commit within `NIGHTS_TO_ALARM` nights.
    """
    project = Project(task.folder).begin()
    code = FIRST
    project.commit("Begin", code.files())
    begin = time.monotonic()
    project.verdict("nightly")
    longest = NIGHTS_UNTIL_KILL * (time.monotonic() - begin)
    ledger, chance, kills = Ledger(project), random.Random(SEED), 1 if task.is_small else KILLS
    culprit, alarms, stopped, undisturbed, nights = "", 0, 0, 0, 0
    while not undisturbed or (culprit and undisturbed < NIGHTS_TO_ALARM):
        if not culprit:
            code = times(SLOWER, ("work", "other")[alarms % 2])(code)
            culprit = project.commit("Slow", code.files())
        elif nights % 3 == 2 and not undisturbed:
            project.commit("Change nothing", code.files())
        undisturbed += stopped == kills
        seconds = math.inf if undisturbed else chance.uniform(0.2, longest)
        ended = _night(project, seconds, KINDS[stopped % len(KINDS)])
        ledger.check(ended)
        nights += 1
        stopped += ended.was_stopped
        if ended.output.startswith("regression:") and culprit[:8] in ended.output:
            culprit, alarms = "", alarms + 1
        elif not ended.was_stopped and not ended.output.startswith("inconclusive:"):
            ledger.failures.append(f"{ended.when}: {ended.output[:80]!r}: expected an alarm for {culprit[:8]}")
    if culprit:
        ledger.failures.append(f"no alarm for {culprit[:8]} in {undisturbed} nights that were not killed")
    return Outcome(
        f"{stopped} nights killed at random moments by SIGKILL or SIGTERM, {nights - stopped} nights that ended",
        f"{len(ledger.numbers)} numbers and {alarms} alarms were checked; failures: {len(ledger.failures)}",
        tuple(ledger.failures),
    )


def _night(project: Project, seconds: float, kind: signal.Signals) -> Run:
    """Run a night, and kill it after some seconds if it still runs."""
    mark = uuid.uuid4().hex
    process = project.start(mark, "nightly")
    try:
        output, _ = process.communicate(timeout=None if math.isinf(seconds) else seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(kind)
        output, _ = process.communicate()
        return Run(f"{kind.name} after {seconds:.1f} s", mark, output, True)
    return Run("a night that ended", mark, output, False)


def _left_after(mark: str, seconds: float) -> set[int]:
    """The processes with this mark that still run after some seconds; none on a system without /proc."""
    deadline = time.monotonic() + seconds
    while (left := _marked(f"{MARK}={mark}".encode())) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def _marked(mark: bytes) -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or belongs to another user
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
    return found
