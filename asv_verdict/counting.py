"""Deterministic metrics: they have no noise, so every difference is a change."""

from __future__ import annotations

import math
from collections.abc import Iterable

from asv_verdict.investigation import Investigation, name_of
from asv_verdict.judging import Suspicion, counted_changes
from asv_verdict.outcome import Change, State
from asv_verdict.ratios import Ratio
from asv_verdict.reports import is_counted_already


def count(investigation: Investigation) -> list[Change]:
    """Changes of deterministic metrics. If the packages differ as well, the difference is a note instead of a finding.

    A change that an earlier night reported is not reported again.
    """
    found = []
    for index, (look, base) in enumerate(investigation.bases.items()):
        for counted in counted_changes(investigation.sitting, base, investigation.head, investigation.project.settings):
            if is_counted_already(investigation.nights, counted.key, investigation.line_since(base), counted.after):
                continue
            packages = investigation.changed_packages(base, investigation.head, counted.key[0])
            if packages:
                # The reference may be many bumps older; each was a note in the night that measured it.
                if index == 0:
                    investigation.notes.append(
                        f"{name_of(counted.key)} changed from {counted.before:g} at {base[:8]} to {counted.after:g}; "
                        f"the packages changed too: {', '.join(packages)}"
                    )
                continue
            exact = counted.after / counted.before if counted.before else math.inf
            found.append(
                investigation.change(
                    Suspicion(counted.key, base, investigation.head, 0.0, look, Ratio(exact, exact, exact)),
                    State.CONFIRMED,
                    Ratio(exact, exact, exact),
                    [(counted.before, counted.after)],
                )
            )
    return _first_of_each_cell(found)


def _first_of_each_cell(changes: Iterable[Change]) -> list[Change]:
    return list({(change.environment, change.cell): change for change in reversed(list(changes))}.values())[::-1]
