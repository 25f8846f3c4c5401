"""What earlier nights confirmed on head, and the candidates that earlier nights left inconclusive.

A candidate that a night could not decide stays one, against the same commit, until a night decides it. The rounds of
its nights count together: an analysis after a given number of rounds takes place once, in whichever night.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from asv_verdict.decide.measurement import Measurement, Past, name_of
from asv_verdict.decide.screening import LEVEL, Candidate, Thresholds
from asv_verdict.measure.builds import Builds
from asv_verdict.measure.session import Key
from asv_verdict.model import HISTORY, UNDECIDED, Change, Direction, Remarks, State
from asv_verdict.records.past_nights import Night, joined
from asv_verdict.stats.ratio import Ratio, noise_of, positive
from asv_verdict.system.machine import processor

#: The most commits that a night builds only because earlier nights left a candidate against them inconclusive.
BASES = 2
#: The rounds of a night do not count in the next one if they scatter more than this number of times the earlier noise:
#: a disturbed night would only widen the interval of a quiet one. Their scatter says nothing about their mean.
LARGEST_SCATTER = 4.0


def confirmed_before(changes: Iterable[Change], measurement: Measurement) -> tuple[Change, ...]:
    """The `changes` of earlier reports on head that were confirmed, of tonight's cells.

    Their cells are not judged again: a new judgement could only repeat the finding, or lose it by chance.
    """
    expected = set(measurement.expected)
    return tuple(one for one in changes if one.state is State.CONFIRMED and one.key in expected)


@dataclass(frozen=True)
class Undecided:
    """A change that earlier nights left inconclusive, the last of them on `head`."""

    change: Change
    head: str

    @property
    def name(self) -> tuple[Key, str]:
        """Its cell, and the commit that it is compared with."""
        return self.change.key, self.change.base


def undecided_before(nights: Sequence[Night], head: str, line: Collection[str]) -> list[Undecided]:
    """What the last complete night and later partial ones left inconclusive, on `head` and the commits before it.

    An earlier night repeats what it could not decide, so its report is enough.
    """
    found: dict[tuple[Key, str], Undecided] = {}
    for night in joined(night for night in nights if night.head in line):
        if not night.report.is_partial and night.report.measured and night.head != head:
            found.clear()
        same_processor = night.report.cpu == processor()
        for change in night.changes:
            one = Undecided(change if same_processor else msgspec.structs.replace(change, evidence=()), night.head)
            found.pop(one.name, None)
            if change.state is State.INCONCLUSIVE and not change.accepted and change.threshold:
                found[one.name] = one
    return list(found.values())


@dataclass(frozen=True)
class TakenUp:
    """Tonight's candidates with those that earlier nights left inconclusive, and what becomes of the latter."""

    candidates: list[Candidate]
    #: The changes that stay inconclusive unless tonight judges them, by cell and base.
    open: dict[tuple[Key, str], Change]
    remarks: Remarks

    def unjudged(self, changes: Iterable[Change]) -> list[Change]:
        """The open changes that are not among the `changes` that tonight judged."""
        judged = {(change.key, change.base) for change in changes}
        return [change for name, change in self.open.items() if name not in judged]


def taken_up(
    undecided: Iterable[Undecided],
    found: Sequence[Candidate],
    confirmed: Collection[Key],
    measurement: Measurement,
    thresholds: Thresholds,
    past: Past,
    builds: Builds,
    deadline: float,
) -> TakenUp:
    """Tonight's candidates (`found`) and those that earlier nights left inconclusive, with their rounds.

    One round within the threshold decides nothing, so the latter are measured again. Cells that are `confirmed` on head
    are not. A base that is none of tonight's is built by `deadline` if the change would be an alarm, at most BASES of
    them; without it, and without a number on head, a change stays open. If it does not build, the change is dropped.
    """
    candidates = {(one.key, one.base): one for one in found}
    left: dict[tuple[Key, str], Change] = {}
    notes = []
    built: set[str] = set()
    for one in undecided:
        change = _of_tonight(one, found, confirmed, measurement, past, thresholds.noise_of(one.change.key))
        if change is None or thresholds.direction(change.key) is Direction.UNKNOWN:
            continue
        left[one.name] = change
        if change.key in confirmed or measurement.on_head(change.key) is None:
            continue
        is_allowed = change.alarms and (len(built) < BASES or change.base in built)
        if change.base not in builds.runners and is_allowed:
            built.add(change.base)
            builds.build(change.base, deadline)
        if change.base in builds.failures:
            notes.append(f"{name_of(change.key)} stays undecided: {change.base[:8]}, its base, does not build any more")
            del left[one.name]
        elif change.base in builds.runners:
            own = candidates.get(one.name) or _candidate(change, measurement, thresholds, past)
            candidates[one.name] = replace(own, evidence=change.evidence)
    # Of two candidates of a cell, the one against the newer commit says more about where the change is.
    ordered = sorted(candidates.values(), key=lambda one: len(past.line_since(one.base)))
    return TakenUp(ordered, left, Remarks(notes=tuple(notes)))


def _of_tonight(
    one: Undecided,
    found: Iterable[Candidate],
    confirmed: Collection[Key],
    measurement: Measurement,
    past: Past,
    noise: float,
) -> Change | None:
    """An undecided change as tonight sees it, None if tonight does not measure its cell.

    Its rounds count only if the cell did not change since, and if they were not disturbed beyond the cell's `noise`.
    """
    change = one.change
    if change.key not in measurement.expected or change.ratio is None:
        return None
    names = {base: name for name, base in measurement.baselines.items()}
    baseline = names.get(change.base, HISTORY if change.baseline == HISTORY else UNDECIDED)
    evidence = tuple(positive(change.evidence))
    centre = math.log(change.ratio * change.explained)
    if noise_of(math.log(new) - math.log(old) - centre for old, new in evidence) > LARGEST_SCATTER * noise:
        evidence = ()
    if one.head != measurement.head:
        since = set(past.line_since(change.base))
        changed = {candidate.key for candidate in found if candidate.base in since} | set(confirmed)
        evidence = () if change.key in changed else evidence
    return msgspec.structs.replace(change, baseline=baseline, evidence=evidence)


def _candidate(change: Change, measurement: Measurement, thresholds: Thresholds, past: Past) -> Candidate:
    """The candidate of a change; its ratio is tonight's, if its base was measured in the round of all cells."""
    key, base, head, session = change.key, change.base, measurement.head, measurement.session
    explained = past.explained(base, key)
    rounds = positive(session.rounds(key, base, head)) if base in session.values else ()
    if rounds:
        part = explained.of(thresholds.ratio(key, rounds, LEVEL).estimate)
        seen, before = thresholds.ratio(key, [(old * part, new) for old, new in rounds], LEVEL), rounds[0][0]
    else:
        assert change.ratio is not None  # None only for a deterministic metric
        part = explained.of(change.ratio * change.explained)
        low, high = change.bounds
        seen = Ratio(*(one * change.explained / part for one in (change.ratio, low, high)))
        before = change.before if change.before is not None else math.inf
    threshold = thresholds.of(key, before)
    return Candidate(key, base, head, threshold, change.baseline, seen, part, explained.until or base)
