"""The steps that `nightly` and `compare` share: build the commits, measure them in one session, screen and confirm."""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from asv_verdict.accepted import Accepted, read_accepted, with_acceptance
from asv_verdict.commits import AsvFailed, CommitRunner, OutOfTime, expected_environments
from asv_verdict.confirming import LEAST_TO_CONFIRM, confirm
from asv_verdict.culprit import changed_packages
from asv_verdict.judging import Limits, Suspicion, suspicions
from asv_verdict.machine import processor
from asv_verdict.noise import Noise, read_noise
from asv_verdict.outcome import Change, Outcome, State
from asv_verdict.ratios import Ratio, Rounds
from asv_verdict.reports import Known, Night, known_changes
from asv_verdict.repository import Repository
from asv_verdict.results import Benchmark, History, read_history
from asv_verdict.settings import BadSetting, Project
from asv_verdict.sitting import Key, Sitter, Sitting

#: Time limit for one build, in minutes.
BUILD_MINUTES = 30.0


@dataclass
class Investigation:
    """The state of one run. `bases` holds the commits that head is compared with, by the name of the baseline."""

    project: Project
    repository: Repository
    machine: str
    head: str
    bases: dict[str, str]
    folder: Path
    say: Callable[[str], None] = print
    make_runner: Callable[[Project, str, str], CommitRunner] = CommitRunner
    #: Expected cells of earlier nights; see manifest.py.
    manifest: frozenset[Key] = frozenset()
    #: Earlier nights, oldest first. Changes that they confirmed are divided out.
    nights: Sequence[Night] = ()

    #: A sentence for each cell or baseline that could not be compared.
    undecided: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runners: dict[str, CommitRunner] = field(default_factory=dict)
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    expected: list[Key] = field(default_factory=list)
    sitting: Sitting = field(default_factory=lambda: Sitting([]))
    #: The rounds that decided each change, by its cell and the commit that it is compared with.
    rounds: dict[tuple[Key, str], Rounds] = field(default_factory=dict)
    _lines: dict[str, Sequence[str]] = field(default_factory=dict)

    # --- Building ---

    def build(self) -> bool:
        """Build every commit; returns whether head builds. A baseline that does not build is dropped.

        Raises BadSetting if the configuration has no environment to build them in.
        """
        expected_environments(self.project)
        for commit in dict.fromkeys((self.head, *self.bases.values())):
            self.say(f"building {commit[:8]} {self.repository.subject(commit)}")
            self.built(commit)
        there = {look: base for look, base in self.bases.items() if base in self.runners}
        if self.bases and not there:
            self.undecided.append("no cell was compared: no baseline builds")
        self.bases = there
        return self.head in self.runners

    def built(self, commit: str, deadline: float = math.inf) -> CommitRunner | None:
        """The runner of a commit after building it; None, and a problem in the report, if it does not build.

        A build that is not complete at `deadline` (monotonic) fails.
        """
        if commit not in self.runners:
            runner = self.make_runner(self.project, self.machine, commit)
            seconds = min(BUILD_MINUTES * 60, deadline - time.monotonic())
            try:
                runner.build(self.folder / "built" / commit[:12], seconds)
            except (AsvFailed, OutOfTime) as error:
                self.problems.append(f"{commit[:8]} does not build: {error}")
                return None
            self.runners[commit] = runner
        return self.runners[commit]

    def find_cells(self, selection: str) -> None:
        """Expect the cells of head that `selection` matches, in every configured environment."""
        history = read_history_of(self.folder / "built" / self.head[:12], self.problems)
        self.benchmarks = history.benchmarks
        cells = [
            cell for benchmark in self.benchmarks.values() for cell in benchmark.cells if re.search(selection, cell)
        ]
        self.expected = list(itertools.product(expected_environments(self.project), cells))

    # --- The session ---

    def measure(self, seconds: float) -> list[str]:
        """Measure one interleaved round of every cell on all commits. Returns the cells for which there was no time."""
        self._clear(self.folder / "sitting")
        commits = dict.fromkeys((*self.bases.values(), self.head))
        sitter = Sitter([self.runners[commit] for commit in commits], self.folder / "sitting", seconds, self.say)
        cells = list(dict.fromkeys(cell for _, cell in self.expected))
        sitter.round(cells)
        self.sitting = sitter.sitting
        self._write(sitter, "sitting.json")
        self.problems += self.sitting.sentences
        return sorted(set(self.sitting.left_out))

    def _write(self, sitter: Sitter, name: str) -> None:
        """Write the measured values for people to read. A full disk does not prevent the verdict."""
        try:
            sitter.write(self.folder / name)
        except OSError as error:
            self.problems.append(f"cannot write {name}: {error}")

    @staticmethod
    def _clear(folder: Path) -> None:
        if folder.exists():
            raise FileExistsError(f"{folder} exists already: it belongs to another run; remove it to measure again")

    # --- Screening and confirmation ---

    def line_since(self, base: str) -> Sequence[str]:
        """The commits after `base`, up to and including head."""
        if base not in self._lines:
            self._lines[base] = self.repository.line(self.head, since=base)
        return self._lines[base]

    def known(self, base: str, key: Key) -> Known:
        """The changes of a cell since `base` that earlier nights confirmed."""
        return known_changes(self.nights, key, self.line_since(base))

    def limits(self) -> Limits:
        """The thresholds, from the noise floors of each environment and the settings."""
        folder = self.project.root / self.project.settings.noise
        environments = dict.fromkeys(environment for environment, _ in self.expected)
        versions = {name: benchmark.version for name, benchmark in self.benchmarks.items()}
        noise: dict[str, Noise] = {
            environment: read_noise(folder, self.machine, environment, self.notes, versions, processor())
            for environment in environments
        }
        return Limits(self.project.settings, noise)

    def suspect(self, limits: Limits) -> list[Suspicion]:
        """Screening: the candidates of one round, for each baseline."""
        return [
            suspicion
            for look, base in self.bases.items()
            for suspicion in suspicions(self.sitting, base, self.head, look, limits, partial(self.known, base))
        ]

    def confirm(self, suspected: Sequence[Suspicion], limits: Limits, deadline: float, tests: int) -> list[Change]:
        """Measure the candidates again until each is decided or `deadline` (monotonic) is reached."""
        if not suspected:
            return []
        sitters: dict[str, Sitter] = {}
        begin, measured = time.monotonic(), 0

        def has_time(rounds: int) -> bool:
            now = time.monotonic()
            pace = (now - begin) / measured if measured else 0.0
            return now + pace * rounds <= deadline

        def measure(group: Sequence[Suspicion]) -> list[Rounds]:
            nonlocal measured
            measured += len(group)
            for base in dict.fromkeys(one.base for one in group):
                runners = [self.runners[base], self.runners[self.head]]
                folder = self.folder / f"confirming-{base[:12]}"
                sitter = sitters.setdefault(base, Sitter(runners, folder, deadline - time.monotonic(), self.say))
                sitter.round(list(dict.fromkeys(one.key[1] for one in group if one.base == base)))
            return [sitters[one.base].sitting.rounds(one.key, one.base, self.head) for one in group]

        judged = confirm(suspected, measure, limits, has_time, tests)
        short = [one for one in judged if one.state is State.INCONCLUSIVE and len(one.rounds) < LEAST_TO_CONFIRM]
        if short and not has_time(1):
            self.notes.append(
                f"the time ended before {len(short)} of {len(judged)} candidates had {LEAST_TO_CONFIRM} rounds"
            )
        for base, sitter in sitters.items():
            self.problems += sitter.sitting.sentences
            self._write(sitter, f"confirming-{base[:12]}.json")
        return [self.change(one.suspicion, one.state, one.seen or one.suspicion.ratio, one.rounds) for one in judged]

    def change(self, suspicion: Suspicion, state: State, seen: Ratio, rounds: Rounds) -> Change:
        """The change that a candidate turned out to be."""
        environment, cell = suspicion.key
        benchmark = self.benchmarks.get(cell.partition("(")[0])
        judged_by = rounds or self.sitting.rounds(suspicion.key, suspicion.base, self.head)
        self.rounds[suspicion.key, suspicion.base] = judged_by
        before, after = _least(judged_by)
        return Change(
            cell=cell,
            environment=environment,
            look=suspicion.look,
            effect=self.project.settings.direction(cell, benchmark).effect(seen.estimate),
            state=state,
            ratio=seen.estimate,
            interval=(seen.low, seen.high),
            limit=suspicion.limit,
            before=before,
            after=after,
            unit=benchmark.unit if benchmark else "",
            base=suspicion.base,
            known=suspicion.known,
            since=suspicion.since,
        )

    def changed_packages(self, before: str, after: str, environment: str) -> tuple[str, ...]:
        """The packages that differ between the environments of two built commits."""
        own = self.project.configuration.get("project", "")
        old, new = (self.runners[commit].packages(environment) for commit in (before, after))
        return changed_packages(old, new, own)

    # --- The report ---

    def accepted(self) -> list[Accepted]:
        """The accepted changes; none, and a problem in the report, if the file cannot be read."""
        try:
            return read_accepted(self.project.root / self.project.settings.accepted)
        except BadSetting as error:
            self.problems.append(f"no change counts as accepted in this report: {error}")
            return []

    def outcome(self, changes: Sequence[Change], missing: Sequence[str]) -> Outcome:
        """Cells, changes and problems together, with the accepted changes marked."""
        entries = self.accepted()
        return Outcome(
            expected=len(self.expected),
            measured=len(self.expected) - len(missing),
            changes=[with_acceptance(change, entries) for change in changes],
            missing=list(missing),
            undecided=list(dict.fromkeys(self.undecided)),
            problems=list(dict.fromkeys(self.problems)),
        )


def read_history_of(folder: Path, problems: list[str]) -> History:
    """The results in a folder that this run wrote."""
    history = read_history(folder)
    problems += history.problems
    return history


def name_of(key: Key) -> str:
    """A cell and its environment, as text."""
    environment, cell = key
    return f"{cell} in {environment}"


def _least(rounds: Rounds) -> tuple[float, float]:
    return (min(old for old, _ in rounds), min(new for _, new in rounds)) if rounds else (math.nan, math.nan)
