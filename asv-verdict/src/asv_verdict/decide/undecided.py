"""Candidates that an earlier night of the same head left inconclusive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asv_verdict.decide.screening import LEVEL, Candidate, Thresholds
from asv_verdict.investigation import Investigation
from asv_verdict.model import Change, State
from asv_verdict.stats.ratio import positive


def undecided_before(
    investigation: Investigation, changes: Iterable[Change], thresholds: Thresholds, found: Sequence[Candidate]
) -> list[Candidate]:
    """Candidates for the inconclusive `changes` that tonight's screening did not find.

    They are measured again, because one round within the threshold decides nothing.
    """
    there = {(one.key, one.base) for one in found}
    again = []
    for change in changes:
        key, base = change.key, change.base
        if change.state is not State.INCONCLUSIVE or (key, base) in there:
            continue
        if base not in investigation.baselines.values():
            continue
        rounds = positive(investigation.session.rounds(key, base, investigation.head))
        if rounds:
            past = investigation.explained(base, key)
            part = past.of(thresholds.ratio(key, rounds, LEVEL).estimate)
            seen = thresholds.ratio(key, [(old * part, new) for old, new in rounds], LEVEL)
            threshold = thresholds.of(key, rounds[0][0])
            again.append(
                Candidate(key, base, investigation.head, threshold, change.baseline, seen, part, past.until or base)
            )
    return again
