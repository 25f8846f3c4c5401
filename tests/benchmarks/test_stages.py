"""The stages of compilation: one build gives all four, each round builds again, and the faster half counts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autodiff_kernels import Case
from benchmarks import stages
from benchmarks.protocol import ROUNDS
from benchmarks.table import ROWS

CELL = (3, "jax", "reverse", "float64")


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A folder for records. Nothing is cached in this process, since ASV starts a new one each time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stages, "samples_of_stage", stages.samples_of_stage.__wrapped__)
    return tmp_path


def _rounds(asked):
    """The samples of each stage in each round, requested in that order."""
    case = Case.parse("mvn/jax/reverse/n=3")
    return [[stages.samples_of_stage(case, stage) for stage in asked] for _ in range(ROUNDS)]


def _makings(monkeypatch, makings):
    answers = iter(makings)
    monkeypatch.setattr(stages, "round_of_builds", lambda case, core: next(answers))


def test_all_stages_of_a_round_come_from_the_same_builds(folder, monkeypatch):
    traces = [[3.0, 1.0, 9.0], [2.0], [4.0]] + [[5.0]] * (ROUNDS - 3)
    _makings(monkeypatch, [{"trace": trace, "compile": [10 * one for one in trace]} for trace in traces])
    rounds = _rounds(["trace", "compile"])
    assert rounds[:3] == [[[2.0], [20.0]], [[1.5, 1.5], [15.0, 15.0]], [[2.0], [20.0]]]
    trace, compiling = rounds[-1]
    assert min(trace) == trace[3] == 3.0, "without one build of 5 s, the faster half is 1, 2, 3, 4 and 5"
    assert compiling == [10 * one for one in trace]


def test_a_single_selected_stage_is_measured_in_each_round(folder, monkeypatch):
    _makings(monkeypatch, [{"compile": [9.0 - number]} for number in range(ROUNDS)])
    first, second, *_ = _rounds(["compile"])
    assert (first, second) == ([[9.0]], [[8.0, 8.0]])


def test_the_faster_half_of_one_build_is_that_build():
    assert stages.mean_of_faster_half([3.0]) == 3.0
    assert stages.mean_of_faster_half([9.0, 1.0, 5.0, 2.0]) == 1.5
    assert stages.mean_of_faster_half([9.0, 1.0, 5.0]) == 3.0


def test_a_stage_that_a_backend_lacks_is_not_available(folder, monkeypatch):
    _makings(monkeypatch, [{"first_call": [1.0]}] * 2)
    with pytest.raises(NotImplementedError, match="jax has no stage compile"):
        stages.samples_of_stage(Case.parse("mvn/jax/reverse/n=3"), "compile")
    assert stages.samples_of_stage(Case.parse("mvn/jax/reverse/n=3"), "first_call") == [1.0]


@pytest.mark.parametrize(("seconds", "makings"), [(1.0, 4), (1000.0, 1)])
def test_a_program_is_built_repeatedly_for_the_time_of_a_round(monkeypatch, seconds, makings):
    now, times = [0.0], iter([5.0, 3.0, 4.0, 6.0])

    def making(stages_of_a_process):
        now[0] += seconds
        return {"first_call": next(times)}

    monkeypatch.setattr(stages, "in_forked_process", making)
    monkeypatch.setattr(stages, "perf_counter", lambda: now[0])
    round_ = stages.round_of_builds(Case.parse("rbf/autograd/reverse/d=1"), 0)
    assert round_ == {"first_call": [5.0, 3.0, 4.0, 6.0][:makings]}
    assert now[0] == makings * seconds


def test_a_stage_is_replayed_as_a_sample_of_asv(folder, monkeypatch):
    _makings(monkeypatch, [{"compile": [0.25]}])
    benchmark = stages.MVNLogDensity()
    benchmark.setup(*CELL, "compile")
    before = benchmark.timer()
    benchmark.time_stage(*CELL, "compile")
    assert benchmark.timer() - before == pytest.approx(0.25)


@pytest.mark.parametrize("name", ["RBFKernel", "RBFCovariance", "MVNLogDensity", "TimelineJacobian"])
def test_classes_have_the_cells_of_the_suite_and_the_stages(name):
    staged, row = stages.CLASSES[name], ROWS[name]
    assert staged.version == "4"
    assert staged.param_names == [*row.parameters, "stage"]
    assert staged.params == [*row.parameters.values(), ["trace", "lower", "compile", "first_call"]]
    assert "?" in staged.__doc__


def _run(code, **environment):
    root = Path(__file__).parents[2]
    inherited = {name: value for name, value in os.environ.items() if name != "JAX_ENABLE_COMPILATION_CACHE"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={**inherited, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_in_the_disk_cache_is_compiled_again(tmp_path):
    """As ASV does: import the suite and the backends, then fork."""
    code = "from autodiff_kernels import Case, build\n{}build(Case.parse('rbf/jax/reverse/d=1'))"
    cache = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    cache["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    _run(code.format("from benchmarks import preimport\n"), **cache)
    assert not list(tmp_path.iterdir())
    _run(code.format(""), **cache)
    assert list(tmp_path.iterdir()), "without the suite the same settings keep programs"


def test_a_broken_backend_does_not_affect_the_other(tmp_path):
    (tmp_path / "jax.py").write_text("raise RuntimeError('jaxlib is too old')")
    code = "import sys; from benchmarks import preimport; print('autograd' in sys.modules, 'jax' in sys.modules)"
    assert _run(code, PYTHONPATH=str(tmp_path)) == "True False\n"
