"""A confirming round takes fewer processes and samples than a stored value, where that pays."""

import json

import pytest

from asv_verdict.asv_io.benchmarks import Benchmark, read_benchmarks
from asv_verdict.measure.sampling import Plan, Sampling

NAME, COMMIT = "times.Time.time_x", "c" * 40


def _plan(processes=2):
    return Plan({NAME: Benchmark(NAME, "time", "seconds", "1", processes=processes, warmup_time=0.0)})


def _learn(plan, tmp_path, samples, *, number=1, duration=None, value=None, seconds=0.0):
    """Let a plan learn a round of one cell, with all its samples; the round took some seconds."""
    timed = sum(samples) * number
    content = {
        "commit_hash": COMMIT,
        "env_name": "env",
        "result_columns": ["result", "samples", "stats_number", "duration"],
        "results": {NAME: [[value or min(samples)], [samples], [number], timed if duration is None else duration]},
    }
    path = tmp_path / "round.json"
    path.write_text(json.dumps(content))
    plan.learn(path, {NAME: seconds})


@pytest.mark.parametrize(("own", "expected"), [(1, 1), (2, 1), (4, 1), (8, 2), (9, 2), (16, 4)])
def test_a_round_takes_a_quarter_of_the_processes(own, expected):
    plan = _plan(own)
    assert plan.of(NAME) == Sampling(expected)
    assert plan.of(NAME).options == ("-a", f"rounds={expected}")
    assert plan.rounds_of_value(NAME) == own / expected


def test_an_unknown_benchmark_has_one_process():
    assert Plan({}).of(NAME) == Sampling(1)


def test_a_suite_with_cheap_set_up_keeps_its_samples(tmp_path):
    plan = _plan()
    _learn(plan, tmp_path, [1e-3] * 5, number=10, duration=0.08, seconds=0.2)
    assert plan.of(NAME) == Sampling(1)


@pytest.mark.parametrize(("seconds", "expected"), [(0.1, 1), (0.5, 2), (1.2, 4), (60.0, 4)])
def test_a_round_that_takes_long_measures_more_processes_of_those_of_the_suite(tmp_path, seconds, expected):
    """A process takes 0.08 s."""
    plan = _plan(4)
    _learn(plan, tmp_path, [1e-3] * 5, number=10, duration=0.08, seconds=seconds)
    assert plan.of(NAME) == Sampling(expected)
    assert plan.rounds_of_value(NAME) == 4 / expected


def test_a_dear_set_up_takes_one_sample(tmp_path):
    """ASV calls `setup` before the warm-up and before each sample; each call takes 2 s, a sample 0.1 s."""
    plan = _plan()
    _learn(plan, tmp_path, [0.1] * 5, duration=6 * 2.0 + 0.5)
    assert plan.of(NAME) == Sampling(1, 1)
    assert plan.of(NAME).options == ("-a", "rounds=1", "-a", "repeat=1")


def test_samples_that_scatter_more_than_processes_are_kept(tmp_path):
    dear, noisy = _plan(), _plan()
    for number in range(8):
        _learn(dear, tmp_path, [1.0, 1.0001, 1.0], duration=6.0, value=1.0 + 0.1 * (number % 2))
        _learn(noisy, tmp_path, [1.0, 1.5, 1.2], duration=6.0, value=1.0)
    assert dear.of(NAME).samples == 1
    assert noisy.of(NAME).samples == 0, "the number of the suite"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"results": {"x": 5}}', '{"results": {"x": [[1]]}, "result_columns": ["result"]}', "[" * 10**5],
)
def test_a_file_that_cannot_be_read_teaches_nothing(tmp_path, text):
    path = tmp_path / "round.json"
    path.write_text(text)
    plan = _plan()
    plan.learn(path, {})
    assert plan.of(NAME) == Sampling(1)


@pytest.mark.parametrize("samples", [[0.0, 0.0], [-1.0, 1.0], [float("nan")] * 2])
def test_samples_without_a_logarithm_teach_nothing(tmp_path, samples):
    plan = _plan()
    _learn(plan, tmp_path, samples, duration=1.0, value=1.0)
    assert plan.of(NAME).processes == 1


@pytest.mark.parametrize(
    ("entry", "processes", "warmup_time"),
    [
        ({"rounds": 4, "warmup_time": 0.5}, 4, 0.5),
        ({"rounds": 2, "warmup_time": -1}, 2, 0.1),
        ({"rounds": 0}, 1, 0.1),
        ({"rounds": "x", "warmup_time": None}, 1, 0.1),
        ({"rounds": float("inf"), "warmup_time": float("nan")}, 1, 0.1),
    ],
)
def test_the_processes_of_a_benchmark_come_from_its_list(tmp_path, entry, processes, warmup_time):
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps({"version": 2, NAME: {"name": NAME, "type": "time", "unit": "seconds", **entry}}))
    found = read_benchmarks(path)[NAME]
    assert (found.processes, found.warmup_time) == (processes, warmup_time)
