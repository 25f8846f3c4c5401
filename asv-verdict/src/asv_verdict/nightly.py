"""A night: compare head with the previous commit and the reference, and search the history for level shifts."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from asv_verdict.asv_io.merge import keep
from asv_verdict.decide.attribution import attributed
from asv_verdict.decide.baselines import baselines_of, last_judged, without_baseline
from asv_verdict.decide.candidates import candidates_of, decided, thresholds_of
from asv_verdict.decide.changes import Judged
from asv_verdict.decide.coverage import coverage, uncompared, without_reaction
from asv_verdict.decide.deterministic import counted
from asv_verdict.decide.expectation import (
    expect_from_now_on,
    selected,
    stored_expectation,
    unjudged_before_reference,
)
from asv_verdict.decide.findings import Findings
from asv_verdict.decide.learning import learned
from asv_verdict.decide.level_shifts import unexplained_steps
from asv_verdict.decide.measurement import Measurement, Past, name_of
from asv_verdict.decide.measuring import SESSION, built, measured, noting
from asv_verdict.decide.screening import Thresholds
from asv_verdict.decide.start import Start, night_that_holds, start_of
from asv_verdict.decide.uncertain import uncertain
from asv_verdict.decide.undecided import confirmed_before, taken_up, undecided_before
from asv_verdict.measure.builds import Builds, MakeRunner
from asv_verdict.measure.commands import expression, nothing_matches, selection_of
from asv_verdict.measure.commit_runner import (
    AsvFailed,
    CommitRunner,
    OutOfTime,
    publish,
    remove_environments,
    remove_left_configurations,
)
from asv_verdict.measure.session import Key
from asv_verdict.model import Change, Remarks, State
from asv_verdict.project import Project
from asv_verdict.records.accepted import accepted_of, with_acceptance
from asv_verdict.records.expected_cells import FOLDER as EXPECTED_CELLS
from asv_verdict.records.night_noise import FOLDER as NIGHT_NOISE
from asv_verdict.records.past_nights import FOLDER as REPORTS
from asv_verdict.records.past_nights import joined, next_folder
from asv_verdict.records.report_file import HEAD
from asv_verdict.records.results_branch import store
from asv_verdict.records.untold import mark_told, mark_untold
from asv_verdict.report.plots import plot_changes
from asv_verdict.report.repeated import repeated, with_forgotten
from asv_verdict.report.report import Report
from asv_verdict.system.files import remove_drafts
from asv_verdict.system.lock import Busy, only_run
from asv_verdict.system.machine import processor
from asv_verdict.vcs.git import GitFailed


def nightly(
    project: Project,
    machine: str,
    *,
    bench: str | None = None,
    say: Callable[[str], None] = print,
    make_runner: MakeRunner = CommitRunner,
    make_dashboard: Callable[[Project], None] = publish,
    tell: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Measure the newest commit, store the results, publish the dashboard, judge, and write the report.

    With `bench`, a regular expression, the night is partial: it measures only these cells, and the next complete night
    measures the commit again. `tell` prints the report. Then the results are committed to the branch in the setting
    `results_branch`, if there is one. If a night is killed before that, or cannot store, the next one repeats its
    findings. Raises Busy if another run holds the lock.
    """
    with only_run(project.folder / "lock"):
        remove_left_configurations(project)
        remove_drafts(project.folder, below=False)  # below are the environments, which hold very many files
        noise = project.root / project.settings.noise
        own = (project.folder / name for name in (REPORTS, EXPECTED_CELLS, NIGHT_NOISE))
        for written in (project.results, noise, *own):
            remove_drafts(written)
        start = start_of(project, machine, say, make_runner, make_dashboard)
        marked = [night.path.parent for night in start.forgotten]
        selection = selection_of(project) if bench is None else expression(bench)
        if said := night_that_holds(start, selection, is_partial=bench is not None):
            others = [night for night in start.forgotten if night is not said]
            report = with_forgotten(repeated(said, project, start.problems), others, project)
        else:
            folder = next_folder(project.folder, start.head)
            report = _judged(start, folder, selection, is_partial=bench is not None)
            marked.append(folder)
        tell(report)
        unstored = _unstored(project, say)
        mark_told(folder for folder in marked if folder.name not in unstored)
        return report


def _unstored(project: Project, say: Callable[[str], None]) -> str:
    """Commit the results to the branch in the settings; returns what was not stored, with the names of the reports."""
    branch = project.settings.results_branch
    try:
        return "\n".join(store(project, branch, project.settings.results_remote, say)) if branch else ""
    except (GitFailed, OSError, Busy) as error:
        say(f"cannot store the results on the branch {branch}: {error}; they are in {project.results}")
        return "\n".join(path.name for path in (project.folder / REPORTS).glob("*"))


def _judged(start: Start, folder: Path, selection: str, *, is_partial: bool) -> Report:
    """Investigate head, and write the report to `folder`."""
    last = last_judged(start.complete, start.repository, start.head)
    baselines = baselines_of(start.project.settings, start.repository, start.head, last, start.changes_of_head)
    findings = _night(start, folder, selection, baselines)
    outcome, commits = findings.outcome, {HEAD: start.head, **baselines}
    culprits = {commit for change in outcome.findings for commit in change.commits}
    report = Report(
        kind="nightly",
        is_partial=is_partial,
        selection=selection,
        configuration=start.project.configuration_name,
        environments=start.environments,
        machine=start.machine,
        outcome=outcome,
        commits=commits,
        started=start.date,
        cpu=processor(),
        notes=list(dict.fromkeys(findings.remarks.notes)),
        left_out=list(findings.left_out),
        background_load=findings.remarks.loads,
    )
    report = with_forgotten(report, start.forgotten, start.project)
    culprits |= {commit for change in outcome.repeated for commit in change.commits}
    report.subjects = {commit: start.repository.subject(commit) for commit in {*commits.values(), *culprits}}
    line = start.repository.line(start.head)
    try:
        report.plots = plot_changes(
            folder, outcome.changes, findings.judged.rounds, start.project.results, start.machine, line
        )
    except OSError as error:
        outcome.problems.append(f"cannot write the plots of the findings: {error}")
    report.seconds = time.monotonic() - start.seconds
    try:
        mark_untold(folder)
        report.write(folder)
    except OSError as error:
        outcome.problems.append(f"cannot save this report: {error}; the next night repeats the measurement")
    remove_environments(start.project, {start.head, *baselines.values()})
    return report


def _night(start: Start, folder: Path, selection: str, baselines: Mapping[str, str]) -> Findings:
    """Build, measure, find what is missing, and judge what changed: each step once."""
    project, head, settings = start.project, start.head, start.project.settings
    problems = list(start.problems)
    # The nights of this head are no part of the past: their changes would count as explained.
    past = Past(start.repository, head, joined(night for night in start.nights if night.head != head))
    stored = stored_expectation(project, start.machine, start.nights, problems)
    before = selected(stored.measured, selection)
    entries = accepted_of(project, problems)
    remarks = [Remarks(problems=tuple(problems)), without_baseline(baselines, start.complete, head)]

    builds = Builds(project, start.machine, folder, start.say, start.make_runner)
    there = noting(remarks, built(builds, start.repository, head, baselines))
    if head not in builds.runners:
        missing = tuple(map(name_of, sorted(before))) or ("all cells: head does not build",)
        return Findings(len(before), 0, missing, remarks=sum([*remarks, builds.remarks], Remarks()))
    measurement = noting(remarks, measured(builds, head, there, selection, settings.session_minutes * 60))
    if not measurement.expected:
        return Findings(0, 0, (nothing_matches(selection),), remarks=sum(remarks, Remarks()))
    unkept = keep(folder / SESSION / "round-0", project.results, builds.list_of_benchmarks(head), there.values())
    covered = coverage(measurement, before, stored.failing, entries)
    measurement = replace(measurement, expected=covered.expected)
    unjudged = unjudged_before_reference(measurement, past, project, start.machine)
    compared = uncompared(measurement, settings, before=before, unjudged=unjudged)
    remarks += [Remarks(problems=tuple(unkept)), covered.remarks, compared]
    remarks.append(_published(start))

    deadline = time.monotonic() + settings.confirming_minutes * 60
    thresholds = noting(remarks, thresholds_of(measurement, project, start.machine))
    tests = len(covered.expected) * (len(there) + 1)
    changes, found = _changes(start, measurement, builds, thresholds, past, deadline, tests, remarks)
    remarks.append(learned(measurement, _undismissed(changes), project, start.machine, start.date))
    expected = expect_from_now_on(stored, measurement, project, start.machine, entries)
    builds.end_processes(builds.runners)
    shutil.rmtree(folder / "built", ignore_errors=True)
    of_head = [sentence for sentence in unkept if f" {head[:8]}-" in sentence or " list of benchmarks" in sentence]
    unstored = tuple(f"the cells were measured, but their numbers were not stored: {one}" for one in of_head[:1])
    return Findings(
        len(covered.expected),
        len(covered.expected) - len(covered.missing),
        covered.missing + unstored,
        Judged(tuple(with_acceptance(change, entries) for change in changes), found.rounds),
        sum([*remarks, without_reaction(measurement, thresholds), found.remarks, expected, builds.remarks], Remarks()),
        tuple(sorted(set(measurement.session.left_out))),
    )


def _changes(
    start: Start,
    measurement: Measurement,
    builds: Builds,
    thresholds: Thresholds,
    past: Past,
    deadline: float,
    tests: int,
    remarks: list[Remarks],
) -> tuple[list[Change], Judged]:
    """Screen, take up what earlier nights left open, confirm and attribute; `remarks` gets what there is to say."""
    confirmed = confirmed_before(start.changes_of_head, measurement)
    keys = {change.key for change in confirmed}
    candidates = [one for one in candidates_of(measurement, thresholds, past) if one.key not in keys]
    undecided = undecided_before(start.nights, start.head, set(start.repository.line(start.head)))
    undecided += uncertain(measurement, builds, thresholds, past)
    again = taken_up(undecided, candidates, keys, measurement, thresholds, past, builds, deadline)
    candidates = again.candidates
    keys |= {one.key for one in candidates} | {key for key, _ in again.open}
    candidates += noting(remarks, unexplained_steps(measurement, builds, thresholds, past, keys, deadline))
    found = counted(measurement, builds, past)
    found += decided(candidates, measurement, builds, thresholds, deadline, tests)
    changes = noting(remarks, attributed(found.changes, past, builds, thresholds, deadline))
    changed = {change.key for change in changes}
    changes += [change for change in confirmed if change.key not in changed]
    changes += again.unjudged(changes)
    remarks.append(again.remarks)
    return changes, found


def _undismissed(changes: Sequence[Change]) -> set[Key]:
    return {change.key for change in changes if change.state is not State.DISMISSED}


def _published(start: Start) -> Remarks:
    start.say("publishing the dashboard")
    try:
        start.make_dashboard(start.project)
    except (AsvFailed, OutOfTime) as error:
        return Remarks(problems=(f"the dashboard was not updated: {error}",))
    return Remarks()
