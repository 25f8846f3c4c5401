"""Runs of ASV pass the turn on at each visit of a cell."""

import itertools

import pytest

from asv_verdict.measure.commit_runner import CommitRunner
from asv_verdict.measure.session_runner import SessionRunner
from hosted_suite import lines

TIMED = """
class Times:
    params = [1, 2]
    rounds, repeat, number, warmup_time = 2, 1, 1, 0.0

    def setup(self, size):
        with open(os.environ["NOTES"] + "/visits", "a") as file:
            print(os.environ["TMPDIR"], size, os.getpid(), file=file)

    def time_call(self, size):
        pass
"""


@pytest.mark.slow
def test_runs_take_turns_at_each_visit_of_a_cell(start, tmp_path):
    first = start("import os\n" + TIMED).runners.popitem()[1]
    second = CommitRunner(first.project, "m", first.commit)
    session_runner = SessionRunner([first, second], tmp_path / "both", 300.0, lambda words: None, names="ab")
    try:
        assert session_runner.round(["suite.Times.time_call(1)", "suite.Times.time_call(2)"])
    finally:
        second.process.close()
    visits = [line.split() for line in lines("visits")]
    hosts = list(dict.fromkeys(folder for folder, *_ in visits))
    assert len(hosts) == 2
    # ASV calls `setup` for the first time, for each sample and for the warm-up: several lines for each visit.
    seen = [(hosts.index(folder), size) for folder, size, _ in visits]
    turns = [which for which, _ in itertools.groupby(host for host, _ in seen)]
    assert turns == [0, 1] * 4, seen
    assert [size for size, _ in itertools.groupby(size for _, size in seen)] == ["1", "2", "1", "2"]
    assert {size for _, size in seen} == {"1", "2"}
    assert all(len(rounds) == 1 for values in session_runner.session.values.values() for rounds in values.values())
