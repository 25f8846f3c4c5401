"""In which order the candidates get their rounds, if there is not enough time for all."""

import math
from dataclasses import replace

from asv_verdict.decide.confirmation import confirm
from asv_verdict.decide.screening import Thresholds
from asv_verdict.model import State
from asv_verdict.project import Settings
from asv_verdict.stats.noise import Noise
from candidates import Bench, candidate


class Timed(Bench):
    """Rounds that take different times; it notes which cells each round measured."""

    def __init__(self, ratios, seconds, left):
        super().__init__(self._rounds, left)
        self.ratios, self.seconds, self.done, self.turns = ratios, seconds, {}, []

    def seconds_of(self, candidate):
        return self.seconds[candidate.key[1]]

    def _rounds(self, group):
        self.turns.append([one.key[1] for one in group])
        for one in group:
            self.done.setdefault(one, []).append((1.0, self.ratios[one.key[1]]))
        return [list(self.done[one]) for one in group]

    def measure(self, group):
        self.seconds_left -= sum(map(self.seconds_of, group))
        return self._measure(group)


def _several(ratios):
    """A candidate for each cell, and their thresholds."""
    candidates = [replace(candidate(1.1), key=("env", name)) for name in ratios]
    noise = Noise({name: [0.002 * math.sqrt(2)] * 10 for name in ratios})
    return candidates, Thresholds(Settings(), {"env": noise})


def test_in_short_time_the_cells_that_are_decided_soonest_are_measured():
    candidates, limits = _several(dict.fromkeys("abc", 1.1))
    bench = Timed(dict.fromkeys("abc", 1.1), {"a": 10.0, "b": 1.0, "c": 2.0}, left=8 * 3.5)
    found = {one.candidate.key[1]: one.state for one in confirm(candidates, bench, limits, tests=3)}
    assert found == {"a": State.INCONCLUSIVE, "b": State.CONFIRMED, "c": State.CONFIRMED}
    assert bench.turns == [["b", "c"]] * 8


def test_a_cell_that_shows_no_change_is_dismissed_before_a_change_near_the_threshold_is_decided():
    candidates, limits = _several(dict.fromkeys("ab", 1.1))
    bench = Timed({"a": 1.026, "b": 1.0}, dict.fromkeys("ab", 1.0), left=24)
    confirm(candidates, bench, limits, tests=2)
    last = [turn for turn in bench.turns if "b" in turn][-1]
    assert bench.turns.index(last) < len(bench.turns) - 4
    assert all("a" in turn for turn in bench.turns[-4:])
