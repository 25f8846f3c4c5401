"""Clocks, the shortest of many calls, and the core that a process is pinned to."""

import os
import subprocess
import sys
import time

import pytest

from benchmarks.clock import SLICES, ReplayClock, best_call, clock_of_work, fitting_clock, undisturbed_call


class FakeTime:
    """A clock that the tests advance explicitly."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _program(now: FakeTime, durations: list[float]):
    remaining = iter(durations)

    def run() -> None:
        now.now += next(remaining)

    return run


def test_the_shortest_call_within_the_time_counts():
    now = FakeTime()
    assert best_call(_program(now, [0.5, 0.25, 0.5]), 1.0, now, now) == 0.25
    assert now.now == 1.25, "as many calls as the budget takes"


def test_a_long_program_is_called_once():
    now = FakeTime()
    assert best_call(_program(now, [30.0]), 1.0, now, now) == 30.0


def test_neither_fast_nor_slow_slices_change_the_time_of_an_undisturbed_call():
    now = FakeTime()
    durations = {0: 0.001, 1: 0.001, 2: 0.001, 17: 0.004, 18: 0.009, 19: 0.009}

    def run() -> None:
        now.now += durations.get(int(now.now * SLICES + 1e-9), 0.002)

    assert undisturbed_call(run, 1.0, now, now) == pytest.approx(0.002)
    assert 1.0 <= now.now < 1.0 + 1.0 / SLICES


@pytest.mark.parametrize(
    ("durations", "expected"), [([30.0], 30.0), ([0.7, 0.6], 0.6), ([0.3, 0.4, 0.2, 0.5], 0.3), ([0.25] * 4, 0.25)]
)
def test_few_long_calls_are_the_slices(durations, expected):
    now = FakeTime()
    assert undisturbed_call(_program(now, durations), 1.0, now, now) == pytest.approx(expected)


def test_a_failing_program_fails():
    def run() -> None:
        raise ArithmeticError("wrong")

    with pytest.raises(ArithmeticError, match="wrong"):
        best_call(run, 1.0)


def test_processor_time_leaves_out_waiting():
    """A program that waits takes no processor time, so the two clocks differ for a sleeping call."""
    assert best_call(lambda: time.sleep(0.05), 0.5, time.process_time) < 0.02, "other threads may be busy in one call"
    assert best_call(lambda: time.sleep(0.05), 0.01, time.perf_counter) >= 0.05


@pytest.mark.parametrize(("threads", "expected"), [("1", time.process_time), ("2", time.perf_counter)])
def test_processor_time_is_for_long_programs_on_one_core(monkeypatch, threads, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert fitting_clock(lambda: time.sleep(2e-3)) is expected
    assert fitting_clock(lambda: None) is time.perf_counter
    assert clock_of_work() is expected


def test_work_of_a_gpu_is_timed_by_the_wall_clock(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert fitting_clock(lambda: time.sleep(2e-3), "gpu") is time.perf_counter
    assert clock_of_work("gpu") is time.perf_counter


def test_asvs_clock_advances_only_on_request():
    replay = ReplayClock()
    before = replay.now()
    time.sleep(0.001)
    assert replay.now() == before
    replay.advance(12.5)
    assert replay.now() - before == 12.5


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_pinning_leaves_one_core_unless_all_are_requested(threads):
    code = """
import os
from benchmarks.clock import CORES, pin_to_core
for index in (0, 1, -1, len(CORES)):
    pin_to_core(index)
    one = os.environ["OMP_NUM_THREADS"] == "1"
    assert os.sched_getaffinity(0) == ({CORES[index % len(CORES)]} if one else {*CORES})
"""
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": threads}, check=True)
