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

from asv_verdict.asv_io.results import Benchmark, History, benchmark_of, read_history
from asv_verdict.decide.confirmation import LEAST_TO_CONFIRM, confirm
from asv_verdict.decide.screening import Candidate, Thresholds, screen
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner, OutOfTime, expected_environments
from asv_verdict.measure.session import Key, Session, SessionRunner
from asv_verdict.model import Change, Direction, Outcome, State, finite
from asv_verdict.project import Project
from asv_verdict.records.accepted import Accepted, accepted_of, with_acceptance
from asv_verdict.records.expected_cells import ExpectedCells
from asv_verdict.records.past_nights import Explained, Night, explained_part
from asv_verdict.stats.bisection import changed_packages
from asv_verdict.stats.noise import Noise, read_noise
from asv_verdict.stats.ratio import Ratio, Rounds, centres, positive
from asv_verdict.system.machine import processor
from asv_verdict.vcs.repository import Repository

#: Time limit for one build, in minutes.
BUILD_MINUTES = 30.0


@dataclass
class Investigation:
    """The state of one run. `baselines` maps the name of each baseline to its commit."""

    project: Project
    repository: Repository
    machine: str
    head: str
    baselines: dict[str, str]
    folder: Path
    say: Callable[[str], None] = print
    make_runner: Callable[[Project, str, str], CommitRunner] = CommitRunner
    #: The cells that earlier nights measured, and those of them that tonight's selection matches.
    stored: ExpectedCells = field(default_factory=ExpectedCells)
    expected_before: frozenset[Key] = frozenset()
    #: Earlier nights, oldest first. Changes that they confirmed are divided out of tonight's ratios.
    nights: Sequence[Night] = ()

    #: A sentence for each cell or baseline that could not be compared.
    undecided: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runners: dict[str, CommitRunner] = field(default_factory=dict)
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    expected: list[Key] = field(default_factory=list)
    session: Session = field(default_factory=lambda: Session([]))
    #: The rounds that decided each change, by its cell and the commit that it is compared with.
    rounds: dict[tuple[Key, str], Rounds] = field(default_factory=dict)
    _lines: dict[str, Sequence[str]] = field(default_factory=dict)

    # --- Building ---

    def build(self) -> bool:
        """Build every commit; returns whether head builds. A baseline that does not build is dropped.

        Raises BadSetting if the configuration has no environment to build them in.
        """
        expected_environments(self.project)
        for commit in dict.fromkeys((self.head, *self.baselines.values())):
            self.say(f"building {commit[:8]} {self.repository.subject(commit)}")
            self.built(commit)
        there = {baseline: base for baseline, base in self.baselines.items() if base in self.runners}
        if self.baselines and not there:
            self.undecided.append("no cell was compared: no baseline builds")
        self.baselines = there
        return self.head in self.runners

    def built(self, commit: str, deadline: float = math.inf) -> CommitRunner | None:
        """Build a commit unless it is built, and return its runner; None, and a problem in the report, if that fails.

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
        """Measure one interleaved round of every cell on all commits. Returns the cells that were left out of it."""
        self._refuse_existing(self.folder / "sitting")
        commits = dict.fromkeys((*self.baselines.values(), self.head))
        session_runner = SessionRunner(
            [self.runners[commit] for commit in commits], self.folder / "sitting", seconds, self.say
        )
        cells = list(dict.fromkeys(cell for _, cell in self.expected))
        session_runner.round(cells)
        self.session = session_runner.session
        self._write(session_runner, "sitting.json")
        self.problems += self.session.sentences
        return sorted(set(self.session.left_out))

    def _write(self, session_runner: SessionRunner, name: str) -> None:
        """Write the measured values for people to read. A full disk does not prevent the verdict."""
        try:
            session_runner.write(self.folder / name)
        except OSError as error:
            self.problems.append(f"cannot write {name}: {error}")

    @staticmethod
    def _refuse_existing(folder: Path) -> None:
        if folder.exists():
            raise FileExistsError(f"{folder} exists already: it belongs to another run; remove it to measure again")

    # --- Screening and confirmation ---

    def line_since(self, base: str) -> Sequence[str]:
        """The commits after `base`, up to and including head."""
        if base not in self._lines:
            self._lines[base] = self.repository.line(self.head, since=base)
        return self._lines[base]

    def explained(self, base: str, key: Key) -> Explained:
        """The changes of a cell since `base` that earlier nights confirmed."""
        return explained_part(self.nights, key, self.line_since(base))

    def thresholds(self) -> Thresholds:
        """The thresholds, from the noise floors of each environment and the settings."""
        folder = self.project.root / self.project.settings.noise
        environments = dict.fromkeys(environment for environment, _ in self.expected)
        versions = {name: benchmark.version for name, benchmark in self.benchmarks.items()}
        noise: dict[str, Noise] = {
            environment: read_noise(folder, self.machine, environment, self.notes, versions, processor())
            for environment in environments
        }
        return Thresholds(self.project.settings, noise, self.benchmarks)

    def screen(self, thresholds: Thresholds) -> list[Candidate]:
        """The candidates for each baseline, from the first round."""
        return [
            candidate
            for baseline, base in self.baselines.items()
            for candidate in screen(self.session, base, self.head, baseline, thresholds, partial(self.explained, base))
        ]

    def confirm(
        self, candidates: Sequence[Candidate], thresholds: Thresholds, deadline: float, tests: int
    ) -> list[Change]:
        """Measure the candidates again until each is decided or `deadline` (monotonic) is reached."""
        if not candidates:
            return []
        session_runners: dict[str, SessionRunner] = {}
        begin, measured = time.monotonic(), 0

        def has_time(rounds: int) -> bool:
            now = time.monotonic()
            pace = (now - begin) / measured if measured else 0.0
            return now + pace * rounds <= deadline

        def measure(group: Sequence[Candidate]) -> list[Rounds]:
            nonlocal measured
            measured += len(group)
            for base in dict.fromkeys(one.base for one in group):
                runners = [self.runners[base], self.runners[self.head]]
                folder = self.folder / f"confirming-{base[:12]}"
                session_runner = session_runners.setdefault(
                    base, SessionRunner(runners, folder, deadline - time.monotonic(), self.say)
                )
                session_runner.round(list(dict.fromkeys(one.key[1] for one in group if one.base == base)))
            return [session_runners[one.base].session.rounds(one.key, one.base, self.head) for one in group]

        judged = confirm(candidates, measure, thresholds, has_time, tests)
        short = [one for one in judged if one.state is State.INCONCLUSIVE and len(one.rounds) < LEAST_TO_CONFIRM]
        if short and not has_time(1):
            self.notes.append(
                f"time ran out before {len(short)} of {len(judged)} candidates had {LEAST_TO_CONFIRM} rounds"
            )
        for base, session_runner in session_runners.items():
            self.problems += session_runner.session.sentences
            self._write(session_runner, f"confirming-{base[:12]}.json")
        # A candidate without an interim analysis keeps its ratio from the screening.
        return [
            self.change(one.candidate, one.state, one.seen or one.candidate.ratio, one.rounds if one.seen else ())
            for one in judged
        ]

    def change(self, candidate: Candidate, state: State, seen: Ratio, rounds: Rounds) -> Change:
        """The change that the report shows for a candidate."""
        environment, cell = candidate.key
        benchmark = self.benchmarks.get(cell.partition("(")[0])
        in_session = candidate.base in self.session.values
        screened = self.session.rounds(candidate.key, candidate.base, self.head) if in_session else []
        judged_by = rounds or screened
        self.rounds[candidate.key, candidate.base] = judged_by
        direction = self.project.settings.direction(cell, benchmark)
        before, after = _compared(judged_by, direction)
        effect = direction.effect(seen.estimate)
        if direction is Direction.UNKNOWN and state is not State.DISMISSED:
            state = State.INCONCLUSIVE
            self.undecided.append(unknown_direction(cell, benchmark.unit if benchmark else ""))
        elif state is State.INCONCLUSIVE and (seen.estimate > 1) != (candidate.ratio.estimate > 1):
            effect = Direction.NONE.effect(seen.estimate)  # screening and confirmation contradict each other
        return Change(
            cell=cell,
            environment=environment,
            baseline=candidate.baseline,
            effect=effect,
            state=state,
            ratio=finite(seen.estimate),
            interval=(finite(seen.low), finite(seen.high)),
            threshold=candidate.threshold,
            before=finite(before),
            after=finite(after),
            unit=benchmark.unit if benchmark else "",
            base=candidate.base,
            explained=candidate.explained,
            since=candidate.since,
        )

    def changed_packages(self, before: str, after: str, environment: str) -> tuple[str, ...]:
        """The packages that differ between the environments of two built commits."""
        own = self.project.configuration.get("project", "")
        old, new = (self.runners[commit].packages(environment) for commit in (before, after))
        return changed_packages(old, new, own)

    # --- The report ---

    def accepted(self) -> list[Accepted]:
        """The accepted changes; none, and a problem in the report, if the file cannot be read."""
        return accepted_of(self.project, self.problems)

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


def unknown_direction(cell: str, unit: str) -> str:
    """The message for a changed cell whose better direction is unknown."""
    name = benchmark_of(cell)
    return (
        f"{name} changed, but its unit ({unit or 'none'}) does not imply which direction is better: "
        "match it with lower_is_better or higher_is_better in asv_verdict.toml"
    )


def _compared(rounds: Rounds, direction: Direction) -> tuple[float, float]:
    """The old and the new value that a ratio compares; those of the last round if no round has a ratio."""
    if with_ratio := positive(rounds):
        return centres(with_ratio, higher_is_better=direction is Direction.HIGHER_IS_BETTER)
    return rounds[-1] if rounds else (math.nan, math.nan)
