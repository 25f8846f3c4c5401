"""The result of a release history: every change with its evidence, the largest first, as JSON and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asv_verdict.model import Change, State
from releases.evidence import Evidence
from releases.markdown import markdown
from releases.table import Release


@dataclass(frozen=True)
class Finding:
    """A judged change between two releases."""

    before: Release
    after: Release
    change: Change
    evidence: Sequence[Evidence] = ()
    #: What a program that reproduces the change needs (releases.reproduction); None if there is none.
    needs: Mapping[str, Any] | None = None

    @property
    def size(self) -> float:
        """The absolute logarithm of the ratio, by which findings are ranked."""
        return abs(self.change.logarithm)


@dataclass(frozen=True)
class Count:
    """A deterministic metric that differs between two neighbouring releases."""

    cell: str
    unit: str
    before: Release
    after: Release
    old: float
    new: float


@dataclass
class Summary:
    """A release history: the releases that were measured, those that were not, and the findings."""

    package: str
    machine: str
    processor: str
    python: str
    command: str
    date: str
    measured: Sequence[Release]
    rounds: int
    #: The reason for each release that was not measured.
    unmeasured: Mapping[Release, str]
    #: By release: the cells that failed, and the cells that are not measured yet.
    failed: Mapping[Release, Sequence[str]]
    waiting: Mapping[Release, Sequence[str]]
    findings: Sequence[Finding]
    counts: Sequence[Count]
    cells: int
    #: The largest ratio of a control that was not dismissed; a change is confirmed only beyond it.
    controls_moved_by: float = 1.0
    problems: Sequence[str] = field(default_factory=list)

    def of(self, state: State) -> list[Finding]:
        """The findings in a state, the largest first."""
        found = [finding for finding in self.findings if finding.change.state is state]
        return sorted(found, key=lambda finding: -finding.size)

    def is_step(self, finding: Finding) -> bool:
        """Whether the finding compares two neighbouring releases of those that were measured."""
        return self.measured.index(finding.after) - self.measured.index(finding.before) == 1

    def last_slow(self, finding: Finding) -> Release | None:
        """The last release that still shows a confirmed regression; None if no later release has made up for it.

        The remaining slowdown is the ratio of the regression times those of the later confirmed steps. The regression
        ends with the improvement that brings this slowdown, minus its error, within the threshold.
        """
        change = finding.change
        if change.state is not State.CONFIRMED or change.effect != "regression":
            return None
        worse = math.copysign(1, change.logarithm)
        steps = [
            other
            for other in self.of(State.CONFIRMED)
            if (other.change.environment, other.change.cell) == (change.environment, change.cell)
            and self.is_step(other)
            and other.before >= finding.after
        ]
        left, variance = abs(change.logarithm), _reach(change) ** 2
        for step in sorted(steps, key=lambda one: one.after):
            left += worse * step.change.logarithm
            variance += _reach(step.change) ** 2
            if step.change.effect == "improvement" and left - math.sqrt(variance) <= math.log1p(change.threshold):
                return step.before
        return None

    def as_json(self) -> dict[str, Any]:
        """The content of summary.json; docs/use/releases.md lists the fields."""
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
                for count in self.counts
            ],
            "problems": list(self.problems),
        }

    def as_markdown(self) -> str:
        """The content of summary.md."""
        return markdown(self.as_json())

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
            "limit": change.threshold,
            "value_before": change.before,
            "value_after": change.after,
            "unit": change.unit,
            "packages": list(change.packages),
            "evidence": [
                {"cell": evidence.cell, "unit": evidence.unit, "before": evidence.before, "after": evidence.after}
                for evidence in finding.evidence
            ],
            "needs": finding.needs,
        }


def _reach(change: Change) -> float:
    """Half of the width of an interval, in logarithms."""
    low, high = change.bounds
    return math.log(high / low) / 2
