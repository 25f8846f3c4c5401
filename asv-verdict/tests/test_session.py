"""Progress messages during a session."""

import re
import time

from asv_verdict.measure.session import SessionRunner

CELLS = [*(f"counts.A.track_x({n})" for n in range(10)), "times.B.time_x", "times.C.time_x", "times.D.time_x"]


class Runner:
    """Takes a minute for a timed class and a second for a counted one."""

    commit = "c"

    def __init__(self, clock):
        self.clock = clock

    def run(self, results, pattern, seconds):
        self.clock[0] += 60.0 if "time_" in pattern else 1.0


def test_the_time_left_is_estimated_from_cells_of_the_same_kind(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    said = []
    session_runner = SessionRunner([Runner(clock)], tmp_path, 3600.0, said.append)
    assert session_runner.round(CELLS)
    assert [re.search(r"\((.*) left\)", sentence)[1] for sentence in said] == [
        "at most 60 minutes",
        "at most 60 minutes",
        "2 minutes",
        "1 minute",
    ]
    session_runner.round(CELLS)
    assert "round 2, class 1 of 4 (3 minutes left): counts.A, 10 cells" in said
    session_runner.round(CELLS[:1])
    assert said[-1] == "round 3, class 1 of 1 (less than a minute left): counts.A, 1 cell"
