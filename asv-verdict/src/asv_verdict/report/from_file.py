"""A report from its report.json."""

from __future__ import annotations

from asv_verdict.model import Outcome
from asv_verdict.records.report_file import ReportFile
from asv_verdict.report.report import Report


def report_of(file: ReportFile) -> Report:
    """The report from which `file` was written."""
    outcome = Outcome(
        file.expected,
        file.measured,
        list(file.changes),
        list(file.missing),
        list(file.undecided),
        list(file.problems),
        list(file.repeated),
    )
    return Report(
        kind=file.kind,
        machine=file.machine,
        outcome=outcome,
        commits=dict(file.commits),
        subjects=dict(file.subjects),
        started=file.started,
        seconds=file.seconds,
        cpu=file.cpu,
        title=file.title,
        left_out=list(file.left_out),
        notes=list(file.notes),
        background_load=file.background_load,
        is_partial=file.is_partial,
        selection=file.selection,
        configuration=file.configuration,
        environments=file.environments,
        plots={(change.key, change.base): change.plot for change in file.changes if change.plot},
    )
