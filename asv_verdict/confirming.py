"""Suspicious cells alone, again: rounds of both commits in turn until the interval of the ratio says yes or no."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from scipy import stats

from asv_verdict.judging import LEVEL, Limits, Suspicion
from asv_verdict.outcome import State
from asv_verdict.ratios import PRIOR_ROUNDS, Ratio, discoveries, ratio

#: Rounds after which a cell is judged. A look at each round would find something in noise sooner or later.
LOOKS = (4, 8, 16)
#: The confidence that the interval at one look has to have; several looks at many cells need more than one at one.
STRICT_LEVEL = 0.999

Rounds = Sequence[tuple[float, float]]


def judge(suspicion: Suspicion, rounds: Rounds, noise: float) -> tuple[State, Ratio]:
    """What rounds that the suspicion has not seen say of it, with the interval for a report."""
    known = [(old * suspicion.known, new) for old, new in rounds]
    strict = ratio(known, noise, STRICT_LEVEL)
    shown = ratio(known, noise, LEVEL)
    upward = suspicion.ratio.estimate > 1
    if strict.clears(suspicion.limit) and (strict.estimate > 1) == upward:
        return State.CONFIRMED, shown
    # No change as large as suspected is left in the interval.
    if shown.high <= 1 + suspicion.limit if upward else shown.low >= 1 / (1 + suspicion.limit):
        return State.CLEARED, shown
    return State.INCONCLUSIVE, shown


def confirm(
    suspected: Sequence[Suspicion],
    measure: Callable[[Sequence[Suspicion]], Sequence[Rounds]],
    limits: Limits,
    out_of_time: Callable[[], bool],
) -> list[tuple[Suspicion, State, Ratio | None, Rounds]]:
    """Measure until each suspicion is confirmed or cleared, the last look is over, or the time is.

    `measure` adds one round of each given suspicion and returns all rounds of each so far.
    """
    states: dict[int, tuple[State, Ratio | None, Rounds]] = dict.fromkeys(
        range(len(suspected)), (State.INCONCLUSIVE, None, ())
    )
    done = 0
    for look in LOOKS:
        still_open = [index for index, (state, *_) in states.items() if state is State.INCONCLUSIVE]
        while done < look and still_open and not out_of_time():
            answers = measure([suspected[index] for index in still_open])
            done += 1
            for index, rounds in zip(still_open, answers, strict=True):
                states[index] = (State.INCONCLUSIVE, states[index][1], rounds)
        for index in still_open:
            rounds = states[index][2]
            if len(rounds) >= LOOKS[0]:
                states[index] = (*judge(suspected[index], rounds, limits.noise_of(suspected[index].key)), rounds)
    return [(suspicion, *states[index]) for index, suspicion in enumerate(suspected)]


def without_chance(
    judged: Sequence[tuple[Suspicion, State, Ratio | None, Rounds]], tests: int, limits: Limits
) -> list[tuple[Suspicion, State, Ratio | None, Rounds]]:
    """The same, with confirmations that are one too many for so many `tests` made inconclusive.

    Of what stays confirmed a share of at most the settings' false discovery rate is there by chance.
    """
    probabilities = {f"test {number}": 1.0 for number in range(tests - len(judged))}
    for index, (suspicion, _, shown, rounds) in enumerate(judged):
        probabilities[str(index)] = _chance(suspicion, shown, len(rounds)) if shown is not None and rounds else 1.0
    found = discoveries(probabilities, limits.settings.false_discovery_rate)
    return [
        (
            suspicion,
            State.INCONCLUSIVE if state is State.CONFIRMED and str(index) not in found else state,
            shown,
            rounds,
        )
        for index, (suspicion, state, shown, rounds) in enumerate(judged)
    ]


def _chance(suspicion: Suspicion, shown: Ratio, count: int) -> float:
    """The probability that a change by just the limit shows as large a one as these rounds do."""
    freedom = PRIOR_ROUNDS + count - 1
    error = math.log(shown.high / shown.estimate) / float(stats.t.ppf((1 + LEVEL) / 2, freedom))
    beyond = abs(math.log(shown.estimate)) - math.log1p(suspicion.limit)
    return float(stats.t.sf(beyond / error, freedom)) if error > 0 else float(beyond <= 0)
