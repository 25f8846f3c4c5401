"""Confirmation: alternating rounds of both commits, for candidates only, until the interval of the ratio decides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scipy import stats

from asv_verdict.judging import LEVEL, Limits, Suspicion
from asv_verdict.outcome import State
from asv_verdict.ratios import Ratio, Rounds, discoveries, freedom, positive
from asv_verdict.sitting import Key

#: Interim analyses: a cell is judged after so many rounds. Judging after every round would raise the false alarms.
LOOKS = (4, 8, 16)
#: The fewest rounds that confirm: four rounds of a cell with two speeds may all have the same speed by chance.
LEAST_TO_CONFIRM = 8
#: Two speeds differ by less than this, so an interval beyond it confirms at the first interim analysis.
LARGE_CHANGE = 0.10
#: Confidence of a confirmation: high, since each of several interim analyses of many cells can err.
STRICT_LEVEL = 0.999
#: Confidence of a dismissal. A wrong one raises no alarm, and a change that grows becomes a candidate again.
CLEARING_LEVEL = 0.95


@dataclass(frozen=True)
class Judgement:
    """The state of a candidate after `rounds`; `seen`, their ratio, is None before the first interim analysis."""

    suspicion: Suspicion
    state: State = State.INCONCLUSIVE
    seen: Ratio | None = None
    rounds: Rounds = ()


def judge(suspicion: Suspicion, rounds: Rounds, limits: Limits) -> Judgement:
    """Decide a candidate by its confirmation rounds, which are independent of the screening."""
    known = [(old * suspicion.known, new) for old, new in rounds]
    strict, clearing, shown = (
        limits.ratio(suspicion.key, known, level) for level in (STRICT_LEVEL, CLEARING_LEVEL, LEVEL)
    )
    before, count = rounds[0][0], len(rounds)
    limit = limits.of(suspicion.key, before, count)
    of_clearing = limits.of_clearing(suspicion.key, before)
    state = State.INCONCLUSIVE
    if strict.clears(limit):  # in either direction: screening may have found the wrong one by chance
        is_enough = count >= LEAST_TO_CONFIRM or strict.clears(max(limit, LARGE_CHANGE))
        state = State.CONFIRMED if is_enough else State.INCONCLUSIVE
    # The estimate is within the threshold, and the interval excludes every change that screening would find.
    elif abs(math.log(shown.estimate)) <= math.log1p(limit) and clearing.is_within(of_clearing):
        state = State.CLEARED
    return Judgement(replace(suspicion, limit=limit), state, shown, rounds)


def confirm(
    suspected: Sequence[Suspicion],
    measure: Callable[[Sequence[Suspicion]], Sequence[Rounds]],
    limits: Limits,
    has_time: Callable[[int], bool],
    tests: int,
) -> list[Judgement]:
    """Measure until each candidate is confirmed or dismissed, or the last interim analysis or the time is over.

    `measure` adds one round of each given candidate and returns all rounds of each so far; `has_time` tells whether so
    many rounds of one candidate still fit. If there is no time for all, the candidates furthest beyond their thresholds
    get enough rounds first. `tests` is the number of comparisons from which screening found the candidates. A second
    candidate of the same cell and commit is measured only if the judgement of the first leaves it open.
    """
    found: list[Judgement] = []
    waiting = list(suspected)
    while waiting:
        turn: dict[tuple[Key, str], Suspicion] = {}
        for one in waiting:
            turn.setdefault((one.key, one.head), one)
        judged = _confirm_together(list(turn.values()), measure, limits, has_time, tests)
        found += judged
        latest = {(one.suspicion.key, one.suspicion.head): one for one in judged}
        waiting = [
            one
            for one in waiting
            if one is not turn[one.key, one.head] and _leaves_open(latest[one.key, one.head], one)
        ]
    return found


def _leaves_open(judged: Judgement, other: Suspicion) -> bool:
    """Whether `judged` leaves another candidate of the same cell undecided."""
    opposite = (judged.suspicion.ratio.estimate > 1) != (other.ratio.estimate > 1)
    return judged.state is State.CLEARED or (judged.state is State.INCONCLUSIVE and opposite)


def _confirm_together(
    suspected: Sequence[Suspicion],
    measure: Callable[[Sequence[Suspicion]], Sequence[Rounds]],
    limits: Limits,
    has_time: Callable[[int], bool],
    tests: int,
) -> list[Judgement]:
    """One pass of `confirm`, with one candidate of each cell."""
    found = [Judgement(one) for one in suspected]
    first, later = list(range(len(found))), []
    while first and has_time(1):
        done = 0
        for look in LOOKS:
            while done < look and first and has_time(1):
                first, dropped = _within_time(first, suspected, LEAST_TO_CONFIRM - done, has_time)
                later += dropped
                answers = measure([suspected[index] for index in first])
                done += 1
                for index, rounds in zip(first, answers, strict=True):
                    found[index] = replace(found[index], rounds=positive(rounds))
            for index in first:
                one = found[index]
                if len(one.rounds) >= LOOKS[0]:
                    found[index] = judge(one.suspicion, one.rounds, limits)
            # A confirmation that may be chance among so many tests is measured further.
            found = without_chance(found, tests, limits)
            first = [index for index in first if found[index].state is State.INCONCLUSIVE]
        first, later = later, []
    return found


def _within_time(
    candidates: list[int], suspected: Sequence[Suspicion], rounds: int, has_time: Callable[[int], bool]
) -> tuple[list[int], list[int]]:
    """The candidates for which so many rounds fit, at least one, the furthest beyond its threshold first; the rest."""
    count = len(candidates)
    while count > 1 and rounds > 0 and not has_time(count * rounds):
        count -= 1
    kept = set(sorted(candidates, key=lambda index: -_excess(suspected[index]))[:count])
    return [index for index in candidates if index in kept], [index for index in candidates if index not in kept]


def _excess(one: Suspicion) -> float:
    """The size of a candidate in units of its threshold."""
    return abs(math.log(one.ratio.estimate)) / math.log1p(one.limit)


def without_chance(judged: Sequence[Judgement], tests: int, limits: Limits) -> list[Judgement]:
    """The same judgements; confirmations that may be chance among so many `tests` become inconclusive.

    The expected share of false confirmations among the rest is at most the setting `false_discovery_rate`.
    """
    probabilities = {f"test {number}": 1.0 for number in range(tests - len(judged))}
    probabilities |= {str(index): _chance(one) for index, one in enumerate(judged)}
    found = discoveries(probabilities, limits.settings.false_discovery_rate)
    return [
        replace(one, state=State.INCONCLUSIVE) if one.state is State.CONFIRMED and str(index) not in found else one
        for index, one in enumerate(judged)
    ]


def _chance(one: Judgement) -> float:
    """The probability that a change of exactly the threshold yields a ratio at least as large as this one."""
    if one.seen is None:
        return 1.0
    known = freedom(len(one.rounds))
    error = math.log(one.seen.high / one.seen.estimate) / float(stats.t.ppf((1 + LEVEL) / 2, known))
    beyond = abs(math.log(one.seen.estimate)) - math.log1p(one.suspicion.limit)
    return float(stats.t.sf(beyond / error, known)) if error > 0 else float(beyond <= 0)
