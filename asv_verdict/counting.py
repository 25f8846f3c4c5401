"""What is counted and not measured: it has no noise, so that any difference is one."""

from __future__ import annotations

import math
from collections.abc import Iterable

from asv_verdict.investigation import Investigation, name_of
from asv_verdict.judging import Suspicion, counted_changes
from asv_verdict.outcome import Change, State
from asv_verdict.ratios import Ratio
from asv_verdict.reports import is_counted_already


def count(investigation: Investigation) -> list[Change]:
    """What has no noise and differs: a finding under equal packages, and a note across a change of them.

    What an earlier night has said is not said again.
    """
    found = []
    for index, (look, base) in enumerate(investigation.bases.items()):
        for counted in counted_changes(investigation.sitting, base, investigation.head, investigation.project.settings):
            if is_counted_already(investigation.nights, counted.key, investigation.line_since(base), counted.after):
                continue
            packages = investigation.changed_packages(base, investigation.head, counted.key[0])
            if packages:
                # The reference may lie behind many bumps, each of which was a note on its own night.
                if index == 0:
                    investigation.notes.append(
                        f"{name_of(counted.key)} is {counted.after:g} and was {counted.before:g} at {base[:8]}; "
                        f"that may be {', '.join(packages)}"
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
