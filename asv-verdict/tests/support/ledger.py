"""What is true about a synthetic repository, and what its nights have said: the invariants of random nights."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from asv_verdict.asv_io.decoding import cell_names
from asv_verdict.model import Change, State, Verdict
from asv_verdict.records.report_file import read_report
from asv_verdict.records.untold import MARK
from branches import git
from faults import Ended

STATUSES = {"pass": 0, "regression": 1, "broken": 2, "inconclusive": 3}
#: A planted change of this size has to be told: 30 %, less the noise.
LARGE = math.log(1.29)
Number = tuple[str, str, str, int]


@dataclass
class Judged:
    """A night with a report: the true level of each cell that it measured, and the cells outside its selection."""

    head: str
    levels: dict[str, float]
    unselected: frozenset[str]
    is_told: bool


@dataclass
class Ledger:
    """The nights of one clone. `records` is shared by all clones and maps the digest of a report to its night."""

    suite: object
    machine: str
    records: dict[str, Judged] = field(default_factory=dict)
    #: The alarms of nights that died before they printed them.
    owed: dict[tuple[str, tuple[str, ...]], Change] = field(default_factory=dict)
    #: The cells that an earlier night of this clone has measured.
    measured: set[str] = field(default_factory=set)
    #: Cells of every suite that a night has met.
    met: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    numbers: dict[Number, float] = field(default_factory=dict)
    stored: dict[Number, float] = field(default_factory=dict)

    #: The names of files that were damaged.
    damaged: set[str] = field(default_factory=set)

    @property
    def results(self) -> Path:
        """The results folder."""
        return self.suite.root / ".asv" / "results"

    # --- What is true ---

    def works(self, cell: str, commit: str) -> bool:
        """Whether a cell has a number at a commit."""
        state = self.suite.commits[commit]
        return state.builds and cell in self.suite.cells and cell not in state.failing | state.not_applicable

    def level(self, cell: str, commit: str) -> float:
        """The true logarithm of a cell's value, relative to the first commit."""
        return math.log(self.suite.commits[commit].factors.get(cell, 1.0))

    def line(self, head: str) -> list[str]:
        """The commits up to `head`, newest first."""
        return git(self.suite.root, "rev-list", "--first-parent", head).split()

    def steps(self, change: Change) -> list[float]:
        """The planted changes of a cell in the range to which its change is attributed."""
        line = self.line(change.commits[-1])
        before = dict(itertools.pairwise(line))
        return [
            self.level(change.cell, commit) - self.level(change.cell, before[commit])
            for commit in change.commits
            if commit in before
        ]

    # --- What a night has said ---

    def check(self, ended: Ended, head: str, selection, *, is_partial: bool) -> None:
        """Check a night that has ended in any way, and remember what it said.

        A partial night judges the cells that it measures, and says nothing about the others.
        """
        self.check_numbers()
        reports, known = self.reports(), set(self.records)
        levels = {
            cell: self.level(cell, head) for cell in self.suite.cells if self.works(cell, head) and selection(cell)
        }
        is_told = "- head: " in ended.output
        if ended.report is not None:
            outcome = ended.report.outcome
            self._check_words(ended)
            if outcome.verdict is Verdict.PASS:
                self._check_pass(ended.report, head, levels, selection)
        elif ended.status is not None:
            assert ended.output.startswith("broken: "), ended.output
            assert "please report it" not in ended.output, ended.output
            assert ended.status == 2
        fresh = [path for path in reports if digest_of(path) not in known]
        for path in fresh:
            self._remember(
                path, Judged(head, levels, frozenset() if is_partial else self._unselected(selection), is_told)
            )
        if is_told:
            self._settle(ended)
        self.met |= set(self.suite.cells)

    def _remember(self, path: Path, night: Judged) -> None:
        self.records[digest_of(path)] = night
        report = read_report(path)
        for change in report.changes:
            self.check_change(change)
        if not night.is_told:
            self.owed |= {
                (change.cell, change.commits): change
                for change in report.changes
                if change.alarms and change.state is State.CONFIRMED
            }

    def _settle(self, ended: Ended) -> None:
        """The alarms of dead nights have been told with this report."""
        if ended.report is not None:
            found = ended.report.outcome.findings
            said = {(change.cell, change.commits) for change in found}
            lost = [change for name, change in self.owed.items() if name not in said]
            assert not lost, f"alarms that were never printed are lost: {lost}"
            for change in ended.report.outcome.changes:
                self.check_change(change)
        assert all(commit[:8] in ended.output for _, commits in self.owed for commit in commits[-1:])
        self.owed.clear()
        for path in self.reports():
            night = self.records.get(digest_of(path))
            if night and not (path.parent / MARK).exists():
                night.is_told = True

    def _check_words(self, ended: Ended) -> None:
        word = ended.report.outcome.verdict.word
        assert ended.output.startswith(f"{word}: ") or not ended.output, ended.output
        assert ended.status in (STATUSES[word], None)

    def check_change(self, change: Change) -> None:
        """A confirmed change was planted: in this direction, by one of the commits that the report names."""
        if change.state is not State.CONFIRMED:
            return
        assert change.commits, change
        steps, seen = self.steps(change), change.logarithm
        assert any(step * seen > 0 for step in steps), f"a confirmed change that nobody planted: {change}, {steps}"
        worse = (seen < 0) if "rate" in change.cell else (seen > 0)
        assert change.effect == ("regression" if worse else "improvement"), change

    def _check_pass(self, report, head: str, levels: dict[str, float], selection) -> None:
        wanted = {cell for cell in self.measured - self.gone if selection(cell)}
        assert wanted <= set(levels), f"pass without expected cells: {sorted(wanted - set(levels))}"
        first = {cell for cell in self.suite.cells if cell in self.suite.commits[head].failing and selection(cell)}
        assert first <= self.met, f"pass with new cells that fail: {first - self.met}"
        stored = numbers_in(self.results)
        for cell in levels if not any(name.startswith(head[:8]) for name in self.damaged) else ():
            assert any(name[0].startswith(f"{self.machine}/{head[:8]}") and name[1] == cell for name in stored), cell
        line, told = self.line(head), {change.cell for change in report.outcome.findings if is_news(change)}
        nights = [night for night in self.judged() if night.head in line and night.head != head]
        nights.sort(key=lambda night: -line.index(night.head))  # two machines may give two nights one number
        for cell, level in levels.items():
            last = next((one for one in reversed(nights) if cell in one.levels or cell in one.unselected), None)
            if last is None or cell in last.unselected or cell in told:
                continue
            if "track_equations" in cell and self._packages(last.head) != self._packages(head):
                continue
            change = level - last.levels[cell]
            assert abs(change) < LARGE, f"pass, but {cell} changed × {math.exp(change):.2f} since {last.head[:8]}"

    def _packages(self, commit: str) -> dict[str, str]:
        return self.suite.commits[commit].packages

    def _unselected(self, selection) -> frozenset[str]:
        return frozenset(cell for cell in self.suite.cells if not selection(cell))

    # --- Files ---

    def reports(self) -> list[Path]:
        """The reports of this clone that can be read, in the order of the nights."""
        found = []
        for path in sorted((self.suite.root / ".asv" / "verdict" / "reports").glob("*/report.json")):
            try:
                found += [path] if read_report(path).machine == self.machine else []
            except (msgspec.MsgspecError, KeyError):
                continue
        return found

    def judged(self) -> Iterator[Judged]:
        """The nights that this clone knows of and that printed their report."""
        found = (self.records.get(digest_of(path)) for path in self.reports())
        return (night for night in found if night is not None and night.is_told)

    def check_numbers(self) -> None:
        """No number has left the results folder since the last look."""
        self.numbers = grown(self.numbers, numbers_in(self.results), "results folder")


def is_news(change: Change) -> bool:
    """Whether a report names a change as real or open."""
    return change.state is not State.DISMISSED


def digest_of(path: Path) -> str:
    """The digest of a report, which a results branch keeps."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def grown(before: dict[Number, float], now: dict[Number, float], where: str) -> dict[Number, float]:
    """The numbers of today, which contain those of before."""
    lost = {name: value for name, value in before.items() if now.get(name) != value}
    assert not lost, f"numbers lost from the {where}: {lost}"
    return now


def numbers_in(folder: Path) -> dict[Number, float]:
    """Each number in the result files of a folder."""
    found = {}
    for path in sorted(folder.glob("*/*-*.json")):
        found |= numbers_of(path.relative_to(folder).as_posix(), path.read_text())
    return found


def numbers_of(name: str, text: str) -> dict[Number, float]:
    """The numbers in a result file; none if it is damaged."""
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return {
        (name, cell, str(row[2]), 0): value
        for benchmark, row in content["results"].items()
        for cell, value in zip(cell_names(benchmark, tuple(map(tuple, row[1]))), row[0], strict=True)
        if isinstance(value, float) and math.isfinite(value)
    }
