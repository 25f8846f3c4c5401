"""Compare two commits, for a pull request: interleaved rounds, and a ratio with its interval for every cell."""

from __future__ import annotations

import fnmatch
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from asv_verdict.decide.attribution import attributed
from asv_verdict.decide.base_suite import failing_on_both, measured_of_base, removed, with_files_of
from asv_verdict.decide.candidates import candidates_of, decided, thresholds_of
from asv_verdict.decide.changes import Judged
from asv_verdict.decide.coverage import coverage, uncompared
from asv_verdict.decide.deterministic import counted
from asv_verdict.decide.findings import Findings
from asv_verdict.decide.measurement import Measurement, Past
from asv_verdict.decide.measuring import built, measured, noting
from asv_verdict.decide.screening import LEVEL, Thresholds
from asv_verdict.measure.builds import Builds, MakeRunner
from asv_verdict.measure.commands import expression, nothing_matches, selection_of
from asv_verdict.measure.commit_runner import CommitRunner
from asv_verdict.measure.session import Key
from asv_verdict.model import Remarks
from asv_verdict.project import Project
from asv_verdict.records.accepted import accepted_of, with_acceptance
from asv_verdict.records.report_file import HEAD
from asv_verdict.report.markdown import code
from asv_verdict.report.report import Report
from asv_verdict.stats.ratio import positive
from asv_verdict.system.lock import only_run
from asv_verdict.system.machine import processor
from asv_verdict.vcs.repository import Repository, repository_of

BASE = "base"


def compare(
    project: Project,
    machine: str,
    base: str,
    head: str,
    *,
    selection: str | None = None,
    say: Callable[[str], None] = print,
    make_runner: MakeRunner = CommitRunner,
) -> tuple[Report, str]:
    """Compare `head` with `base`; returns the report, and its Markdown for a comment on a pull request.

    Without a `selection`, it measures those cells of a night that the changed files can affect (setting `paths`). If
    the two commits have diverged, their merge base is measured instead of `base`, because `head` lacks the later
    changes of `base`. The results folder stays as it is. Raises Busy if another run holds the lock, and GitFailed for
    an unknown commit.
    """
    with only_run(project.folder / "lock"):
        repository = repository_of(project)
        tip, commits = repository.commit(base), {HEAD: repository.commit(head)}
        parted = repository.merge_base(tip, commits[HEAD])
        commits = {BASE: tip if parted == commits[HEAD] else parted, **commits}
        begin, started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
        folder = project.folder / "compared" / f"{commits[BASE][:8]}-{commits[HEAD][:8]}"
        shutil.rmtree(folder, ignore_errors=True)
        notes: list[str] = []
        selected = _selected(project, repository, commits, selection, notes)
        if commits[BASE] != tip:
            why = f"{base} has commits that {head} lacks"
            notes.insert(0, f"{why}; head was compared with the merge base {commits[BASE][:8]}")
        builds = Builds(project, machine, folder, say, make_runner)
        findings, table = (Findings(), "") if selected is None else _compare(builds, repository, commits, selected)
        report = Report(
            kind="comparison",
            machine=machine,
            outcome=findings.outcome,
            commits=commits,
            subjects={commit: repository.subject(commit) for commit in commits.values()},
            started=started,
            seconds=time.monotonic() - begin,
            cpu=processor(),
            left_out=list(findings.left_out),
            background_load=findings.remarks.loads,
            notes=list(dict.fromkeys([*notes, *findings.remarks.notes])),
        )
        try:
            report.write(folder)
        except OSError as error:
            report.outcome.problems.append(f"cannot save this report: {error}")
        return report, report.as_markdown() + table


def _selected(
    project: Project, repository: Repository, commits: Mapping[str, str], selection: str | None, notes: list[str]
) -> str | None:
    """The expression of the cells to measure: `selection`, or what the changed files can affect of a night's."""
    if selection is not None:
        return expression(selection)
    changed = repository.changed_files(commits[BASE], commits[HEAD])
    return _touched(project, selection_of(project), changed, notes)


def _touched(project: Project, selection: str, changed: Sequence[str], notes: list[str]) -> str | None:
    """The part of `selection` that the changed files can affect; None if they affect no cell.

    A file that matches no pattern in `paths` can affect every cell.
    """
    rules = project.settings.paths
    if not rules:
        return selection
    expressions: set[str] = set()
    for file in changed:
        matching = [cells for path, cells in rules.items() if fnmatch.fnmatch(file, path)]
        if not matching:
            return selection
        expressions |= set(matching)
    if any(re.search(r"\\[1-9]|\(\?P|\(\?\(", cells) for cells in (selection, *expressions)):
        notes.append("all cells are measured: an expression with named or numbered groups cannot be joined with others")
        return selection
    touched = "|".join(sorted(map(_group, filter(None, expressions))))
    joined = f"^(?=.*(?:{touched}))(?=.*{_group(selection)})"
    try:
        re.compile(joined)
    except re.error:  # such as an expression with (?x) that ends in a comment
        notes.append("all cells are measured: the expressions of the setting `paths` cannot be joined")
        return selection
    notes.append(f"selected the cells that the changed files ({len(changed)}) can affect: {touched or 'none'}")
    return joined if touched else None


def _group(expression: str) -> str:
    """The expression as a group: global flags such as (?i) may only begin a whole expression."""
    flags = re.match(r"\(\?([aiLmsux]+)\)", expression)
    return f"(?{flags[1]}:{expression[flags.end() :]})" if flags else f"(?:{expression})"


def _compare(
    builds: Builds, repository: Repository, commits: Mapping[str, str], selection: str
) -> tuple[Findings, str]:
    """Like a night, but without the history; returns the findings, and a table of every cell."""
    project, settings, head, base = builds.project, builds.project.settings, commits[HEAD], commits[BASE]
    problems: list[str] = []
    entries, past = accepted_of(project, problems), Past(repository, head)
    remarks = [Remarks(problems=tuple(problems))]
    there = noting(remarks, built(builds, repository, head, {BASE: base}))
    if head not in builds.runners or not there:
        why = ("all cells: base or head does not build",)
        return Findings(0, 0, why, remarks=sum([*remarks, builds.remarks], Remarks())), ""
    seconds = settings.session_minutes * 60
    measurement = noting(remarks, measured(builds, head, there, selection, seconds, forks=True))
    if not measurement.expected:
        return Findings(0, 0, (nothing_matches(selection),), remarks=sum(remarks, Remarks())), ""
    own = noting(remarks, with_files_of(base, head, builds, repository))
    of_both = noting(remarks, failing_on_both(own, measurement, base, selection))
    covered = coverage(measurement, failing=of_both)
    measurement = replace(measurement, expected=covered.expected)
    parts = [(measurement, builds)]
    if own:
        of_base = noting(remarks, measured_of_base(own, measurement, base, selection, entries, seconds))
        rest = tuple(key for key in covered.expected if key not in of_base.expected)
        parts = [(replace(measurement, expected=rest), builds), (of_base, own)]
    # of_base has each cell of the base's suite that lacks a number on a commit; others that fail on the base are new.
    remarks += [covered.remarks, uncompared(parts[0][0], settings, may_be_new=bool(own), each_alone=bool(own))]
    remarks += [uncompared(part, settings, may_be_new=False, each_alone=True) for part, _ in parts[1:]]
    if own is None:
        remarks.append(removed({*measurement.expected, *of_both}, builds, base, head, selection, entries))
    deadline = time.monotonic() + settings.confirming_minutes * 60
    found = Judged()
    rows: list[str] = []
    for part, part_builds in parts:
        thresholds = noting(remarks, thresholds_of(part, project, builds.machine))
        candidates = candidates_of(part, thresholds, past)
        found += counted(part, part_builds, past)
        found += decided(candidates, part, part_builds, thresholds, deadline, len(covered.expected))
        rows += [_row(part, key, base, thresholds) for key in part.expected]
    # The deadline is now, so there is no bisection: any commit between the two may be the cause.
    changes = noting(remarks, attributed(found.changes, past, builds, thresholds, time.monotonic()))
    findings = Findings(
        len(covered.expected),
        len(covered.expected) - len(covered.missing),
        covered.missing,
        Judged(tuple(with_acceptance(change, entries) for change in changes), found.rounds),
        sum([*remarks, found.remarks, builds.remarks], Remarks()),
        tuple(sorted(set(measurement.session.left_out))),
    )
    return findings, _table(rows)


def _table(rows: Iterable[str]) -> str:
    lines = [
        "",
        "<details><summary>Every cell</summary>",
        "",
        "| cell | head ÷ base | 99 % interval |",
        "|---|---|---|",
    ]
    return "\n".join([*lines, *filter(None, rows), "", "</details>", ""])


def _row(measurement: Measurement, key: Key, base: str, thresholds: Thresholds) -> str:
    rounds = positive(measurement.session.rounds(key, base, measurement.head))
    if not rounds:
        return ""
    seen = thresholds.ratio(key, rounds, LEVEL)
    if len(rounds) == 1 and not thresholds.is_measured(key):
        return f"| {code(key[1])} | {seen.estimate:.3f} | unknown after one round |"
    return f"| {code(key[1])} | {seen.estimate:.3f} | {seen.low:.3f} to {seen.high:.3f} |"
