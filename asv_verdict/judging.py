"""Which cells of a sitting look changed? Suspicions, which have to be confirmed, and counts, which need no proof."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asv_verdict.noise import Noise
from asv_verdict.outcome import Direction
from asv_verdict.ratios import Ratio, Rounds, positive, ratio, relative_error
from asv_verdict.reports import Known
from asv_verdict.settings import Settings
from asv_verdict.sitting import Key, Sitting, kind_of

#: Of the intervals in reports.
LEVEL = 0.99
#: A change that no cell is cleared of by its noise floor, however large that is.
LARGEST_CLEARED = 0.05


@dataclass(frozen=True)
class Suspicion:
    """A cell that may have changed between two commits, and by how much it has to change to be worth a word.

    `limit` is that of as many rounds as have been measured so far.
    `ratio` is what is left of the change when what is `known` from earlier nights, up to the commit `since`, is divided
    out.
    """

    key: Key
    base: str
    head: str
    limit: float
    look: str
    ratio: Ratio
    known: float = 1.0
    since: str = ""


@dataclass(frozen=True)
class Limits:
    """How large a change has to be: for each cell the largest of its noise floor and the least effects of interest."""

    settings: Settings
    noise: Mapping[str, Noise]

    def of(self, key: Key, before: float, rounds: int = 1) -> float:
        """As a fraction of `before`, the value of the old commit. The floor is of one round, and of more it is less."""
        return max(self._effect(key, before), self._floor(key) * relative_error(rounds))

    def of_clearing(self, key: Key, before: float) -> float:
        """What must not be left of a change for it to be cleared: what one round shows, and at most a change of 5 %."""
        return max(self._effect(key, before), min(self._floor(key), LARGEST_CLEARED))

    def ratio(self, key: Key, rounds: Rounds, level: float) -> Ratio:
        """What rounds of (old, new) of a cell show."""
        better = self.settings.direction(key[1], None)
        return ratio(rounds, self.noise_of(key), level, higher_is_better=better is Direction.HIGHER_IS_BETTER)

    def noise_of(self, key: Key) -> float:
        """The standard deviation of a round's logarithm."""
        environment, cell = key
        return self.noise.get(environment, Noise()).of(cell)

    def _floor(self, key: Key) -> float:
        environment, cell = key
        return self.noise.get(environment, Noise()).floor(cell)

    def _effect(self, key: Key, before: float) -> float:
        """The least change of interest."""
        absolute = self.settings.absolute_effects.get(kind_of(key[1]), 0.0)
        return max(self.settings.relative_effect, absolute / before if before > 0 else 0.0)


def suspicions(
    sitting: Sitting,
    base: str,
    head: str,
    look: str,
    limits: Limits,
    known: Callable[[Key], Known] = lambda key: Known(),
) -> list[Suspicion]:
    """Cells whose rounds differ by more than their limit, up or down, beyond what is `known` of them already.

    No certainty is asked for here: it costs a re-measurement to be wrong, and a change to be too strict.
    """
    found = []
    for key in sitting.values[head]:
        rounds = positive(sitting.rounds(key, base, head))
        if limits.settings.is_exact(key[1]) or not rounds:
            continue
        past = known(key)
        explained = past.of(limits.ratio(key, rounds, LEVEL).estimate)
        seen = limits.ratio(key, [(old * explained, new) for old, new in rounds], LEVEL)
        limit = limits.of(key, rounds[0][0])
        if abs(math.log(seen.estimate)) > math.log1p(limit):
            found.append(Suspicion(key, base, head, limit, look, seen, explained, past.until or base))
    return found


@dataclass(frozen=True)
class Counted:
    """A cell that differs between two commits, and needs no statistics for that."""

    key: Key
    before: float
    after: float


def without_ratio(sitting: Sitting, base: str, head: str, settings: Settings) -> list[Counted]:
    """Cells that are measured and differ, but are nothing or negative on one side."""
    found = []
    for key in sitting.values[head]:
        rounds = sitting.rounds(key, base, head)
        differ = any(old != new for old, new in rounds) and not positive(rounds)
        if differ and not settings.is_exact(key[1]):
            found.append(Counted(key, *rounds[-1]))
    return found


def counted_changes(sitting: Sitting, base: str, head: str, settings: Settings) -> list[Counted]:
    """Cells that are counted, by the settings, and have another value on `head` than on `base`."""
    found = []
    for key in sitting.values[head]:
        rounds = sitting.rounds(key, base, head)
        if settings.is_exact(key[1]) and any(old != new for old, new in rounds):
            before, after = rounds[-1]
            found.append(Counted(key, before, after))
    return found
