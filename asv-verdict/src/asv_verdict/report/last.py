"""The report of the last night, or one of its fields, as text."""

from __future__ import annotations

import msgspec

from asv_verdict.project import BadSetting, Project
from asv_verdict.records.past_nights import Night, past_nights
from asv_verdict.report.from_file import report_of


def last_night(project: Project, machine: str) -> Night | None:
    """The last night on a machine."""
    nights = past_nights(project.folder, machine, [])
    return nights[-1] if nights else None


def field_of(night: Night, name: str) -> str:
    """A field of report.json: text as it is, anything else as JSON. Raises BadSetting if it has no such field."""
    fields = msgspec.to_builtins(night.report)
    if name not in fields:
        raise BadSetting(f"--field {name!r}: report.json has no such field; it has: {', '.join(fields)}")
    value = fields[name]
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def markdown_of(night: Night) -> str:
    """The report for people, from report.json: the results branch has no report.md."""
    return report_of(night.report).as_markdown()
