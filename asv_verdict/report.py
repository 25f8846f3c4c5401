"""The report of a night or a comparison: Markdown for people, JSON for programs (report.schema.json describes it)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from asv_verdict.files import replace_whole
from asv_verdict.outcome import Change, Outcome, State, baseline
from asv_verdict.sitting import Key

#: Increased when a field changes its meaning or is removed.
SCHEMA = 1
#: The most entries of a list in the Markdown; the JSON has all of them.
NAMED = 20
#: The names for people of the commits that head is compared with; others keep their name in the JSON.
ROLES = {"tonight": "head", "last night": "previous", "the reference": "reference"}


@dataclass
class Report:
    """An outcome with its commits, its machine, its start and its duration."""

    kind: str
    machine: str
    outcome: Outcome
    commits: dict[str, str]
    subjects: dict[str, str] = field(default_factory=dict)
    started: str = ""
    seconds: float = 0.0
    cpu: str = ""
    #: The subject of a report that is not on a night: a release.
    title: str = ""
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Plots in the folder of the report, by cell and the commit that it is compared with.
    plots: dict[tuple[Key, str], str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The whole report as JSON types."""
        changes = [
            {
                **{name: _number(value) for name, value in asdict(change).items()},
                "state": change.state.value,
                "interval": [_number(end) for end in change.interval],
                "commits": list(change.commits),
                "packages": list(change.packages),
                "plot": self.plots.get(((change.environment, change.cell), change.base), ""),
            }
            for change in self.outcome.changes
        ]
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "verdict": self.outcome.verdict.word,
            "status": self.outcome.verdict.value,
            "expected": self.outcome.expected,
            "measured": self.outcome.measured,
            "machine": self.machine,
            "cpu": self.cpu,
            "title": self.title,
            "started": self.started,
            "seconds": round(self.seconds, 1),
            "commits": self.commits,
            "subjects": self.subjects,
            "changes": changes,
            "missing": self.outcome.missing,
            "undecided": self.outcome.undecided,
            "left_out": self.left_out,
            "problems": self.outcome.problems,
            "notes": self.notes,
        }

    def write(self, folder: Path) -> Path:
        """Write Markdown and JSON to a folder; returns the path of the Markdown."""
        replace_whole(folder / "report.json", json.dumps(self.as_json(), indent=1))
        replace_whole(folder / "report.md", self.as_markdown())
        return folder / "report.md"

    def as_markdown(self) -> str:
        """The report for people. Its first line has the verdict and the numbers of measured and expected cells."""
        lines = [self.outcome.first_line, "", *self._circumstances()]
        for title, changes in self._sections():
            lines += ["", f"## {title}", "", *self._table(changes)]
        lists = (
            ("Expected cells without a number", self.outcome.missing),
            ("Not compared", self.outcome.undecided),
            ("Left out for lack of time", self.left_out),
            ("Problems", self.outcome.problems),
            ("Notes", self.notes),
        )
        for title, sentences in lists:
            if sentences:
                lines += ["", f"## {title}", "", *_bullets(sentences)]
        return "\n".join(lines) + "\n"

    def _circumstances(self) -> list[str]:
        lines = [
            f"- {ROLES.get(role, role)}: `{commit[:8]}` {escape(self.subjects.get(commit, ''))}"
            for role, commit in self.commits.items()
        ]
        seconds = self.seconds
        duration = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
        when = f"started {self.started}, took {duration}" if self.started else ""
        machine = ", ".join(filter(None, (self.machine, self.cpu)))
        return [*lines, f"- measured on {escape(machine)}{f', {when}' if when else ''}"]

    def _sections(self) -> list[tuple[str, list[Change]]]:
        found = self.outcome.changes
        confirmed = [change for change in found if change.state is State.CONFIRMED]
        sections = [
            ("Regressions", [c for c in confirmed if c.effect == "regression" and not c.accepted]),
            ("Changes", [c for c in confirmed if c.effect == "change" and not c.accepted]),
            ("Inconclusive", [c for c in found if c.state is State.INCONCLUSIVE]),
            ("Improvements", [c for c in confirmed if c.effect == "improvement"]),
            ("Accepted", [c for c in confirmed if c.accepted]),
            ("Dismissed candidates", [c for c in found if c.state is State.CLEARED]),
        ]
        return [(title, changes) for title, changes in sections if changes]

    def _table(self, changes: Iterable[Change]) -> list[str]:
        lines = ["| cell | new ÷ old | 99 % interval | threshold | attribution |", "|---|---|---|---|---|"]
        for change in changes:
            low, high = change.interval
            commits = _commits(change, self.subjects)
            culprit = escape("; ".join(filter(None, (commits, ", ".join(change.packages), change.accepted))))
            plot = self.plots.get(((change.environment, change.cell), change.base))
            name = f"{code(change.cell)} against {baseline(change.look)}{f' ([plot]({plot}))' if plot else ''}"
            ratios = f"{change.ratio:.3f} | {low:.3f} to {high:.3f} | {change.limit:.1%}"
            lines.append(f"| {name} | {ratios} | {culprit} |")
        return lines


def ratio_in_words(number: float | None) -> str:
    """A ratio from the JSON of a report, as text."""
    return "∞" if number is None else f"{number:.3f}"


def _number(value: Any) -> Any:
    """None for infinity and NaN, which JSON lacks: a metric that was zero has an infinite ratio."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _commits(change: Change, subjects: dict[str, str]) -> str:
    if not change.commits:
        return ""
    first, last = (f"{commit[:8]} {subjects.get(commit, '')}".strip() for commit in (change.commits[0], change.head))
    return first if len(change.commits) == 1 else f"one of {len(change.commits)} commits, {first} to {last}"


def _bullets(sentences: list[str]) -> list[str]:
    shown = [f"- {escape(sentence)}" for sentence in sentences[:NAMED]]
    return shown if len(sentences) <= NAMED else [*shown, f"- and {len(sentences) - NAMED} more"]


def escape(text: str) -> str:
    """Text from result files and commits, so that Markdown, HTML and @names in it have no effect."""
    for character, meant in _MEANT.items():
        text = text.replace(character, meant)
    return " ".join(text.split())


def code(text: str) -> str:
    """The same as code: between backticks only a backtick and the bar of a table have a meaning."""
    return f"`{' '.join(text.split()).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


#: An underscore inside a word needs no escape.
_MEANT = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "@": "&#64;",
    "`": "&#96;",
    "|": "&#124;",
    "*": "\\*",
    "[": "\\[",
    "#": "\\#",
}
