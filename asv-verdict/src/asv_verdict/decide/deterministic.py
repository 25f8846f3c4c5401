"""Deterministic metrics: they have no noise, so every difference is a change."""

from __future__ import annotations

import math
from collections.abc import Iterable

from asv_verdict.decide.screening import Candidate, counted_changes
from asv_verdict.investigation import Investigation, name_of
from asv_verdict.model import Change, State
from asv_verdict.records.past_nights import is_counted_already
from asv_verdict.stats.ratio import Ratio


def count(investigation: Investigation) -> list[Change]:
    """Changes of deterministic metrics that no earlier night has reported.

    If the packages differ as well, the difference is a note instead of a finding.
    """
    found = []
    for index, (baseline, base) in enumerate(investigation.baselines.items()):
        for metric in counted_changes(investigation.session, base, investigation.head, investigation.project.settings):
            if is_counted_already(investigation.nights, metric.key, investigation.line_since(base), metric.after):
                continue
            packages = investigation.changed_packages(base, investigation.head, metric.key[0])
            if packages:
                # Many packages may have changed since the reference; earlier nights noted those differences.
                if index == 0:
                    investigation.notes.append(
                        f"{name_of(metric.key)} changed from {metric.before:g} at {base[:8]} to {metric.after:g}; "
                        f"the packages changed too: {', '.join(packages)}"
                    )
                continue
            exact = metric.after / metric.before if metric.before else math.inf
            found.append(
                investigation.change(
                    Candidate(metric.key, base, investigation.head, 0.0, baseline, Ratio(exact, exact, exact)),
                    State.CONFIRMED,
                    Ratio(exact, exact, exact),
                    [(metric.before, metric.after)],
                )
            )
    return _first_of_each_cell(found)


def _first_of_each_cell(changes: Iterable[Change]) -> list[Change]:
    return list({(change.environment, change.cell): change for change in reversed(list(changes))}.values())[::-1]
