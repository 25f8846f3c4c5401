"""What earlier nights of the same head confirmed, and the candidates that they left inconclusive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asv_verdict.decide.measurement import Measurement, Past
from asv_verdict.decide.screening import LEVEL, Candidate, Thresholds
from asv_verdict.model import Change, State
from asv_verdict.stats.ratio import positive


def confirmed_before(changes: Iterable[Change], measurement: Measurement) -> tuple[Change, ...]:
    """The `changes` of earlier reports on head that were confirmed, of tonight's cells.

    Their cells are not judged again: a new judgement could only repeat the finding, or lose it by chance.
    """
    expected = set(measurement.expected)
    return tuple(one for one in changes if one.state is State.CONFIRMED and one.key in expected)


def undecided_before(
    changes: Iterable[Change],
    found: Sequence[Candidate],
    measurement: Measurement,
    thresholds: Thresholds,
    past: Past,
) -> list[Candidate]:
    """Candidates for the inconclusive `changes` of an earlier report that are not among tonight's (`found`).

    They are measured again, because one round within the threshold decides nothing.
    """
    there = {(one.key, one.base) for one in found}
    head, again = measurement.head, []
    for change in changes:
        key, base = change.key, change.base
        if change.state is not State.INCONCLUSIVE or (key, base) in there:
            continue
        if base not in measurement.baselines.values():
            continue
        rounds = positive(measurement.session.rounds(key, base, head))
        if rounds:
            explained = past.explained(base, key)
            part = explained.of(thresholds.ratio(key, rounds, LEVEL).estimate)
            seen = thresholds.ratio(key, [(old * part, new) for old, new in rounds], LEVEL)
            threshold = thresholds.of(key, rounds[0][0])
            since = explained.until or base
            again.append(Candidate(key, base, head, threshold, change.baseline, seen, part, since))
    return again
