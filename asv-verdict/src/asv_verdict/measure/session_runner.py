"""Measure several commits interleaved, so that a change of the machine affects all of them."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from types import MappingProxyType

from asv_verdict.asv_io.decoding import benchmark_of, kind_of
from asv_verdict.asv_io.results import Unreadable, read_result
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner, NothingSelected, OutOfTime
from asv_verdict.measure.forking import run_forked
from asv_verdict.measure.groups import groups_of, order_of_turns, pattern_of
from asv_verdict.measure.processes import LONGEST_RUN
from asv_verdict.measure.sampling import Plan, Sampling
from asv_verdict.measure.session import Key, Session, is_number
from asv_verdict.measure.turns import in_turns
from asv_verdict.system.load import busy_cores
from asv_verdict.system.text import Progress, counted

#: After this number of consecutive runs that fail in the same way, a commit is not run again.
SAME_FAILURES = 2


def _without_numbers(sentence: str) -> str:
    """An error without times and ids of processes, which differ in each run."""
    return re.sub(r"\d+", "", sentence)


def _minutes(seconds: float) -> str:
    return "less than a minute" if seconds < 30 else counted(round(seconds / 60), "minute")


class SessionRunner:
    """Measures groups of cells on several commits in alternation until the deadline."""

    def __init__(
        self,
        runners: Sequence[CommitRunner],
        folder: Path,
        seconds: float,
        say: Callable[[str], None] = print,
        *,
        names: Sequence[str] = (),
        forks: bool = False,
        plan: Plan | None = None,
        samplings: Mapping[tuple[str, str], Sampling] = MappingProxyType({}),
    ) -> None:
        """Runs of the same commit need `names`; each then has its results in a folder of its name.

        With `forks`, ASV imports the suite of a commit once in a round and forks for each benchmark, whatever the
        configuration says. That is for values that are compared within the session and then forgotten: it shifts some
        of them, above all the memory of a process. `plan` says how many processes and samples a round takes; without
        one it takes those of the suite, or those in `samplings` for a commit and a cell.
        """
        self.runners = dict(zip(names or [runner.commit for runner in runners], runners, strict=True))
        self._are_named = bool(names)
        # Values of one round are compared, so all commits fork or none does.
        self.forks = forks and all(runner.process.can_fork for runner in runners)
        #: For each commit the cells of this round that were measured in forked processes.
        self._forked: defaultdict[str, set[str]] = defaultdict(set)
        self.plan = plan
        self.samplings = samplings
        self.folder = folder
        self.deadline = time.monotonic() + min(seconds, LONGEST_RUN)
        self.say = say
        self.session = Session(list(self.runners), {commit: {} for commit in self.runners})
        self._rounds = 0
        #: For each commit the errors of its last consecutive runs that failed in the same way.
        self._failures: defaultdict[str, list[str]] = defaultdict(list)
        #: Seconds per cell on all commits together, by kind of benchmark.
        self._pace: defaultdict[str, list[float]] = defaultdict(list)
        #: Seconds per cell on one commit, in its last round.
        self._seconds: dict[str, float] = {}

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    def round(self, cells: Sequence[str], only: Mapping[str, Collection[str]] = MappingProxyType({})) -> bool:
        """Measure each cell once on each commit; returns whether there was time for all.

        `only` names the commits of a cell that is not measured on all.
        """
        results = self.folder / f"round-{self._rounds}"

        def samplings_of(cell: str) -> dict[str, Sampling]:
            commits = (commit for commit in self.runners if commit in only.get(cell, self.runners))
            return {commit: self._sampling(commit, cell) for commit in commits}

        groups = groups_of(cells, lambda cell: tuple(samplings_of(cell).items()))
        complete, before, started = True, busy_cores(), time.monotonic()
        if self.forks:
            for commit, runner in self.runners.items():
                first = (group[0] for group in groups)
                runner.process.benchmarks = [benchmark_of(cell) for cell in first if commit in only.get(cell, [commit])]
        self._forked.clear()
        for runner in self.runners.values():
            runner.process.visits.clear()
        for turn, group in enumerate(groups):
            if self.seconds_left <= 0:
                self.session.left_out += group
                complete = False
                continue
            self.say(Progress(self._progress(groups, turn)))
            begin = time.monotonic()
            samplings = samplings_of(group[0])
            commits = order_of_turns(list(samplings), turn + self._rounds)
            runs = [self._turn(commit, group, results, samplings[commit].options) for commit in commits]
            complete &= all(in_turns(runs, [samplings[commit].share for commit in commits]))
            seconds = (time.monotonic() - begin) / len(group)
            self._pace[kind_of(group[0])].append(seconds)
            self._seconds |= dict.fromkeys(group, seconds / len(commits))
        self._collect(results, cells)
        self.session.visits = {commit: dict(runner.process.visits) for commit, runner in self.runners.items()}
        self.session.seconds.append(time.monotonic() - started)
        self.session.loads.append((before, busy_cores()))
        self._rounds += 1
        return complete

    def _sampling(self, commit: str, cell: str) -> Sampling:
        return self.plan.of(benchmark_of(cell)) if self.plan else self.samplings.get((commit, cell), Sampling())

    def seconds_of(self, cell: str) -> float:
        """Seconds that a cell took on one commit, in its last round; the mean of all if it had none."""
        return self._seconds.get(cell, fmean(self._seconds.values()) if self._seconds else 0.0)

    def _turn(self, commit: str, group: list[str], results: Path, options: Sequence[str]) -> Generator[str, None, bool]:
        """Measure a group on a commit, visit by visit; returns whether there was time."""
        failures = self._failures[commit]
        if len(failures) >= SAME_FAILURES:
            return True
        try:
            folder = results / commit if self._are_named else results
            failed = yield from self._run(commit, folder, group, options)
        except OutOfTime:
            self.session.left_out += group
            return False
        except NothingSelected as error:  # the commit may still have the other classes
            self.session.sentences.append(str(error))
        except (AsvFailed, OSError) as error:
            self._note_failure(commit, str(error))
        else:
            failures.clear()
            self.session.reasons |= {(commit, name): reason for name, reason in failed.items()}
        return True

    def _run(
        self, commit: str, folder: Path, group: list[str], options: Sequence[str]
    ) -> Generator[str, None, dict[str, str]]:
        """Measure a group on a commit, visit by visit; returns why cells failed."""
        runner = self.runners[commit]
        if not self.forks:
            return (yield from runner.steps(folder, pattern_of(group), self.seconds_left, *options))
        done = yield from run_forked(runner, folder, group, self.deadline, options)
        self._forked[commit] |= done.forked
        self.session.sentences += done.sentences
        self.forks &= runner.process.can_fork
        return done.failed

    def _note_failure(self, commit: str, sentence: str) -> None:
        failures = self._failures[commit]
        if failures and _without_numbers(failures[-1]) != _without_numbers(sentence):
            failures.clear()
        failures.append(sentence)
        self.session.sentences.append(sentence)
        if len(failures) == SAME_FAILURES:
            self.session.sentences.append(
                f"{commit[:8]} is not run again: asv failed {SAME_FAILURES} times in the same way"
            )

    def _progress(self, groups: list[list[str]], turn: int) -> str:
        name = benchmark_of(groups[turn][0]).rpartition(".")[0] or groups[turn][0]
        # The folder of a session has the name of its purpose, such as confirmation-1a2b3c4d.
        which = f"{self.folder.name}, round {self._rounds + 1}, class {turn + 1} of {len(groups)}"
        return f"{which} ({self.time_left(groups[turn:])}): {name}, {counted(len(groups[turn]), 'cell')}"

    def time_left(self, groups: list[list[str]]) -> str:
        """The time left, estimated by kind of benchmark: a counted cell takes a tenth of the time of a timed one."""
        explained = [group for group in groups if self._pace[kind_of(group[0])]]
        seconds = sum(len(group) * fmean(self._pace[kind_of(group[0])]) for group in explained)
        words = f"{_minutes(min(seconds, self.seconds_left))} left"
        if not explained:
            return f"at most {_minutes(self.seconds_left)} left"
        return f"{words} in this round" if len(explained) == len(groups) else f"more than {words} in this round"

    def _collect(self, results: Path, cells: Sequence[str]) -> None:
        """Add the round to the session: a value, or None, for every cell in every environment."""
        found: dict[str, dict[Key, float | None]] = {commit: {} for commit in self.runners}
        environments = set()
        for path in sorted(results.glob("*/*/*.json" if self._are_named else "*/*.json")):
            if path.name == "machine.json":
                continue
            try:
                result = read_result(path)
            except Unreadable as error:
                self.session.sentences.append(str(error))
                continue
            environments.add(result.environment)
            if self.plan and self.forks:
                self.plan.learn(path, self._seconds)
            run = path.parent.parent.name if self._are_named else result.commit
            for cell in cells:
                found[run][result.environment, cell] = result.values.get(cell)
        mixed = self._forked_on_some(found)
        for commit, values in found.items():
            for key in ((environment, cell) for environment in environments for cell in cells):
                rounds = self.session.values[commit].setdefault(key, [])
                rounds += [None] * (self._rounds - len(rounds))
                rounds.append(None if key[1] in mixed else values.get(key))

    def _forked_on_some(self, found: Mapping[str, Mapping[Key, float | None]]) -> set[str]:
        """The cells that this round measured in forked processes on some commits and in others on the rest.

        A forked process shifts some values, which would look like a change.
        """
        measured: defaultdict[str, set[str]] = defaultdict(set)
        for commit, values in found.items():
            for (_, cell), value in values.items():
                if is_number(value):  # ASV writes NaN for the cells of a benchmark that were not selected
                    measured[cell].add(commit)
        return {
            cell for cell, commits in measured.items() if len({cell in self._forked[commit] for commit in commits}) > 1
        }

    def write(self, path: Path) -> None:
        """Write the measured values as JSON."""
        content = {
            "commits": self.session.commits,
            "values": {
                commit: [[*key, rounds] for key, rounds in sorted(values.items())]
                for commit, values in self.session.values.items()
            },
            "left_out": self.session.left_out,
            "background_load": self.session.loads,
            "seconds": self.session.seconds,
            "sentences": self.session.sentences,
        }
        path.write_text(json.dumps(content), encoding="utf-8")
