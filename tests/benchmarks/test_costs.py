"""Counts: each detects the changes that it should, and a change that one misses is detected by another."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from asv_runner.benchmarks.mark import SkipNotImplemented

from autodiff_kernels import MODES, PROBLEMS, Case, build
from autodiff_kernels.backends.autograd.counts import function_calls
from autodiff_kernels.backends.jax.counts import compiled_work, float64_values
from autodiff_kernels.backends.jax.models import MODELS
from autodiff_kernels.problems.base import BY_CHOLESKY
from benchmarks import costs, rows
from benchmarks.costs import recorded_costs

ROOT = Path(__file__).parents[2]
CLASSES = list(costs.CLASSES.values())


def _work(function, *arguments):
    traced = jax.jit(function).trace(*arguments)
    lowered = traced.lower()
    return compiled_work(traced, lowered, lowered.compile())


# --- JAX: the trace, the lowered program and the optimised one ---


def _looped(turns):
    return lambda x: jax.lax.fori_loop(0, turns, lambda _, y: jnp.sin(y), x)


def test_the_hash_depends_on_loop_lengths_and_the_equations_do_not():
    ten, twenty = (_work(_looped(turns), np.float32(1)) for turns in (10, 20))
    assert ten["equations"] == twenty["equations"]
    assert ten["program_hash"] != twenty["program_hash"]
    assert ten["program_hash"] == int(float(ten["program_hash"])) > 0, "exact in a float"


def test_the_lowered_program_shows_duplicated_work_that_the_optimiser_hides():
    once = _work(lambda x: jnp.sin(x) + 1, np.ones(10, np.float32))
    twice = _work(lambda x: 0.5 * (jnp.sin(x) + jnp.sin(x)) + 1, np.ones(10, np.float32))
    assert twice["equations"] > once["equations"]
    assert twice["program_hash"] != once["program_hash"]


def test_the_hash_depends_on_the_lapack_routine():
    matrix = np.eye(3, dtype=np.float32)
    assert (
        _work(jnp.linalg.cholesky, matrix)["program_hash"]
        != _work(lambda a: jnp.linalg.cholesky(a, upper=True), matrix)["program_hash"]
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a:f64[3] = sin b:f64[]", 2),
        ("tensor<3xf64>, tensor<f64>, tensor<2xcomplex<f64>>", 3),
        ("%x = c128[2]{0} fusion(f64[2]{0} %y)", 2),
        ("f32[3] tensor<3xf32> complex<f32> c64[2] bf64", 0),
    ],
)
def test_float64_is_counted_in_each_text_format(text, values):
    assert float64_values(text) == values


def test_float64_values_inside_a_program_are_counted():
    with jax.enable_x64(True):
        assert _work(lambda x: jnp.sum(x.astype("float64")).astype("float32"), np.ones(3, np.float32))["float64_values"]
        assert _work(lambda x: (x + 1j).real, np.ones(3, np.float64))["float64_values"]
    assert _work(lambda x: jnp.sin(x) + 1j, np.ones(3, np.float32))["float64_values"] == 0


# --- autograd: the tape, the calls and the interpreter ---


@pytest.mark.parametrize(
    ("case", "objective_calls", "pull_backs"),
    [
        ("timeline/autograd/value/m=400", 1, 0),
        ("timeline/autograd/explicit/m=400", 0, 0),
        ("timeline/autograd/reverse/m=400", 1, 400),
        ("timeline/autograd/forward/m=400", 2, 0),
        ("timeline/autograd/double_reverse/m=400", 1, 3),
        ("timeline/autograd/finite_difference/m=400", 4, 0),
        ("timeline/autograd/complex_step/m=400", 2, 0),
        ("mvn/autograd/reverse/n=3", 1, 1),
    ],
)
def test_calls_agree_with_the_passes_of_the_mode(case, objective_calls, pull_backs):
    work = build(case).work()
    assert (work["objective_calls"], work["pull_backs"]) == (objective_calls, pull_backs)
    assert (work["reverse_nodes"] > 0) == (pull_backs > 0)
    assert (work["forward_nodes"] > 0) == ("/forward/" in case)


def test_function_calls_reveal_a_loop_outside_of_the_tape():
    def loop(turns):
        return function_calls(lambda: [abs(turn) for turn in range(turns)])

    assert loop(20) - loop(10) == 10


@pytest.mark.parametrize("case", ["mvn/autograd/reverse/n=3", "timeline/autograd/explicit/m=400"])
def test_counts_are_the_same_on_every_call(case):
    program = build(case)
    assert program.work() == program.work()
    assert program.work()["function_calls"] > 0


def _counted_by_the_compiler(case: Case) -> float:
    model = MODELS[case.problem](case.formulation)
    inputs = case.definition.measured_inputs(case.formulation, case.size).astype("float32")
    compute = model.objective if case.mode == "value" else model.explicit
    analysis = jax.jit(compute).lower(inputs.parameters, *inputs.data.values()).compile().cost_analysis()
    return analysis["flops"] + analysis.get("transcendentals", 0.0)


#: Formulations of which the compiler does not see the operations of a library, or how often a loop runs.
UNSEEN = ("grid", "fixed_point", "state_space_fit")


@pytest.mark.parametrize("mode", ["value", "explicit"])
@pytest.mark.parametrize(
    ("problem", "formulation"),
    [
        (problem.name, name)
        for problem in PROBLEMS.values()
        for name, form in problem.formulations.items()
        if BY_CHOLESKY[0] not in form.refusals and problem.name not in UNSEEN
    ],
)
def test_operations_agree_with_the_compiler_if_it_counts_everything(problem, formulation, mode):
    form = PROBLEMS[problem].formulations[formulation]
    # The compiler counts the steps of a loop once.
    size = max(1, PROBLEMS[problem].size_limits[0]) if form.steps else form.sizes[-1]
    case = Case(problem, "jax", mode, size, formulation=formulation)
    operations = case.form.operations(case.size)
    wanted = operations.value if mode == "value" else operations.derivative
    counted = _counted_by_the_compiler(case)
    assert wanted / 2 < counted < 2 * wanted, f"{wanted:.3g} by hand, {counted:.3g} by the compiler"


def test_operations_of_linear_algebra_agree_with_the_textbook():
    """Leading terms in n³: Golub & Van Loan, Matrix Computations."""
    n = 10**8
    cholesky, textbook = (PROBLEMS["mvn"].formulations[form].operations(n) for form in ("cholesky", "textbook"))
    leading = [round(count / n**3, 4) for count in (*cholesky, *textbook)]
    assert leading == [round(1 / 3, 4), 1.0, round(5 / 3, 4), round(1 / 3 + 4 / 3 + 32 / 3, 4)]


@pytest.fixture
def record_folder(monkeypatch, tmp_path):
    """A folder for records. Nothing is forked: if JAX has started in this process, a fork hangs."""
    monkeypatch.setattr(costs, "in_forked_process", lambda making: making())
    monkeypatch.setattr(costs, "pin_to_core", lambda index: None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_quantities_of_a_cell_come_from_one_record(record_folder):
    first = costs.RBFKernel()
    first.setup(1, "jax", "reverse", "float64")
    (record,) = record_folder.iterdir()
    found = json.loads(record.read_text())["left"]
    assert 0 <= found["peak_bytes"] < 2**30
    assert 0 <= first.track_error() < 1e-9
    record.write_text(json.dumps({"left": found | {"equations": 12345}}))
    second = costs.RBFKernel()
    second.setup(1, "jax", "reverse", "float64")
    assert second.track_equations() == 12345


def test_a_count_that_a_backend_lacks_is_not_available(record_folder):
    benchmark = costs.RBFKernel()
    benchmark.setup(1, "autograd", "reverse", "float64")
    with pytest.raises(SkipNotImplemented, match="track_equations is not available for this program"):
        benchmark.track_equations()
    assert benchmark.track_pull_backs() == 1


def test_an_unsupported_cell_is_not_available_and_is_not_tried_again(record_folder, monkeypatch):
    case = Case.parse("mvn/autograd/forward/n=3")
    with pytest.raises(NotImplementedError, match="no forward-mode rule"):
        recorded_costs(case)
    monkeypatch.setattr(costs, "costs", lambda case: pytest.fail("tried again"))
    with pytest.raises(NotImplementedError, match="no forward-mode rule"):
        recorded_costs(case)


def test_after_a_failure_the_other_quantities_of_the_cell_fail_at_once(record_folder, monkeypatch):
    case = Case.parse("rbf/autograd/reverse/d=1")
    monkeypatch.setattr(costs, "costs", lambda case: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recorded_costs(case)
    with pytest.raises(RuntimeError, match="failed in an earlier process of this run: ZeroDivisionError"):
        recorded_costs(case)


def test_processes_with_different_deterministic_metrics_are_an_error(monkeypatch):
    answers = iter([{"error": 0.0, "equations": number} for number in (7, 8)])
    monkeypatch.setattr(costs, "in_forked_process", lambda making: next(answers))
    with pytest.raises(ArithmeticError, match="deterministic metrics differ between processes"):
        costs.costs(Case.parse("rbf/autograd/reverse/d=1"))


def test_peak_memory_excludes_the_oracle():
    # In a fresh process, whose backend has not started. The second and the third case have matrices of 8 MB, and the
    # oracle of the third needs more of them than its program.
    code = """
import json
from benchmarks.costs import costs
print(json.dumps([costs(Case.parse(text))["peak_bytes"] for text in TEXTS]))
"""
    texts = ["covariance/autograd/value/n=10", "covariance/autograd/reverse/n=1000"]
    texts += ["mvn/autograd/finite_difference/n=1000", "rbf/jax/reverse/d=1"]
    code = code.replace("TEXTS", repr(texts)).replace("import json", "import json; from autodiff_kernels import Case")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    small, large, objective, compiled = json.loads(done.stdout)
    assert 0 <= small < 16e6  # the kernel counts pages in batches, so a small program may have taken none
    assert 16e6 < large < 400e6
    assert 16e6 < objective < 100e6
    assert 1e6 < compiled < 400e6


@pytest.mark.parametrize("benchmark", CLASSES, ids=lambda benchmark: benchmark.__name__)
def test_classes_have_a_fixed_version_and_a_question(benchmark):
    assert benchmark.track_error.version == "1"
    assert benchmark.track_peak_bytes.version == "2"
    assert "?" in benchmark.__doc__, "a benchmark says which question it answers"
    for name in dir(benchmark):
        if name.startswith("track_"):
            assert getattr(benchmark, name).unit


def test_every_count_of_the_package_is_tracked():
    benchmark = next(iter(costs.CLASSES.values()))
    tracked = {name.removeprefix("track_") for name in dir(benchmark) if name.startswith("track_")}
    counted = {name for case in ("mvn/jax/value/n=3", "mvn/autograd/value/n=3") for name in build(case).work()}
    assert tracked == counted | {"peak_bytes", "error", "device_peak_bytes", "times_floor"}
    assert set(MODES) == {*rows.MODES, *rows.SECOND_ORDER}
