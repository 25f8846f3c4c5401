"""The changes of a report, made from candidates and the rounds that decided them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.decide.measurement import Measurement
from asv_verdict.decide.screening import Candidate
from asv_verdict.measure.session import Key
from asv_verdict.model import Change, Direction, Remarks, State, finite
from asv_verdict.project import Settings
from asv_verdict.stats.ratio import LEAST_PAIRED, Ratio, Rounds, centres, positive


@dataclass(frozen=True)
class Judged:
    """Changes, and the rounds that decided each of them, by its cell and the commit that it is compared with."""

    changes: tuple[Change, ...] = ()
    rounds: Mapping[tuple[Key, str], Rounds] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=Remarks)

    def __add__(self, other: Judged) -> Judged:
        return Judged(self.changes + other.changes, {**self.rounds, **other.rounds}, self.remarks + other.remarks)


def judged(
    candidate: Candidate,
    state: State,
    seen: Ratio,
    rounds: Rounds,
    measurement: Measurement,
    settings: Settings,
    evidence: Rounds = (),
) -> Judged:
    """The change that the report shows for a candidate. If it is inconclusive, it keeps the `evidence`."""
    environment, cell = candidate.key
    benchmark = measurement.benchmarks.get(benchmark_of(cell))
    unit = benchmark.unit if benchmark else ""
    session = measurement.session
    in_session = candidate.base in session.values
    judged_by = rounds or (session.rounds(candidate.key, candidate.base, measurement.head) if in_session else [])
    direction = settings.direction(cell, benchmark)
    before, after = _compared(judged_by, direction, seen.estimate * candidate.explained)
    # Without a ratio, because a count is not above zero, the values tell the direction.
    effect = direction.effect(seen.estimate if math.isfinite(seen.estimate) else 1 + math.copysign(1, after - before))
    undecided: tuple[str, ...] = ()
    if direction is Direction.UNKNOWN and state is not State.DISMISSED:
        state = State.INCONCLUSIVE
        undecided = (_unknown_direction(cell, unit),)
    elif state is State.INCONCLUSIVE and (seen.estimate > 1) != (candidate.ratio.estimate > 1):
        effect = Direction.NONE.effect(seen.estimate)  # screening and confirmation contradict each other
    elif (
        state is State.INCONCLUSIVE and effect == "improvement" and _may_be_worse(seen, candidate.threshold, direction)
    ):
        effect = Direction.NONE.effect(seen.estimate)
    change = Change(
        cell=cell,
        environment=environment,
        baseline=candidate.baseline,
        effect=effect,
        state=state,
        ratio=finite(seen.estimate),
        interval=(finite(seen.low), finite(seen.high)),
        threshold=candidate.threshold,
        before=finite(before),
        after=finite(after),
        unit=unit,
        base=candidate.base,
        explained=candidate.explained,
        since=candidate.since,
        rounds=len(judged_by),
        evidence=tuple(evidence) if state is State.INCONCLUSIVE else (),
    )
    return Judged((change,), {(candidate.key, candidate.base): judged_by}, Remarks(undecided))


def _may_be_worse(seen: Ratio, threshold: float, direction: Direction) -> bool:
    """Whether the interval contains a regression beyond the threshold."""
    is_higher_better = direction is Direction.HIGHER_IS_BETTER
    return seen.low < 1 / (1 + threshold) if is_higher_better else seen.high > 1 + threshold


def _unknown_direction(cell: str, unit: str) -> str:
    """The message for a changed cell whose better direction is unknown."""
    return (
        f"{benchmark_of(cell)} changed, but its unit ({unit or 'none'}) does not imply which direction is better: "
        "match it with lower_is_better or higher_is_better in asv_verdict.toml"
    )


def _compared(rounds: Rounds, direction: Direction, ratio: float) -> tuple[float, float]:
    """The old and the new value for the report; those of the last round if no round has a ratio."""
    if with_ratio := positive(rounds):
        old, new = centres(with_ratio, higher_is_better=direction is Direction.HIGHER_IS_BETTER)
        # From then on, the ratio may be another one than that of the centres.
        return old, old * ratio if len(with_ratio) >= LEAST_PAIRED and math.isfinite(ratio) else new
    return rounds[-1] if rounds else (math.nan, math.nan)
