"""Suspicious cells alone, again: rounds of both commits in turn until the interval of the ratio says yes or no."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scipy import stats

from asv_verdict.judging import LEVEL, Limits, Suspicion
from asv_verdict.outcome import State
from asv_verdict.ratios import Ratio, Rounds, discoveries, freedom, positive
from asv_verdict.sitting import Key

#: Rounds after which a cell is judged. A look at each round would find something in noise sooner or later.
LOOKS = (4, 8, 16)
#: Rounds that a confirmation takes at least: of a cell with two speeds, four may all have the same by chance.
LEAST_TO_CONFIRM = 8
#: A change whose interval is beyond this is more than two speeds make, and needs no more than the first look.
LARGE_CHANGE = 0.10
#: The confidence for a confirmation at one look; several looks at many cells need more than one at one.
STRICT_LEVEL = 0.999
#: The same for clearing, whose error is no alarm and shows again when it grows.
CLEARING_LEVEL = 0.95


@dataclass(frozen=True)
class Judgement:
    """What is known of a suspicion so far: by these rounds, and None for their ratio before the first look."""

    suspicion: Suspicion
    state: State = State.INCONCLUSIVE
    seen: Ratio | None = None
    rounds: Rounds = ()


def judge(suspicion: Suspicion, rounds: Rounds, limits: Limits) -> Judgement:
    """What rounds that the suspicion has not seen say of it, with the interval for a report."""
    known = [(old * suspicion.known, new) for old, new in rounds]
    strict, clearing, shown = (
        limits.ratio(suspicion.key, known, level) for level in (STRICT_LEVEL, CLEARING_LEVEL, LEVEL)
    )
    before, count = rounds[0][0], len(rounds)
    limit = limits.of(suspicion.key, before, count)
    of_clearing = limits.of_clearing(suspicion.key, before)
    state = State.INCONCLUSIVE
    if strict.clears(limit):  # also the other way than suspected: that was chance, and this is not
        is_enough = count >= LEAST_TO_CONFIRM or strict.clears(max(limit, LARGE_CHANGE))
        state = State.CONFIRMED if is_enough else State.INCONCLUSIVE
    # Nothing worth a word is seen, and nothing is left in the interval that one round would show.
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
    """Measure until each suspicion is confirmed or cleared, the last look is over, or the time is.

    `measure` adds one round of each given suspicion and returns all rounds of each so far; `has_time` says whether so
    many rounds of one suspicion can still be measured. Where there is no time for all, those that are furthest beyond
    their limits are measured often enough, and the others as far as it goes. The suspicions are what is left of so many
    `tests`. Of several suspicions of one cell on one commit the next is measured where the one before says nothing
    about it, and each that was measured has a judgement.
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
    """Whether another suspicion of the same cell may be true all the same, and would not be told by this judgement."""
    opposite = (judged.suspicion.ratio.estimate > 1) != (other.ratio.estimate > 1)
    return judged.state is State.CLEARED or (judged.state is State.INCONCLUSIVE and opposite)


def _confirm_together(
    suspected: Sequence[Suspicion],
    measure: Callable[[Sequence[Suspicion]], Sequence[Rounds]],
    limits: Limits,
    has_time: Callable[[int], bool],
    tests: int,
) -> list[Judgement]:
    """One turn of `confirm`, with one suspicion of each cell."""
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
            # What may be chance among so many tests is measured on.
            found = without_chance(found, tests, limits)
            first = [index for index in first if found[index].state is State.INCONCLUSIVE]
        first, later = later, []
    return found


def _within_time(
    candidates: list[int], suspected: Sequence[Suspicion], rounds: int, has_time: Callable[[int], bool]
) -> tuple[list[int], list[int]]:
    """Those that can have so many rounds each, the furthest beyond their limits first, one at least; and the others."""
    count = len(candidates)
    while count > 1 and rounds > 0 and not has_time(count * rounds):
        count -= 1
    kept = set(sorted(candidates, key=lambda index: -_excess(suspected[index]))[:count])
    return [index for index in candidates if index in kept], [index for index in candidates if index not in kept]


def _excess(one: Suspicion) -> float:
    """How many times its limit a suspicion is."""
    return abs(math.log(one.ratio.estimate)) / math.log1p(one.limit)


def without_chance(judged: Sequence[Judgement], tests: int, limits: Limits) -> list[Judgement]:
    """The same, with confirmations that are one too many for so many `tests` made inconclusive.

    Of what stays confirmed a share of at most the settings' false discovery rate is there by chance.
    """
    probabilities = {f"test {number}": 1.0 for number in range(tests - len(judged))}
    probabilities |= {str(index): _chance(one) for index, one in enumerate(judged)}
    found = discoveries(probabilities, limits.settings.false_discovery_rate)
    return [
        replace(one, state=State.INCONCLUSIVE) if one.state is State.CONFIRMED and str(index) not in found else one
        for index, one in enumerate(judged)
    ]


def _chance(one: Judgement) -> float:
    """The probability that a change by just the limit shows as large a one as these rounds do."""
    if one.seen is None:
        return 1.0
    known = freedom(len(one.rounds))
    error = math.log(one.seen.high / one.seen.estimate) / float(stats.t.ppf((1 + LEVEL) / 2, known))
    beyond = abs(math.log(one.seen.estimate)) - math.log1p(one.suspicion.limit)
    return float(stats.t.sf(beyond / error, known)) if error > 0 else float(beyond <= 0)
