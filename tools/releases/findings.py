"""What came of it, in words and as JSON: each confirmed change, the largest first, with what no clock has told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asv.util import human_value

from asv_verdict.outcome import Change, State
from asv_verdict.report import code, escape
from tools.releases.evidence import Evidence
from tools.releases.pins import released_with
from tools.releases.table import Release


@dataclass(frozen=True)
class Finding:
    """A change from one release to another, as it was judged."""

    before: Release
    after: Release
    change: Change
    evidence: Sequence[Evidence] = ()
    #: A file that shows it with nothing but the two releases, under the folder of the summary; "" where there is none.
    reproduction: str = ""

    @property
    def size(self) -> float:
        """By which findings are ranked."""
        return abs(math.log(self.change.ratio)) if self.change.ratio > 0 else math.inf


@dataclass(frozen=True)
class Count:
    """What is counted and has another value from one release to the next."""

    cell: str
    unit: str
    before: Release
    after: Release
    old: float
    new: float


@dataclass
class Summary:
    """All of it: the releases that were measured, those that were not, and the findings."""

    package: str
    machine: str
    processor: str
    python: str
    command: str
    date: str
    measured: Sequence[Release]
    rounds: int
    #: Why a release was not measured.
    unmeasured: Mapping[Release, str]
    #: Cells that gave no number, by release, and those that are not measured yet.
    failed: Mapping[Release, Sequence[str]]
    waiting: Mapping[Release, Sequence[str]]
    findings: Sequence[Finding]
    counted: Sequence[Count]
    cells: int
    #: The ratio by which a cell that nothing moves may differ between releases; changes within are not claimed.
    controls_moved_by: float = 1.0
    problems: Sequence[str] = field(default_factory=list)

    def of(self, state: State) -> list[Finding]:
        """Those in a state, the largest first."""
        found = [finding for finding in self.findings if finding.change.state is state]
        return sorted(found, key=lambda finding: -finding.size)

    def is_step(self, finding: Finding) -> bool:
        """Whether it is of a release and the one measured before it, not of several together."""
        return self.measured.index(finding.after) - self.measured.index(finding.before) == 1

    def last_slow(self, finding: Finding) -> Release | None:
        """The last release on which a regression is known to be still there; None where it is to the end.

        What is left of it is the product of the confirmed steps since then, with the error of all of them.
        """
        change = finding.change
        if change.state is not State.CONFIRMED or change.effect != "regression":
            return None
        worse = math.copysign(1, math.log(change.ratio))
        steps = [
            other
            for other in self.of(State.CONFIRMED)
            if (other.change.environment, other.change.cell) == (change.environment, change.cell)
            and self.is_step(other)
            and other.before >= finding.after
        ]
        left, variance = abs(math.log(change.ratio)), _reach(change) ** 2
        for step in sorted(steps, key=lambda one: one.after):
            left += worse * math.log(step.change.ratio)
            variance += _reach(step.change) ** 2
            if step.change.effect == "improvement" and left - math.sqrt(variance) <= math.log1p(change.limit):
                return step.before
        return None

    def as_json(self) -> dict[str, Any]:
        """The same for programs; docs/use/releases.md has the fields."""
        return {
            "schema": 1,
            "package": self.package,
            "machine": self.machine,
            "processor": self.processor,
            "python": self.python,
            "command": self.command,
            "date": self.date,
            "rounds": self.rounds,
            "cells": self.cells,
            "controls_moved_by": self.controls_moved_by,
            "releases": [
                {
                    "version": release.version,
                    "date": release.date,
                    "failed": list(self.failed.get(release, ())),
                    "waiting": list(self.waiting.get(release, ())),
                    "unmeasured": self.unmeasured.get(release, ""),
                }
                for release in sorted([*self.measured, *self.unmeasured])
            ],
            "findings": [self._row(finding) for state in State for finding in self.of(state)],
            "counted": [
                {
                    "cell": count.cell,
                    "unit": count.unit,
                    "before": count.before.version,
                    "after": count.after.version,
                    "value_before": count.old,
                    "value_after": count.new,
                }
                for count in self.counted
            ],
            "problems": list(self.problems),
        }

    def as_markdown(self) -> str:
        """The same for people."""
        first, last = self.measured[0], self.measured[-1]
        lines = [
            f"# {self.package} from {first.version} to {last.version}: what each release did to {self.cells} cells",
            "",
            f"{len(self.measured)} releases, each cell in turn in {_counted('round', self.rounds)}. What looked",
            "changed was measured again until its interval said yes or no, or the time was over.",
            f"{self.processor}, Python {self.python}, {self.date}, by",
            "",
            f"    {self.command}",
        ]
        if self.controls_moved_by > 1:
            lines += [
                "",
                f"A control, which no release of {self.package} moves, differed by {self.controls_moved_by - 1:.1%}",
                "between two environments, or was not cleared of it. No change is claimed that may be within.",
            ]
        confirmed = self.of(State.CONFIRMED)
        steps = [finding for finding in confirmed if self.is_step(finding)]
        for title, found in (
            ("Slower than one release before", [one for one in steps if one.change.effect != "improvement"]),
            ("Faster than one release before", [one for one in steps if one.change.effect == "improvement"]),
            (
                f"{last.version} against the first release, and against the fastest",
                [one for one in confirmed if not self.is_step(one)],
            ),
            ("Suspected, and neither confirmed nor cleared", self.of(State.INCONCLUSIVE)),
        ):
            lines += ["", f"## {title}: {len(found)}", ""]
            lines += self._table(found) if found else ["None."]
        lines += ["", f"## Counted without a clock, and changed: {len(self.counted)}", ""]
        lines += _counts(self.counted) if self.counted else ["None."]
        lines += ["", "## Releases", "", *map(self._release_line, sorted([*self.measured, *self.unmeasured]))]
        if self.problems:
            lines += ["", "## What went wrong", "", *(f"- {escape(problem)}" for problem in self.problems)]
        return "\n".join(lines) + "\n"

    def _table(self, findings: Sequence[Finding]) -> list[str]:
        lines = [
            "| cell | releases | new ÷ old | 99 % interval | before → after | beside it |",
            "|---|---|---|---|---|---|",
        ]
        for finding in findings:
            change = finding.change
            name = code(change.cell)
            if finding.reproduction:
                name += f" ([reproduction]({finding.reproduction}))"
            releases = f"{finding.before.version} → {finding.after.version}"
            if self.is_step(finding) and (change.effect, change.state) == ("regression", State.CONFIRMED):
                last = self.last_slow(finding)
                releases += f", up to {last.version}" if last else ", since then"
            values = f"{human_value(change.before, change.unit)} → {human_value(change.after, change.unit)}"
            beside = "; ".join(evidence.words for evidence in finding.evidence if evidence.has_changed)
            if finding.evidence and not beside:
                beside = "all that is counted is as before"
            others = self._others(change)
            if others:
                beside = "; ".join([f"not alone: {', '.join(others)}", *filter(None, [beside])])
            low, high = change.interval
            lines.append(
                f"| {name} | {releases} | {change.ratio:.2f} | {low:.2f} to {high:.2f} | {values} | {escape(beside)} |"
            )
        return lines

    def _others(self, change: Change) -> list[str]:
        """The packages that changed as well, so that the release need not be the cause."""
        return [words for words in change.packages if words.partition(" ")[0] not in released_with(self.package)]

    def _release_line(self, release: Release) -> str:
        why = self.unmeasured.get(release)
        lists = (("gave no number", self.failed), ("not measured yet", self.waiting))
        said = [f"not measured: {why}"] if why else []
        for words, cells in lists:
            if found := cells.get(release):
                said.append(f"{_counted('cell', len(found))} {words}: {', '.join(found)}")
        return ": ".join(filter(None, (f"- {release.date[:10]} {release.name}", escape("; ".join(said)))))

    def _row(self, finding: Finding) -> dict[str, Any]:
        change, last = finding.change, self.last_slow(finding)
        return {
            "cell": change.cell,
            "before": finding.before.version,
            "after": finding.after.version,
            "date": finding.after.date,
            "step": self.is_step(finding),
            "effect": change.effect,
            "last_slow": last.version if last else "",
            "state": change.state.value,
            "ratio": change.ratio,
            "interval": list(change.interval),
            "limit": change.limit,
            "value_before": change.before,
            "value_after": change.after,
            "unit": change.unit,
            "packages": list(change.packages),
            "evidence": [
                {"cell": evidence.cell, "unit": evidence.unit, "before": evidence.before, "after": evidence.after}
                for evidence in finding.evidence
            ],
            "reproduction": finding.reproduction,
        }


def _reach(change: Change) -> float:
    """Half of an interval, as a logarithm."""
    low, high = change.interval
    return math.log(high / low) / 2


def _counted(noun: str, number: int) -> str:
    return f"{number} {noun}" + "s" * (number != 1)


def _counts(counted: Sequence[Count]) -> list[str]:
    """A line for each cell, with its values from release to release."""
    by_cell: dict[str, list[Count]] = {}
    for count in counted:
        by_cell.setdefault(count.cell, []).append(count)
    lines = ["| cell | values |", "|---|---|"]
    for cell, found in by_cell.items():
        steps = "; ".join(f"{count.after.version}: {count.old:g} → {count.new:g} {count.unit}" for count in found)
        lines.append(f"| {code(cell)} | {escape(steps)} |")
    return lines
