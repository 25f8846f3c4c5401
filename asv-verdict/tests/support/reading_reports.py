"""What a report says: its confirmed changes, and its first line."""

from __future__ import annotations

from asv_verdict.model import State


def confirmed(report) -> dict:
    """The confirmed changes of a report, by cell."""
    return {change.cell: change for change in report.outcome.changes if change.state is State.CONFIRMED}


def first_line(report) -> str:
    """The first line of a report."""
    return report.as_markdown().splitlines()[0]
