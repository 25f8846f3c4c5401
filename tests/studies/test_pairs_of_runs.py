"""The noise floor: the measured cells and their order, the stored pairs, and the tables."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from asv_verdict import Conditions
from benchmarks.selections import SELECTIONS
from studies import background_load
from studies.repeatability import __main__ as noise
from studies.repeatability import tables

CONDITIONS = {
    "clock": "protocol",
    "busy_processes": 0,
    "interleaved": True,
    "slowed": False,
    "measured_with": {"cpu": "one"},
}


def _pair(values, **conditions):
    return CONDITIONS | {"versions": dict.fromkeys(values, "1")} | conditions | {"values": values}


CELLS = (
    "gradients.MVNLogDensity.time_gradient(1000, 'jax', 'reverse', 'float64')",
    "gradients.RBFKernel.time_gradient(1, 'autograd', 'reverse', 'float64')",
    "gradients.RBFKernel.time_gradient(2, 'autograd', 'reverse', 'float64')",
    "stages.MVNLogDensity.time_stage(3, 'jax', 'reverse', 'float64', 'compile')",
    "controls.MatrixProduct.time_product",
    "costs.MVNLogDensity.track_error(1000, 'jax', 'reverse', 'float64')",
)


@pytest.mark.parametrize(
    ("only", "options", "found"),
    [
        ("", {}, [0, 1, 3, 4]),
        ("", {"gradients": True}, [0, 1]),
        ("^gradients", {}, [0, 1]),
        ("^stages", {}, [3]),
        (r"MVNLogDensity.*\(1000", {}, [0]),
    ],
)
def test_the_timed_cells_of_a_selection_are_measured_and_no_others(only, options, found):
    assert noise.timed_cells(CELLS, "nightly", only, **options) == [CELLS[index] for index in found]


def test_an_expression_that_no_timed_cell_matches_is_an_error():
    with pytest.raises(SystemExit, match="no timed cell of the selection nightly matches 'NoSuch'; there are:\ngradi"):
        noise.timed_cells(CELLS, "nightly", "NoSuch")


@pytest.fixture
def arms(monkeypatch):
    """Runs the command without ASV; returns the benchmark folder of each arm, the conditions and the cells."""
    seen = []

    def measure_pairs(project, machine, commit, choose, conditions, *, pairs, minutes, make_runner, more_runs):
        makers = {"a": make_runner, "b": make_runner, **more_runs}
        runners = {name: make(project, machine, commit) for name, make in makers.items()}
        folders = {name: runner.values.get("benchmark_dir", "benchmarks") for name, runner in runners.items()}
        seen.append((folders, conditions, choose({"all": SimpleNamespace(cells=CELLS)}), pairs))
        return ["a cell"]

    monkeypatch.setattr(noise, "measure_pairs", measure_pairs)
    monkeypatch.setattr(noise, "head", lambda: "0" * 40)

    def run(*options):
        monkeypatch.setattr("sys.argv", ["noise", "desk", *options])
        with pytest.raises(SystemExit, match="Not measured:\na cell"):
            noise.main()
        return seen[-1]

    return run


def test_the_two_arms_are_identical(arms):
    folders, conditions, cells, pairs = arms("--pairs", "3", "--only", "^gradients")
    assert folders == {"a": "benchmarks", "b": "benchmarks"}
    assert conditions == Conditions(f"nightly {SELECTIONS['nightly'].version}")
    assert (cells, pairs) == (list(CELLS[:2]), 3)


def test_options_change_the_arms_and_the_conditions(arms):
    folders, conditions, cells, _ = arms("--slowed", "--apart")
    assert folders == {"a": "benchmarks", "b": "benchmarks", "slowed": "studies/repeatability/slowed"}
    assert (conditions.slowed, conditions.interleaved, conditions.clock) == (True, False, "protocol")
    assert cells == list(CELLS[:2])
    folders, conditions, _, _ = arms("--asv-default", "--load", "1")
    assert folders == {"a": "studies/repeatability/asv_default", "b": "studies/repeatability/asv_default"}
    assert (conditions.clock, conditions.busy_processes, conditions.interleaved) == ("ASV's default", 1, True)


def test_without_a_pair_on_file_the_command_fails(monkeypatch, tmp_path):
    monkeypatch.setattr(noise, "NOISE", tmp_path)
    monkeypatch.setattr("sys.argv", ["noise", "desk", "--pairs", "0"])
    with pytest.raises(SystemExit, match="no pair is on file for the machine 'desk'"):
        noise.main()


def test_a_slowdown_above_the_noise_floor_is_detected():
    tries = [[1.0, 1.03, 1.05], [1.0, 1.01, 1.051], [1.0, 0.9, 1.01], [1.0, 9.0]]
    pairs = [_pair({"A": [1.0, 1.02]}), *(_pair({"A": one}, slowed=True) for one in tries)]
    assert "| A | 2.0% | 2 of 3 | 1.0% | 5.0% | 5.1% | 1 of 3 |" in "\n".join(tables.sensitivity(pairs))


def test_a_slowdown_of_an_older_benchmark_is_not_compared_with_new_noise_floors():
    old = _pair({"A": [1.0, 1.0, 1.05]}, slowed=True)
    assert tables.sensitivity([old, _pair({"A": [1.0, 1.02]}, versions={"A": "2"})]) == []


def test_busy_processes_end_with_the_block(monkeypatch):
    started = []
    start = background_load.subprocess.Popen

    def started_so(*arguments, **options):
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(background_load.subprocess, "Popen", started_so)
    with background_load.busy_processes(2):
        assert [process.poll() for process in started] == [None, None]
    assert [process.poll() for process in started] == [-9, -9]


def test_busy_processes_end_with_their_parent(is_running, has_ended):
    code = (
        "import subprocess, time; from studies import background_load as load; started = []; start = subprocess.Popen\n"
        "load.subprocess.Popen = lambda *a, **o: started.append(start(*a, **o)) or started[-1]\n"
        "with load.busy_processes(1): print(started[0].pid, flush=True); time.sleep(1000)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=noise.ROOT, stdout=subprocess.PIPE, text=True) as parent:
        busy = parent.stdout.readline().strip()
        assert is_running(busy)
        parent.kill()
    assert has_ended(busy)
