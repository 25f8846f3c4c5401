"""The rules that decide a candidate: when it is confirmed, dismissed, or given up for tonight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asv_verdict.decide.screening import LEVEL, Candidate, Thresholds
from asv_verdict.model import State
from asv_verdict.stats.distributions import sign_tail, t_quantile, t_tail
from asv_verdict.stats.ratio import Ratio, Rounds, discoveries, freedom, relative_error

#: Rounds after which an interim analysis judges a cell. Judging after every round would cause more false alarms.
INTERIM_ANALYSES = (4, 8, 16, 32)
#: The analyses of candidates that a night with all of its rounds left inconclusive; each belongs to a night of its own.
LATER_ANALYSES = (64, 128)
#: The fewest rounds that confirm a change of any size. The two speeds of a cell may differ by any factor, and in only
#: four rounds the two commits too often show different speeds by chance.
LEAST_TO_CONFIRM = 8
#: The level of the sign test that every confirmation has to pass: 7 of 8 or 12 of 16 rounds agree in direction.
#: It guards against cells with two speeds, for which the interval is not valid.
SIGN_LEVEL = 1 / 16
#: Confidence that there is a change at all: high, since each of several interim analyses of many cells can err. That it
#: is beyond its threshold needs only the level of the interval that a report shows: an error there confirms a change
#: that is real, and a little smaller.
STRICT_LEVEL = 0.999
#: Confidence of a dismissal: lower, since a wrongly dismissed change becomes a candidate again when it grows.
DISMISSAL_LEVEL = 0.95
#: The fewest rounds after which a candidate may be given up for tonight.
LEAST_FUTILE = 8
#: A candidate is given up if no later analysis would confirm a change that is larger by this number of standard errors.
FUTILE_MARGIN = 2.0
#: A larger change that the rounds do not exclude is never given up.
LARGEST_GIVEN_UP = 0.10


@dataclass(frozen=True)
class Judgement:
    """The state of a candidate after `rounds`; `seen`, their ratio, is None before the first interim analysis.

    A dismissed candidate `is_futile` if a change may be there which tonight's rounds could not confirm.
    """

    candidate: Candidate
    state: State = State.INCONCLUSIVE
    seen: Ratio | None = None
    rounds: Rounds = ()
    is_futile: bool = False


def analyses_of(candidate: Candidate) -> tuple[int, ...]:
    """The rounds after which tonight judges a candidate, those of earlier nights included; empty if it had all.

    So a night does not look again at what an earlier one has judged, however often its rounds are taken up.
    """
    evidence = len(candidate.evidence)
    tonight = tuple(later for later in INTERIM_ANALYSES if later > evidence)
    return tonight or tuple(later for later in LATER_ANALYSES if later > evidence)[:1]


def with_evidence(candidate: Candidate, rounds: Rounds, thresholds: Thresholds) -> Rounds:
    """Tonight's rounds of a candidate, after those of earlier nights unless the two contradict each other."""
    if len(rounds) > 1 and candidate.evidence:
        own, earlier = (thresholds.ratio(candidate.key, each, LEVEL) for each in (rounds, candidate.evidence))
        if own.high < earlier.low or earlier.high < own.low:
            return rounds
    return [*candidate.evidence, *rounds]


def judge(candidate: Candidate, rounds: Rounds, thresholds: Thresholds) -> Judgement:
    """Decide a candidate by its confirmation rounds, which are independent of the screening."""
    unexplained = [(old * candidate.explained, new) for old, new in rounds]
    strict, dismissal, shown = (
        thresholds.ratio(candidate.key, unexplained, level) for level in (STRICT_LEVEL, DISMISSAL_LEVEL, LEVEL)
    )
    before, count = rounds[0][0], len(rounds)
    threshold = thresholds.of(candidate.key, before, count)
    for_dismissal = thresholds.for_dismissal(candidate.key, before)
    state, is_futile = State.INCONCLUSIVE, False
    if strict.exceeds(0.0) and shown.exceeds(threshold):
        is_enough = count >= LEAST_TO_CONFIRM and _signs_agree(candidate, unexplained)
        state = State.CONFIRMED if is_enough else State.INCONCLUSIVE
    # The estimate is within the threshold, and the interval excludes every change that screening would find.
    elif abs(math.log(shown.estimate)) <= math.log1p(threshold) and dismissal.is_within(for_dismissal):
        state = State.DISMISSED
    elif count >= LEAST_FUTILE and dismissal.is_within(LARGEST_GIVEN_UP):
        prospect = _Prospect.of(candidate, rounds, thresholds)
        later_ones = (later for later in analyses_of(candidate) if later > count)
        is_futile = not any(prospect.confirms(later, FUTILE_MARGIN) for later in later_ones)
        state = State.DISMISSED if is_futile else State.INCONCLUSIVE
    return Judgement(replace(candidate, threshold=threshold), state, shown, rounds, is_futile)


def rounds_to_decision(candidate: Candidate, rounds: Rounds, thresholds: Thresholds) -> float:
    """How many more rounds would decide a candidate, if their mean and scatter stay; infinite if no number does.

    Before the first round, the screening and the earlier noise tell.
    """
    prospect = _Prospect.of(candidate, rounds, thresholds)
    for later in analyses_of(candidate):
        if later > len(rounds) and (prospect.confirms(later) or prospect.dismisses(later)):
            return later - len(rounds)
    return math.inf


@dataclass(frozen=True)
class _Prospect:
    """What more rounds would show of a candidate: the size of its change and the error of one round, as logarithms.

    The error is that of the ratio so far, and shrinks as that of the better halves does. So before 32 rounds, it may be
    too large on a machine whose speed drifts, where the candidate is then given up later.
    """

    candidate: Candidate
    thresholds: Thresholds
    #: The value of the old commit.
    before: float
    change: float
    error: float
    #: The standard error of `change`.
    present_error: float

    @classmethod
    def of(cls, candidate: Candidate, rounds: Rounds, thresholds: Thresholds) -> _Prospect:
        """The prospect after `rounds`."""
        count, seen, before = len(rounds), candidate.ratio, math.inf
        error = present = thresholds.noise_of(candidate.key)
        if count:
            unexplained = [(old * candidate.explained, new) for old, new in rounds]
            seen, before = thresholds.ratio(candidate.key, unexplained, STRICT_LEVEL), rounds[0][0]
            present = math.log(seen.high / seen.estimate) / t_quantile((1 + STRICT_LEVEL) / 2, seen.freedom)
            error = present / relative_error(count)
        return cls(candidate, thresholds, before, abs(math.log(seen.estimate)), error, present)

    def confirms(self, rounds: int, margin: float = 0.0) -> bool:
        """Whether this number of rounds would confirm a change that is larger by `margin` standard errors."""
        threshold = self.thresholds.of(self.candidate.key, self.before, rounds)
        needed = max(self._reach(rounds, STRICT_LEVEL), math.log1p(threshold) + self._reach(rounds, LEVEL))
        return rounds >= LEAST_TO_CONFIRM and self.change + margin * self.present_error > needed

    def dismisses(self, rounds: int) -> bool:
        """Whether this number of rounds would dismiss the candidate."""
        threshold = self.thresholds.of(self.candidate.key, self.before, rounds)
        limit = self.thresholds.for_dismissal(self.candidate.key, self.before)
        is_small = self.change <= math.log1p(threshold)
        return is_small and self.change + self._reach(rounds, DISMISSAL_LEVEL) <= math.log1p(limit)

    def _reach(self, rounds: int, level: float) -> float:
        return t_quantile((1 + level) / 2, freedom(rounds)) * self.error * relative_error(rounds)


def _signs_agree(candidate: Candidate, rounds: Rounds) -> bool:
    """Whether the rounds agree in direction with the screening, beyond chance by a one-sided sign test."""
    rises = candidate.ratio.estimate > 1
    agreeing = sum(new > old if rises else new < old for old, new in rounds)
    return sign_tail(agreeing, len(rounds)) <= SIGN_LEVEL


def without_chance(judged: Sequence[Judgement], tests: int, thresholds: Thresholds) -> list[Judgement]:
    """The same judgements; confirmations that may be chance among `tests` comparisons become inconclusive.

    Among the rest, the expected share of confirmations without any change is at most the setting
    `false_discovery_rate`.
    """
    probabilities = {f"test {number}": 1.0 for number in range(tests - len(judged))}
    probabilities |= {str(index): _chance(one) for index, one in enumerate(judged)}
    found = discoveries(probabilities, thresholds.settings.false_discovery_rate)
    return [
        replace(one, state=State.INCONCLUSIVE) if one.state is State.CONFIRMED and str(index) not in found else one
        for index, one in enumerate(judged)
    ]


def _chance(one: Judgement) -> float:
    """The probability that no change yields a ratio at least as far from 1 as this one, in its direction."""
    if one.seen is None:
        return 1.0
    degrees = one.seen.freedom or freedom(len(one.rounds))
    error = math.log(one.seen.high / one.seen.estimate) / t_quantile((1 + LEVEL) / 2, degrees)
    away = abs(math.log(one.seen.estimate))
    return t_tail(away / error, degrees) if error > 0 else float(not away)
