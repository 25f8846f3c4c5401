"""What a report repeats: the last report on its head, and findings that an earlier night did not print or store."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from asv_verdict.project import Project
from asv_verdict.records.accepted import accepted_of, with_acceptance
from asv_verdict.records.past_nights import Night
from asv_verdict.records.report_file import HEAD
from asv_verdict.records.untold import findings_of
from asv_verdict.report.from_file import report_of
from asv_verdict.report.report import Report


def repeated(said: Night, project: Project, problems: Sequence[str]) -> Report:
    """Repeat the last report on a head: there is no new commit, so its verdict still holds."""
    report = report_of(said.report)
    found = list(problems)
    entries = accepted_of(project, found)  # this file and the settings may be newer than the report
    report.outcome.changes = [
        with_acceptance(replace(change, effect=project.settings.effect(change)), entries)
        for change in report.outcome.changes
    ]
    report.outcome.repeated = [with_acceptance(change, entries) for change in report.outcome.repeated]
    report.outcome.problems += found
    report.notes = ["no new commit: this report repeats the last one"]
    return report


def with_forgotten(report: Report, forgotten: Sequence[Night], project: Project) -> Report:
    """Add the findings of nights that ended before their report was printed and stored."""
    entries = accepted_of(project, [])  # the report has the problem already, if the file cannot be read
    there = {(change.key, change.base) for change in report.outcome.findings}
    found = [change for change in findings_of(forgotten) if (change.key, change.base) not in there]
    report.outcome.repeated += [with_acceptance(change, entries) for change in found]
    # A night on the same commit has compared its cells again.
    earlier = [night.report for night in forgotten if night.head != report.commits.get(HEAD)]
    undecided = [*report.outcome.undecided, *(sentence for night in earlier for sentence in night.undecided)]
    report.outcome.undecided = list(dict.fromkeys(undecided))
    report.notes += [
        f"the night of {night.head[:8]} (verdict: {night.report.verdict}) ended before its report was printed and "
        "stored; this report repeats its findings"
        for night in forgotten
    ]
    return report
