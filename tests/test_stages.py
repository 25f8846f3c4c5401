"""The stages of compilation: one making for all four, again in each round, and the least counts."""

import pytest

from autodiff_kernels import Case
from benchmarks import cells, stages

CELL = (3, "jax", "reverse", "float64")


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A folder for records, and nothing kept in this process, as each of ASV's is a new one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stages, "_samples", stages._samples.__wrapped__)
    return tmp_path


def _rounds(asked):
    """The samples of each stage in each round, asked for in that order."""
    case = Case.parse("mvn/jax/reverse/n=3")
    return [[stages._samples(case, stage) for stage in asked] for _ in range(stages.ROUNDS)]


def test_a_round_makes_the_program_once_for_all_stages_and_the_least_of_all_rounds_counts(folder, monkeypatch):
    makings = iter(
        [
            [{"trace": 3.0, "compile": 30.0}, {"trace": 2.0, "compile": 40.0}],
            [{"trace": 4.0, "compile": 10.0}],
            [{"trace": 5.0, "compile": 20.0}],
            [{"trace": 5.0, "compile": 20.0}],
        ]
    )
    monkeypatch.setattr(stages, "_makings", lambda case: next(makings))
    assert _rounds(["trace", "compile"]) == [[[2.0], [30.0]], [[2.0], [10.0]], [[2.0], [10.0]], [[2.0] * 4, [10.0] * 4]]


def test_one_stage_alone_is_made_in_each_round(folder, monkeypatch):
    makings = iter([[{"compile": 3.0}], [{"compile": 2.0}], [{"compile": 4.0}], [{"compile": 5.0}]])
    monkeypatch.setattr(stages, "_makings", lambda case: next(makings))
    assert _rounds(["compile"]) == [[[3.0]], [[2.0]], [[2.0]], [[2.0] * 4]]


def test_a_stage_that_a_backend_does_not_have_is_not_available(folder, monkeypatch):
    monkeypatch.setattr(stages, "_makings", lambda case: [{"first_call": 1.0}])
    with pytest.raises(NotImplementedError, match="jax has no stage compile"):
        stages._samples(Case.parse("mvn/jax/reverse/n=3"), "compile")
    assert stages._samples(Case.parse("mvn/jax/reverse/n=3"), "first_call") == [1.0]


@pytest.mark.parametrize(("seconds", "makings"), [(0.1, stages.PROCESSES), (1000.0, 1)])
def test_a_program_that_takes_long_is_made_once_a_round(monkeypatch, seconds, makings):
    now = [0.0]

    def making(function):
        now[0] += seconds
        return {"first_call": seconds}

    monkeypatch.setattr(stages, "in_forked_process", making)
    monkeypatch.setattr(stages, "perf_counter", lambda: now[0])
    assert len(stages._makings(Case.parse("rbf/autograd/reverse/d=1"))) == makings


def test_a_stage_is_replayed_as_a_sample_of_asv(folder, monkeypatch):
    monkeypatch.setattr(stages, "_makings", lambda case: [{"compile": 0.25}])
    benchmark = stages.MVNLogDensity()
    benchmark.setup(*CELL, "compile")
    before = benchmark.timer()
    benchmark.time_stage(*CELL, "compile")
    assert benchmark.timer() - before == 0.25


@pytest.mark.parametrize("name", ["RBFKernel", "RBFCovariance", "MVNLogDensity", "TimelineJacobian"])
def test_classes_have_the_cells_of_the_suite_and_the_stages(name):
    staged, cell = getattr(stages, name), getattr(cells, name)
    assert staged.version == "1"
    assert staged.param_names == [*cell.param_names, "stage"]
    assert staged.params == [*cell.params, ["trace", "lower", "compile", "first_call"]]
    assert "?" in staged.__doc__
