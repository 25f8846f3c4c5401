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
    #: Cells without a number, by release.
    failed: Mapping[Release, Sequence[str]]
    findings: Sequence[Finding]
    cells: int
    problems: Sequence[str] = field(default_factory=list)

    def of(self, state: State) -> list[Finding]:
        """Those in a state, the largest first."""
        found = [finding for finding in self.findings if finding.change.state is state]
        return sorted(found, key=lambda finding: -finding.size)

    def as_json(self) -> dict[str, Any]:
        """The same for programs; docs/releases.md has the fields."""
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
            "releases": [
                {
                    "version": release.version,
                    "date": release.date,
                    "failed": list(self.failed.get(release, ())),
                    "unmeasured": self.unmeasured.get(release, ""),
                }
                for release in sorted([*self.measured, *self.unmeasured])
            ],
            "findings": [_row(finding) for state in State for finding in self.of(state)],
            "problems": list(self.problems),
        }

    def as_markdown(self) -> str:
        """The same for people."""
        first, last = self.measured[0], self.measured[-1]
        lines = [
            f"# {self.package} from {first.version} to {last.version}: what each release did to {self.cells} cells",
            "",
            f"{len(self.measured)} releases, {self.rounds} rounds of each cell in turn. What looked changed was",
            "measured again until its interval said yes or no.",
            f"{self.processor}, Python {self.python}, {self.date}, by",
            "",
            f"    {self.command}",
        ]
        for title, state in (
            ("Confirmed", State.CONFIRMED),
            ("Suspected, and neither confirmed nor cleared", State.INCONCLUSIVE),
        ):
            found = self.of(state)
            lines += ["", f"## {title}: {len(found)}", ""]
            lines += _table(found) if found else ["None."]
        lines += ["", "## Releases", "", *map(self._release_line, sorted([*self.measured, *self.unmeasured]))]
        if self.problems:
            lines += ["", "## What went wrong", "", *(f"- {escape(problem)}" for problem in self.problems)]
        return "\n".join(lines) + "\n"

    def _release_line(self, release: Release) -> str:
        why = self.unmeasured.get(release)
        failed = self.failed.get(release, ())
        said = (
            f"not measured: {why}"
            if why
            else f"{len(failed)} cells gave no number: {', '.join(failed)}"
            if failed
            else ""
        )
        return f"- {release.date[:10]} {release.name}{f': {escape(said)}' if said else ''}"


def _table(findings: Sequence[Finding]) -> list[str]:
    lines = [
        "| cell | releases | new ÷ old | 99 % interval | before → after | beside it |",
        "|---|---|---|---|---|---|",
    ]
    for finding in findings:
        change = finding.change
        name = code(change.cell)
        if finding.reproduction:
            name += f" ([reproduction]({finding.reproduction}))"
        values = f"{human_value(change.before, change.unit)} → {human_value(change.after, change.unit)}"
        beside = "; ".join(evidence.words for evidence in finding.evidence)
        low, high = change.interval
        lines.append(
            f"| {name} | {finding.before.version} → {finding.after.version} | {change.ratio:.2f} "
            f"| {low:.2f} to {high:.2f} | {values} | {escape(beside)} |"
        )
    return lines


def _row(finding: Finding) -> dict[str, Any]:
    change = finding.change
    return {
        "cell": change.cell,
        "before": finding.before.version,
        "after": finding.after.version,
        "date": finding.after.date,
        "effect": change.effect,
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
