"""The report of a night or a comparison: Markdown for people, JSON for programs (report.schema.json describes it)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from asv_verdict.measure.session import Key
from asv_verdict.model import Change, Outcome, State, baseline_in_words
from asv_verdict.records.joining import PLOT
from asv_verdict.records.report_file import ReportFile, write_report
from asv_verdict.report.markdown import code, escape, ratio_in_words
from asv_verdict.system.files import replace_whole
from asv_verdict.system.text import one_line

#: The most entries of a list in the Markdown; the JSON has all of them.
NAMED = 20
#: The most characters of a commit's subject.
SUBJECT = 120
#: The background load, in processor cores, from which a report says that the machine was busy.
BUSY = 0.5


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
    #: The release that a report is about; empty for a night or a comparison.
    title: str = ""
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: The processor cores that other processes kept busy before and after each round.
    background_load: Sequence[tuple[float, float]] = ()
    #: Whether `nightly --bench` selected the cells.
    is_partial: bool = False
    #: The expression that selected the cells; None if it is unknown.
    selection: str | None = None
    #: The name of ASV's configuration, and its environments; None if they are unknown.
    configuration: str | None = None
    environments: tuple[str, ...] | None = None
    #: Plots in the folder of the report, by cell and the commit that it is compared with.
    plots: dict[tuple[Key, str], str] = field(default_factory=dict)

    @property
    def file(self) -> ReportFile:
        """The content of report.json."""
        outcome = self.outcome
        plots = self.plots
        return ReportFile(
            kind=self.kind,
            verdict=outcome.verdict.word,
            status=outcome.verdict.value,
            expected=outcome.expected,
            measured=outcome.measured,
            machine=self.machine,
            commits=self.commits,
            changes=tuple(replace(change, plot=plots.get((change.key, change.base), "")) for change in outcome.changes),
            title=self.title,
            cpu=self.cpu,
            started=self.started,
            seconds=round(self.seconds, 1),
            subjects=self.subjects,
            repeated=tuple(outcome.repeated),
            regressions=len(outcome.regressions),
            missing=tuple(outcome.missing),
            undecided=tuple(outcome.undecided),
            left_out=tuple(self.left_out),
            problems=tuple(outcome.problems),
            notes=tuple(self.notes),
            background_load=tuple(self.background_load),
            is_partial=self.is_partial,
            selection=self.selection,
            configuration=self.configuration,
            environments=self.environments,
        )

    def write(self, folder: Path) -> Path:
        """Write Markdown and JSON to a folder; returns the path of the Markdown.

        The JSON comes last, since a folder that has it counts as a finished night.
        """
        replace_whole(folder / "report.md", self.as_markdown())
        replace_whole(folder / "report.json", write_report(self.file))
        return folder / "report.md"

    def as_markdown(self) -> str:
        """The report for people. Its first line has the verdict and the numbers of measured and expected cells."""
        lines = [self.outcome.first_line, "", *self._busy(), *self._circumstances()]
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

    def _busy(self) -> list[str]:
        """A sentence on the background load if it may have disturbed the measurement."""
        most = max((load for loads in self.background_load for load in loads), default=0.0)
        if most < BUSY:
            return []
        busy = sum(max(loads) >= BUSY for loads in self.background_load)
        rounds = f"{busy} of {len(self.background_load)} rounds"
        used = f"other processes used up to {most:.1f} processor cores before or after {rounds}"
        return [f"**The machine was busy**: {used}.", ""]

    def _circumstances(self) -> list[str]:
        lines = [
            f"- {escape(role)}: {code(commit[:8])} {escape(self.subjects.get(commit, ''), SUBJECT)}".rstrip()
            for role, commit in self.commits.items()
        ]
        seconds = self.seconds
        duration = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
        when = f"started {self.started}, took {duration}" if self.started else ""
        return [*lines, f"- measured on {escape(', '.join(filter(None, (self.machine, self.cpu, when))))}"]

    def _sections(self) -> list[tuple[str, list[Change]]]:
        found = self.outcome.findings
        confirmed = [change for change in found if change.state is State.CONFIRMED]
        sections = [
            ("Regressions", [c for c in confirmed if c.effect == "regression" and not c.accepted]),
            ("Changes", [c for c in confirmed if c.effect == "change" and not c.accepted]),
            ("Inconclusive", [c for c in found if c.state is State.INCONCLUSIVE]),
            ("Improvements", [c for c in confirmed if c.effect == "improvement"]),
            ("Accepted", [c for c in confirmed if c.accepted]),
            ("Dismissed candidates", [c for c in found if c.state is State.DISMISSED]),
        ]
        return [(title, changes) for title, changes in sections if changes]

    def _table(self, changes: Iterable[Change]) -> list[str]:
        lines = ["| cell | new ÷ old | 99 % interval | threshold | attribution |", "|---|---|---|---|---|"]
        for change in changes:
            commits = _commits(change, self.subjects)
            culprit = escape("; ".join(filter(None, (commits, ", ".join(change.packages), change.accepted))))
            plot = self.plots.get((change.key, change.base))
            link = f" ([plot]({plot}))" if plot and PLOT.fullmatch(plot) else ""
            # The ratio covers only the part of the change that earlier nights have not confirmed.
            rest = "" if change.explained == 1 else f", on top of an earlier change × {change.explained:.3f}"
            name = f"{code(change.cell)} against {escape(baseline_in_words(change.baseline))}{rest}{link}"
            ratio, low, high = map(ratio_in_words, (change.ratio, *change.interval))
            one_round = "unknown after one round" if change.rounds == 1 else "unknown"
            interval = f"{low} to {high}" if change.has_interval else one_round
            ratios = f"{ratio} | {interval} | {change.threshold:.1%}"
            lines.append(f"| {name} | {ratios} | {culprit} |")
        return lines


def _commits(change: Change, subjects: dict[str, str]) -> str:
    if not change.commits:
        return ""
    first, last = (
        f"{commit[:8]} {one_line(subjects.get(commit, ''), SUBJECT)}".strip()
        for commit in (change.commits[0], change.head)
    )
    return first if len(change.commits) == 1 else f"one of {len(change.commits)} commits, {first} to {last}"


def _bullets(sentences: list[str]) -> list[str]:
    shown = [f"- {escape(sentence)}" for sentence in sentences[:NAMED]]
    return shown if len(sentences) <= NAMED else [*shown, f"- and {len(sentences) - NAMED} more"]
