"""Candidates of one cell and the thresholds that decide them."""

import math

from asv_verdict.decide.screening import Candidate, Thresholds
from asv_verdict.project import Settings
from asv_verdict.stats.noise import Noise
from asv_verdict.stats.ratio import Ratio

KEY = ("env", "kernels.time_x")


def candidate(estimate=1.05, threshold=0.02):
    """A candidate against previous, whose interval of the screening is a point."""
    return Candidate(KEY, "old", "new", threshold, "previous", Ratio(estimate, estimate, estimate))


def thresholds(noise):
    """Thresholds with the noise of one process, measured by ten pairs."""
    return Thresholds(Settings(), {"env": Noise({KEY[1]: [noise * math.sqrt(2)] * 10})})


class Bench:
    """A `Measurer` whose rounds each take a second, with time for a number of them."""

    def __init__(self, measure, rounds=math.inf):
        self._measure, self.seconds_left = measure, rounds

    def seconds_of(self, candidate):
        return 1.0

    def measure(self, group):
        self.seconds_left -= len(group)
        return self._measure(group)
