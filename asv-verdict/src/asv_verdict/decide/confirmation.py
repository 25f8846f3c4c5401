"""Confirmation: alternating rounds of candidates only, until the rules of `judging` decide each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from asv_verdict.decide.judging import (
    INTERIM_ANALYSES,
    Judgement,
    analyses_of,
    judge,
    rounds_to_decision,
    with_evidence,
    without_chance,
)
from asv_verdict.decide.screening import Candidate, Thresholds
from asv_verdict.model import State
from asv_verdict.stats.ratio import Rounds, positive


class Measurer(Protocol):
    """Measures rounds of candidates, and knows how long they take."""

    @property
    def seconds_left(self) -> float:
        """Seconds until the rounds have to end."""

    def seconds_of(self, candidate: Candidate) -> float:
        """Seconds for one round of a candidate; 0 if no round was measured yet."""

    def measure(self, group: Sequence[Candidate]) -> Sequence[Rounds]:
        """Measure one more round of each candidate; returns all rounds of each.

        Candidates of one cell and head share the measurement of head.
        """


def confirm(candidates: Sequence[Candidate], measurer: Measurer, thresholds: Thresholds, tests: int) -> list[Judgement]:
    """Measure until each candidate is confirmed or dismissed, after its last analysis, or when time runs out.

    If there is not enough time for all, each round goes to the candidates that are nearest to a decision. `tests` is
    the number of comparisons in the screening. All candidates of one cell and head, which have different bases, are
    measured together; `_leaves_open` says which of them are judged.
    """
    found = [Judgement(one, rounds=one.evidence) for one in candidates]
    taken = [len(one.evidence) for one in candidates]
    while turn := _next(found, taken, measurer, thresholds):
        answers = measurer.measure([candidates[index] for index in turn])
        for index, rounds in zip(turn, answers, strict=True):
            candidate = candidates[index]
            found[index] = replace(found[index], rounds=with_evidence(candidate, positive(rounds), thresholds))
            taken[index] += 1
            if taken[index] in analyses_of(candidate) and len(found[index].rounds) >= INTERIM_ANALYSES[0]:
                found[index] = judge(candidate, found[index].rounds, thresholds)
        # A confirmation that may be due to chance is measured further.
        found = without_chance(found, tests, thresholds)
    return [one for index, one in enumerate(found) if _is_reported(index, found)]


def _next(found: Sequence[Judgement], taken: Sequence[int], measurer: Measurer, thresholds: Thresholds) -> list[int]:
    """The undecided candidates that the time left can decide, the nearest first; at least one if there is time."""
    needed: dict[int, float] = {}
    for index, one in enumerate(found):
        rounds_left = max(analyses_of(one.candidate), default=0) - taken[index]
        if one.state is State.INCONCLUSIVE and rounds_left > 0 and not _is_settled(index, found):
            rounds = min(rounds_to_decision(one.candidate, one.rounds, thresholds), rounds_left)
            needed[index] = rounds * measurer.seconds_of(one.candidate)
    left, spent = measurer.seconds_left, 0.0
    turn: list[int] = []
    for index in sorted(needed, key=lambda index: (needed[index], -_excess(found[index].candidate))):
        spent += needed[index]
        if left <= 0 or (spent if turn else measurer.seconds_of(found[index].candidate)) > left:
            break
        turn.append(index)
    return sorted(turn)


def _excess(one: Candidate) -> float:
    """The size of a candidate in units of its threshold."""
    return abs(math.log(one.ratio.estimate)) / math.log1p(one.threshold)


def _is_settled(index: int, found: Sequence[Judgement]) -> bool:
    """Whether a confirmed change of the same cell and head makes a judgement unnecessary.

    After a confirmed change, the next night judges what remains of a drift, when this change counts as explained. A
    change since the reference explains an inconclusive one since the previous commit, if their directions are the same.
    """
    return any(
        other.state is State.CONFIRMED
        and (number < index or (found[index].state is State.INCONCLUSIVE and _have_one_direction(other, found[index])))
        for number, other in _others(index, found)
    )


def _is_reported(index: int, found: Sequence[Judgement]) -> bool:
    """Whether a judgement says more than those of the same cell and head.

    An inconclusive candidate against the previous commit stands for one against the reference that is not confirmed.
    """
    stands_for_it = any(
        number < index and other.state is State.INCONCLUSIVE and _have_one_direction(other, found[index])
        for number, other in _others(index, found)
    )
    return not _is_settled(index, found) and (found[index].state is State.CONFIRMED or not stands_for_it)


def _others(index: int, found: Sequence[Judgement]) -> list[tuple[int, Judgement]]:
    """The other judgements of the same cell and head, with their places."""
    own = found[index].candidate
    same = ((number, one) for number, one in enumerate(found) if number != index)
    return [(number, one) for number, one in same if (one.candidate.key, one.candidate.head) == (own.key, own.head)]


def _have_one_direction(one: Judgement, other: Judgement) -> bool:
    return (one.candidate.ratio.estimate > 1) == (other.candidate.ratio.estimate > 1)
