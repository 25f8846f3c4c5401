"""What is said while a sitting runs."""

import re
import time

from asv_verdict.sitting import Sitter

CELLS = [*(f"counts.A.track_x({n})" for n in range(10)), "times.B.time_x", "times.C.time_x", "times.D.time_x"]


class Runner:
    """A minute for each timed class, and nothing for counts."""

    commit = "c"

    def __init__(self, clock):
        self.clock = clock

    def run(self, results, pattern, seconds):
        self.clock[0] += 60.0 if "time_" in pattern else 1.0


def test_time_left_is_that_of_cells_of_the_same_kind(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    said = []
    sitter = Sitter([Runner(clock)], tmp_path, 3600.0, said.append)
    assert sitter.round(CELLS)
    assert [re.search(r"\((.*) left\)", sentence)[1] for sentence in said] == [
        "at most 60 minutes",
        "at most 60 minutes",
        "2 minutes",
        "1 minutes",
    ]
    sitter.round(CELLS)
    assert "round 2, 1 of 4 (3 minutes left): 10 cells of counts.A" in said
