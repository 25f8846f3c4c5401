"""Compare two commits, for a pull request: interleaved rounds, and a ratio with its interval for every cell."""

from __future__ import annotations

import fnmatch
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from asv_verdict.decide.attribution import attribute
from asv_verdict.decide.base_suite import is_of_base, name_removed
from asv_verdict.decide.coverage import find_uncompared, missing_cells
from asv_verdict.decide.deterministic import count
from asv_verdict.decide.screening import LEVEL, Thresholds
from asv_verdict.investigation import Investigation
from asv_verdict.measure.commit_runner import CommitRunner
from asv_verdict.measure.session import Key
from asv_verdict.model import Outcome
from asv_verdict.nightly import nothing_matches, repository_of, selection_of
from asv_verdict.project import Project
from asv_verdict.records.report_file import HEAD
from asv_verdict.report.markdown import code
from asv_verdict.report.report import Report
from asv_verdict.stats.ratio import positive
from asv_verdict.system.lock import only_run
from asv_verdict.system.machine import processor

BASE = "base"


def compare(
    project: Project,
    machine: str,
    base: str,
    head: str,
    *,
    selection: str | None = None,
    say: Callable[[str], None] = print,
    make_runner: Callable[[Project, str, str], CommitRunner] = CommitRunner,
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
        investigation = Investigation(
            project, repository, machine, commits[HEAD], {BASE: commits[BASE]}, folder, say, make_runner
        )
        if commits[BASE] != tip:
            investigation.notes.append(
                f"{base} has commits that {head} lacks; head was compared with the merge base {commits[BASE][:8]}"
            )
        selected: str | None = selection if selection is not None else selection_of(project)
        if selection is None:
            changed = repository.changed_files(commits[BASE], commits[HEAD])
            selected = _touched(project, selection_of(project), changed, investigation.notes)
        outcome, table = (Outcome(0, 0), "") if selected is None else _compare(investigation, selected)
        report = Report(
            kind="comparison",
            machine=machine,
            outcome=outcome,
            commits=commits,
            subjects={commit: repository.subject(commit) for commit in commits.values()},
            started=started,
            seconds=time.monotonic() - begin,
            cpu=processor(),
            left_out=sorted(set(investigation.session.left_out)),
            notes=list(dict.fromkeys(investigation.notes)),
        )
        report.write(folder)
        return report, report.as_markdown() + table


def _touched(project: Project, selection: str, changed: Sequence[str], notes: list[str]) -> str | None:
    """The part of `selection` that the changed files can affect; None if they affect no cell.

    A file that matches no pattern in `paths` can affect every cell.
    """
    rules = project.settings.paths
    expressions = set()
    for file in changed:
        matching = [expression for path, expression in rules.items() if fnmatch.fnmatch(file, path)]
        if not matching:
            return selection
        expressions |= set(matching)
    touched = "|".join(sorted(expression for expression in expressions if expression))
    notes.append(f"selected the cells that the changed files ({len(changed)}) can affect: {touched or 'none'}")
    return f"^(?=.*(?:{touched}))(?=.*(?:{selection}))" if touched else None


def _compare(investigation: Investigation, selection: str) -> tuple[Outcome, str]:
    settings = investigation.project.settings
    if not investigation.build() or not investigation.baselines:
        return Outcome(0, 0, missing=["all cells: base or head does not build"], problems=investigation.problems), ""
    investigation.find_cells(selection)
    if not investigation.expected:
        return Outcome(0, 0, missing=[nothing_matches(selection)], problems=investigation.problems), ""
    investigation.measure(settings.sitting_minutes * 60)
    missing = missing_cells(investigation)
    (base,) = investigation.baselines.values()
    find_uncompared(investigation, is_of_base(investigation, base))
    name_removed(investigation, base, selection)
    deadline = time.monotonic() + settings.confirming_minutes * 60
    thresholds = investigation.thresholds()
    confirmed = investigation.confirm(
        investigation.screen(thresholds), thresholds, deadline, len(investigation.expected)
    )
    changes = attribute(investigation, [*count(investigation), *confirmed], thresholds, time.monotonic())
    rows = [_row(investigation, key, base, thresholds) for key in investigation.expected]
    table = [
        "",
        "<details><summary>Every cell</summary>",
        "",
        "| cell | head ÷ base | 99 % interval |",
        "|---|---|---|",
    ]
    return investigation.outcome(changes, missing), "\n".join([*table, *filter(None, rows), "", "</details>", ""])


def _row(investigation: Investigation, key: Key, base: str, thresholds: Thresholds) -> str:
    rounds = positive(investigation.session.rounds(key, base, investigation.head))
    if not rounds:
        return ""
    seen = thresholds.ratio(key, rounds, LEVEL)
    if len(rounds) == 1 and not thresholds.is_measured(key):
        return f"| {code(key[1])} | {seen.estimate:.3f} | unknown after one round |"
    return f"| {code(key[1])} | {seen.estimate:.3f} | {seen.low:.3f} to {seen.high:.3f} |"
