"""A night: compare head with the previous commit and the reference, and search the history for level shifts."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from asv_verdict.asv_io.merge import keep
from asv_verdict.decide.attribution import attribute
from asv_verdict.decide.baselines import baselines_of, last_judged
from asv_verdict.decide.coverage import find_uncompared, missing_cells, note_insensitive
from asv_verdict.decide.deterministic import count
from asv_verdict.decide.expectation import expect_from_now_on, gone, selected, stored_expectation
from asv_verdict.decide.level_shifts import unexplained_steps
from asv_verdict.decide.undecided import undecided_before
from asv_verdict.investigation import Investigation
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner, OutOfTime, publish, remove_environments
from asv_verdict.measure.session import Key
from asv_verdict.model import Change, Outcome, Verdict
from asv_verdict.project import BadSetting, Project
from asv_verdict.records.accepted import accepted_of, with_acceptance
from asv_verdict.records.expected_cells import FOLDER as EXPECTED_CELLS
from asv_verdict.records.past_nights import FOLDER as REPORTS
from asv_verdict.records.past_nights import Night, next_folder, past_nights, without_repeats
from asv_verdict.records.report_file import HEAD
from asv_verdict.records.untold import alarms_of, mark_told, mark_untold, untold
from asv_verdict.report.from_file import report_of
from asv_verdict.report.plots import plot_changes
from asv_verdict.report.report import Report
from asv_verdict.results_branch import store
from asv_verdict.system.commands import output_of
from asv_verdict.system.files import remove_drafts
from asv_verdict.system.lock import only_run
from asv_verdict.system.machine import processor
from asv_verdict.vcs.git import GitFailed
from asv_verdict.vcs.repository import Repository

#: Verdicts that hold until there is a new commit. After any other verdict, the next night measures head again.
DECIDED = (Verdict.PASS.word, Verdict.REGRESSION.word)


def nightly(
    project: Project,
    machine: str,
    *,
    say: Callable[[str], None] = print,
    make_runner: Callable[[Project, str, str], CommitRunner] = CommitRunner,
    make_dashboard: Callable[[Project], None] = publish,
    tell: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Measure the newest commit, store the results, publish the dashboard, judge, and write the report.

    `tell` prints the report. Then the results are committed to the branch in the setting `results_branch`, if there is
    one. If a night is killed before that, the next one repeats its findings. Raises Busy if another run holds the lock.
    """
    with only_run(project.folder / "lock"):
        for left in project.root.glob("*.verdict-*.json"):
            left.unlink()  # left by a killed run
        for written in (project.results, project.folder / REPORTS, project.folder / EXPECTED_CELLS):
            remove_drafts(written)
        night = _Night(project, machine, say, make_runner, make_dashboard)
        report = night.run()
        tell(report)
        if project.settings.results_branch:
            try:
                store(project, project.settings.results_branch, project.settings.results_remote, say)
            except (GitFailed, OSError) as error:
                say(
                    f"cannot commit to {project.settings.results_branch}; the results are in {project.results}: {error}"
                )
        mark_told(night.marked)
        return report


def repository_of(project: Project) -> Repository:
    """The repository whose commits are measured. Raises BadSetting if it is not on this machine."""
    path = project.root / project.configuration.get("repo", ".")
    if not path.exists():
        raise BadSetting(f"repo = {project.configuration['repo']!r}: expected the path of a git clone on this machine")
    return Repository(path)


def selection_of(project: Project) -> str:
    """The regular expression for the cells that a night measures. Raises BadSetting if its command fails."""
    command = project.settings.selection_command
    return output_of(project, "selection_command", command) if command else project.settings.selection


def nothing_matches(selection: str) -> str:
    """The message for a selection that matches no cell."""
    return f"all cells: no cell of the suite matches {selection!r}"


@dataclass
class _Night:
    project: Project
    machine: str
    say: Callable[[str], None]
    make_runner: Callable[[Project, str, str], CommitRunner]
    make_dashboard: Callable[[Project], None]
    problems: list[str] = field(default_factory=list)
    #: The folders that lose their mark (records/untold.py) when tonight's report has been printed and stored.
    marked: list[Path] = field(default_factory=list)
    #: The changes in the last report on this head, if there is one.
    said: Sequence[Change] = ()
    begin: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def run(self) -> Report:
        repository = repository_of(self.project)
        branch = (self.project.configuration.get("branches") or ["HEAD"])[0]
        head = repository.commit(branch)
        nights = past_nights(self.project.folder, self.machine, self.problems)
        forgotten = untold(nights)
        self.marked = [night.path.parent for night in forgotten]
        said = next((night for night in reversed(nights) if night.head == head), None)
        if said and said.report.verdict in DECIDED:
            return self._repeat(said, [night for night in forgotten if night is not said])
        self.said = said.changes if said else ()
        last = last_judged(nights, repository, head)
        baselines = baselines_of(self.project.settings, repository, head, last)
        folder = next_folder(self.project.folder, head)
        investigation = Investigation(
            self.project,
            repository,
            self.machine,
            head,
            baselines,
            folder,
            self.say,
            self.make_runner,
            stored=stored_expectation(self.project, self.machine, last, self.problems),
            # Earlier nights of this head are ignored: a change that they confirmed would not be reported again.
            nights=without_repeats([night for night in nights if night.head != head]),
            problems=self.problems,
        )
        if not baselines:
            investigation.notes.append("there is no baseline yet: this is the first night or the first commit")
        outcome = self._investigate(investigation)
        self._add_untold(outcome, investigation.notes, [night for night in forgotten if night.head != head])
        report = self._report(outcome, {HEAD: head, **baselines}, repository, investigation.notes)
        report.left_out = sorted(set(investigation.session.left_out))
        report.plots = self._plots(folder, investigation, outcome)
        try:
            mark_untold(folder)
            self.marked.append(folder)
            report.write(folder)
        except OSError as error:
            report.outcome.problems.append(f"cannot save this report; the next night repeats the measurement: {error}")
        remove_environments(self.project, {head, *baselines.values()})
        return report

    def _repeat(self, said: Night, forgotten: Sequence[Night]) -> Report:
        """The last report on this head again: there is no new commit, so its verdict still holds."""
        report = report_of(said.report)
        report.notes = ["no new commit"]
        self._add_untold(report.outcome, report.notes, forgotten)
        entries = accepted_of(self.project, self.problems)  # the file may be newer than the report
        report.outcome.changes = [with_acceptance(change, entries) for change in report.outcome.changes]
        report.outcome.problems += self.problems
        return report

    @staticmethod
    def _add_untold(outcome: Outcome, notes: list[str], forgotten: Sequence[Night]) -> None:
        """Add the findings of nights that ended before their report was printed and stored."""
        outcome.repeated += alarms_of(forgotten)
        notes += [
            f"the night of {night.head[:8]} ended before its report (verdict: {night.report.verdict}) was printed and "
            "stored; this report repeats its findings"
            for night in forgotten
        ]

    def _investigate(self, investigation: Investigation) -> Outcome:
        settings = self.project.settings
        selection = selection_of(self.project)
        investigation.expected_before = selected(investigation.stored.measured, selection)
        if not investigation.build():
            missing = [f"{cell} in {environment}" for environment, cell in sorted(investigation.expected_before)]
            return Outcome(
                len(missing),
                0,
                missing=missing or ["all cells: head does not build"],
                problems=investigation.problems,
            )
        investigation.find_cells(selection)
        if not investigation.expected:
            return Outcome(0, 0, missing=[nothing_matches(selection)], problems=investigation.problems)
        investigation.measure(settings.sitting_minutes * 60)
        listed = investigation.folder / "built" / investigation.head[:12] / "benchmarks.json"
        unkept = keep(investigation.folder / "sitting" / "round-0", self.project.results, listed)
        investigation.problems += unkept
        missing = missing_cells(investigation) + gone(investigation)
        find_uncompared(investigation)
        self._publish(investigation)
        deadline = time.monotonic() + settings.confirming_minutes * 60
        thresholds = investigation.thresholds()
        note_insensitive(investigation, thresholds)
        candidates = investigation.screen(thresholds)
        candidates += undecided_before(investigation, self.said, thresholds, candidates)
        candidates += unexplained_steps(investigation, thresholds, {one.key for one in candidates}, deadline)
        changes = count(investigation) + investigation.confirm(
            candidates, thresholds, deadline, len(investigation.expected) * (len(investigation.baselines) + 1)
        )
        changes = attribute(investigation, changes, thresholds, deadline)
        expect_from_now_on(investigation, self.machine)
        shutil.rmtree(investigation.folder / "built", ignore_errors=True)
        outcome = investigation.outcome(changes, missing)
        if unkept:
            outcome.missing.append(f"the cells were measured, but their numbers were not stored: {unkept[0]}")
        return outcome

    def _publish(self, investigation: Investigation) -> None:
        self.say("publishing the dashboard")
        try:
            self.make_dashboard(self.project)
        except (AsvFailed, OutOfTime) as error:
            investigation.problems.append(f"the dashboard was not updated: {error}")

    def _plots(self, folder: Path, investigation: Investigation, outcome: Outcome) -> dict[tuple[Key, str], str]:
        line = investigation.repository.line(investigation.head)
        try:
            return plot_changes(folder, outcome.changes, investigation.rounds, self.project.results, self.machine, line)
        except OSError as error:
            outcome.problems.append(f"cannot write the plots of the findings: {error}")
            return {}

    def _report(
        self, outcome: Outcome, commits: dict[str, str], repository: Repository, notes: Sequence[str]
    ) -> Report:
        culprits = {commit for change in outcome.findings for commit in change.commits}
        return Report(
            kind="nightly",
            machine=self.machine,
            outcome=outcome,
            commits=commits,
            subjects={commit: repository.subject(commit) for commit in {*commits.values(), *culprits}},
            started=self.started,
            seconds=time.monotonic() - self.begin,
            cpu=processor(),
            notes=list(dict.fromkeys(notes)),
        )
