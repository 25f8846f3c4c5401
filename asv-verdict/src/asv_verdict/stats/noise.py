"""The noise floor of each cell, from pairs of identical runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from asv_verdict.stats.ratio import UNKNOWN_NOISE, noise_of

#: The smallest noise of a cell: a pair that agrees to the digit by chance proves little.
LEAST_NOISE = 0.003
#: The fewest pairs with which the noise of a cell counts as measured. With fewer, a second speed is missed too often.
LEAST_PAIRS = 4
#: The noise floor in standard deviations: if the noise is normal, 9 of 10 differences lie below it.
DEVIATIONS_OF_FLOOR = 1.645
#: A larger exponent has no power of e that a float can hold.
LARGEST_EXPONENT = 700.0


@dataclass(frozen=True)
class Noise:
    """The noise of one environment: for each cell the logarithms of the ratios of identical runs.

    `adjacent` holds the changes between their adjacent processes, where there are enough (stats/ratio.py).
    """

    differences: Mapping[str, list[float]] = field(default_factory=dict)
    adjacent: Mapping[str, list[float]] = field(default_factory=dict)

    def of(self, cell: str) -> float:
        """The standard deviation of the logarithm of one round's ratio.

        With few pairs, the median over all cells counts as well. Without pairs, the noise is at least UNKNOWN_NOISE.
        """
        own = self.differences.get(cell, [])
        typical = self._typical
        if not own:
            return max(typical, UNKNOWN_NOISE)
        weight = len(own) / (len(own) + 2)
        return max(LEAST_NOISE, math.sqrt(weight * noise_of(own) ** 2 + (1 - weight) * typical**2))

    def is_measured(self, cell: str) -> bool:
        """Whether a cell has enough pairs to show whether it has two speeds."""
        return len(self.differences.get(cell, ())) >= LEAST_PAIRS

    def floor(self, cell: str) -> float:
        """The noise floor as a fraction: most identical runs differ by less."""
        return math.expm1(min(DEVIATIONS_OF_FLOOR * self.of(cell), LARGEST_EXPONENT))

    def adjacent_floor(self, cell: str) -> float:
        """The noise floor of the change between adjacent processes; infinite if the cell has none on file."""
        return self._of_adjacent.floor(cell) if cell in self.adjacent else math.inf

    @cached_property
    def _of_adjacent(self) -> Noise:
        return Noise(self.adjacent)

    @cached_property
    def _typical(self) -> float:
        found = [noise_of(differences) for differences in self.differences.values() if differences]
        return float(np.median(found)) if found else UNKNOWN_NOISE
