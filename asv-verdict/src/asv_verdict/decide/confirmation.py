"""Confirmation: alternating rounds of both commits, for candidates only, until the interval of the ratio decides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from asv_verdict.decide.screening import LEVEL, Candidate, Thresholds
from asv_verdict.measure.session import Key
from asv_verdict.model import State
from asv_verdict.stats.distributions import sign_tail, t_quantile, t_tail
from asv_verdict.stats.ratio import Ratio, Rounds, discoveries, freedom, positive

#: Rounds after which an interim analysis judges a cell. Judging after every round would cause more false alarms.
INTERIM_ANALYSES = (4, 8, 16)
#: The fewest rounds that confirm a change of any size. The two speeds of a cell may differ by any factor, and in only
#: four rounds the two commits too often show different speeds by chance.
LEAST_TO_CONFIRM = 8
#: The level of the sign test that every confirmation has to pass: 7 of 8 or 12 of 16 rounds agree in direction.
#: It guards against cells with two speeds, for which the interval is not valid.
SIGN_LEVEL = 1 / 16
#: Confidence of a confirmation: high, since each of several interim analyses of many cells can err.
STRICT_LEVEL = 0.999
#: Confidence of a dismissal: lower, since a wrongly dismissed change becomes a candidate again when it grows.
DISMISSAL_LEVEL = 0.95


@dataclass(frozen=True)
class Judgement:
    """The state of a candidate after `rounds`; `seen`, their ratio, is None before the first interim analysis."""

    candidate: Candidate
    state: State = State.INCONCLUSIVE
    seen: Ratio | None = None
    rounds: Rounds = ()


def judge(candidate: Candidate, rounds: Rounds, thresholds: Thresholds) -> Judgement:
    """Decide a candidate by its confirmation rounds, which are independent of the screening."""
    unexplained = [(old * candidate.explained, new) for old, new in rounds]
    strict, dismissal, shown = (
        thresholds.ratio(candidate.key, unexplained, level) for level in (STRICT_LEVEL, DISMISSAL_LEVEL, LEVEL)
    )
    before, count = rounds[0][0], len(rounds)
    threshold = thresholds.of(candidate.key, before, count)
    for_dismissal = thresholds.for_dismissal(candidate.key, before)
    state = State.INCONCLUSIVE
    if strict.exceeds(threshold):
        is_enough = count >= LEAST_TO_CONFIRM and _signs_agree(candidate, unexplained)
        state = State.CONFIRMED if is_enough else State.INCONCLUSIVE
    # The estimate is within the threshold, and the interval excludes every change that screening would find.
    elif abs(math.log(shown.estimate)) <= math.log1p(threshold) and dismissal.is_within(for_dismissal):
        state = State.DISMISSED
    return Judgement(replace(candidate, threshold=threshold), state, shown, rounds)


def _signs_agree(candidate: Candidate, rounds: Rounds) -> bool:
    """Whether the rounds agree in direction with the screening, beyond chance by a one-sided sign test."""
    rises = candidate.ratio.estimate > 1
    agreeing = sum(new > old if rises else new < old for old, new in rounds)
    return sign_tail(agreeing, len(rounds)) <= SIGN_LEVEL


def confirm(
    candidates: Sequence[Candidate],
    measure: Callable[[Sequence[Candidate]], Sequence[Rounds]],
    thresholds: Thresholds,
    has_time: Callable[[int], bool],
    tests: int,
) -> list[Judgement]:
    """Measure until each candidate is confirmed or dismissed, after the last interim analysis, or when time runs out.

    `measure` adds one round of each given candidate and returns all its rounds so far. `has_time(rounds)` says whether
    there is time for this number of rounds of one candidate. If there is not enough time for all, the candidates that
    are furthest beyond their thresholds are measured first. `tests` is the number of comparisons in the screening. A
    second candidate of the same cell and head is measured only if the judgement of the first leaves it open.
    """
    found: list[Judgement] = []
    waiting = list(candidates)
    while waiting:
        turn: dict[tuple[Key, str], Candidate] = {}
        for one in waiting:
            turn.setdefault((one.key, one.head), one)
        judged = _confirm_together(list(turn.values()), measure, thresholds, has_time, tests)
        found += judged
        latest = {(one.candidate.key, one.candidate.head): one for one in judged}
        waiting = [
            one
            for one in waiting
            if one is not turn[one.key, one.head] and _leaves_open(latest[one.key, one.head], one)
        ]
    return found


def _leaves_open(judged: Judgement, other: Candidate) -> bool:
    """Whether `judged` leaves another candidate of the same cell undecided.

    After a confirmed change, the next night judges what remains of a drift, when this change counts as explained.
    """
    opposite = (judged.candidate.ratio.estimate > 1) != (other.ratio.estimate > 1)
    return judged.state is State.DISMISSED or (judged.state is State.INCONCLUSIVE and opposite)


def _confirm_together(
    candidates: Sequence[Candidate],
    measure: Callable[[Sequence[Candidate]], Sequence[Rounds]],
    thresholds: Thresholds,
    has_time: Callable[[int], bool],
    tests: int,
) -> list[Judgement]:
    """Confirm candidates of different cells."""
    found = [Judgement(one) for one in candidates]
    first, later = list(range(len(found))), []
    while first and has_time(1):
        done = 0
        for analysis in INTERIM_ANALYSES:
            while done < analysis and first and has_time(1):
                first, dropped = _within_time(first, candidates, LEAST_TO_CONFIRM - done, has_time)
                later += dropped
                answers = measure([candidates[index] for index in first])
                done += 1
                for index, rounds in zip(first, answers, strict=True):
                    found[index] = replace(found[index], rounds=positive(rounds))
            for index in first:
                one = found[index]
                if len(one.rounds) >= INTERIM_ANALYSES[0]:
                    found[index] = judge(one.candidate, one.rounds, thresholds)
            # A confirmation that may be due to chance is measured further.
            found = without_chance(found, tests, thresholds)
            first = [index for index in first if found[index].state is State.INCONCLUSIVE]
        first, later = later, []
    return found


def _within_time(
    waiting: list[int], candidates: Sequence[Candidate], rounds: int, has_time: Callable[[int], bool]
) -> tuple[list[int], list[int]]:
    """The candidates for which there is time for this number of rounds, and the rest.

    The candidates that are furthest beyond their thresholds are kept, at least one.
    """
    count = len(waiting)
    while count > 1 and rounds > 0 and not has_time(count * rounds):
        count -= 1
    kept = set(sorted(waiting, key=lambda index: -_excess(candidates[index]))[:count])
    return [index for index in waiting if index in kept], [index for index in waiting if index not in kept]


def _excess(one: Candidate) -> float:
    """The size of a candidate in units of its threshold."""
    return abs(math.log(one.ratio.estimate)) / math.log1p(one.threshold)


def without_chance(judged: Sequence[Judgement], tests: int, thresholds: Thresholds) -> list[Judgement]:
    """The same judgements; confirmations that may be chance among `tests` comparisons become inconclusive.

    The expected share of false confirmations among the rest is at most the setting `false_discovery_rate`.
    """
    probabilities = {f"test {number}": 1.0 for number in range(tests - len(judged))}
    probabilities |= {str(index): _chance(one) for index, one in enumerate(judged)}
    found = discoveries(probabilities, thresholds.settings.false_discovery_rate)
    return [
        replace(one, state=State.INCONCLUSIVE) if one.state is State.CONFIRMED and str(index) not in found else one
        for index, one in enumerate(judged)
    ]


def _chance(one: Judgement) -> float:
    """The probability that a change of exactly the threshold yields a ratio at least as large as this one."""
    if one.seen is None:
        return 1.0
    degrees = freedom(len(one.rounds))
    error = math.log(one.seen.high / one.seen.estimate) / t_quantile((1 + LEVEL) / 2, degrees)
    beyond = abs(math.log(one.seen.estimate)) - math.log1p(one.candidate.threshold)
    return t_tail(beyond / error, degrees) if error > 0 else float(beyond <= 0)
