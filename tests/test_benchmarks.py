"""The suite: its selections, its parameters and its skips."""

import ast
import inspect
import itertools
import json
import re
import sys
from hashlib import sha256

import pytest

from autodiff_kernels import BACKENDS, MODES, PROBLEMS, Case, cells, is_slow, why_unsupported
from autodiff_kernels.offers import DTYPES
from benchmarks import cells as suite_cells
from benchmarks import controls, costs, device, fingerprints, gradients, rates, stages
from benchmarks.protocol import ROUNDS, samples
from benchmarks.selections import SELECTIONS, expression

CLASSES = [
    value
    for value in vars(gradients).values()
    if inspect.isclass(value) and issubclass(value, gradients._Timed) and value.__name__[0] != "_"
]


def _asked(benchmark):
    """Every combination of a class in ASV, with its case, or None if the suite skips it."""
    for cell in itertools.product(*benchmark.params):
        try:
            yield cell, benchmark().case(*cell)
        except NotImplementedError as skipped:
            words = str(skipped)
            known = "measures it" in words or "measured on a GPU only" in words
            assert known, "today's code knows every cell that today's suite asks for"
            yield cell, None


@pytest.mark.parametrize("benchmark", CLASSES, ids=lambda benchmark: benchmark.__name__)
def test_classes_have_a_fixed_version_and_a_question(benchmark):
    assert benchmark.version == ("4" if issubclass(benchmark, gradients._OneCall) else "5")
    assert benchmark.timeout >= 120
    assert len(benchmark.param_names) == len(benchmark.params)
    assert benchmark.__doc__
    assert "?" in benchmark.__doc__, "a benchmark says which question it answers"


def test_the_suite_has_every_supported_cell_with_jit():
    asked = {case for benchmark in CLASSES for _, case in _asked(benchmark) if case}
    eager_jax = {case for case in cells() if case.backend == "jax" and not case.jit}
    assert {case for case in cells() if why_unsupported(case) is None} - eager_jax <= asked
    assert len(eager_jax & asked) > 40


def test_slow_cells_are_measured_once():
    for benchmark in CLASSES:
        slow = [case for _, case in _asked(benchmark) if case and is_slow(case) and why_unsupported(case) is None]
        assert bool(slow) == issubclass(benchmark, gradients._OneCall)


def test_parameter_lists_agree_with_the_package():
    assert list(MODES) == [*suite_cells.MODES, *suite_cells.SECOND_ORDER]
    assert list(BACKENDS) == suite_cells.BACKENDS
    assert list(DTYPES) == suite_cells.DTYPES


def test_setup_measures_once_and_replays(monkeypatch):
    measured = []

    def samples_of_round(name, make):
        measured.append(make())
        return [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]

    monkeypatch.setattr(gradients, "samples_of_round", samples_of_round)
    gradients._samples.cache_clear()
    benchmark = gradients.RBFKernel()
    for sample in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0):
        benchmark.setup(1, "autograd", "reverse", "float64")
        before = benchmark.timer()
        benchmark.time_gradient(1, "autograd", "reverse", "float64")
        assert benchmark.timer() - before == pytest.approx(sample)
    gradients._samples.cache_clear()
    (program,) = measured
    assert program().shape == (2,), "what is measured is the checked program"


def test_a_commit_without_preload_is_measured_too(monkeypatch):
    monkeypatch.delattr("autodiff_kernels.preload")
    monkeypatch.setattr(gradients, "samples_of_round", lambda name, make: [make() is not None])
    gradients._samples.cache_clear()
    assert gradients._samples(Case.parse("rbf/autograd/value/d=1")) == [True]
    gradients._samples.cache_clear()


def test_the_sample_of_a_slow_cell_is_its_first_call(monkeypatch):
    monkeypatch.setattr(gradients, "in_forked_process", lambda first_call: first_call())
    monkeypatch.setattr(gradients, "pin_to_core", lambda index: None)
    (sample,) = gradients._first_call(Case.parse("timeline/autograd/reverse/m=400"))
    assert sample > 0


def test_a_cell_that_an_old_commit_does_not_know_is_not_available():
    with pytest.raises(NotImplementedError, match="this commit has no such cell: unknown mode 'sideways'"):
        suite_cells.known_case("rbf", "jax", "sideways", 1)


def _selected(name: str) -> dict[str, Case]:
    """The timed cells of a selection, by their names in ASV."""
    pattern, found = re.compile(expression(name)), {}
    for benchmark in CLASSES:
        method = next(attribute for attribute in dir(benchmark) if attribute.startswith("time_"))
        for cell, case in _asked(benchmark):
            label = f"gradients.{benchmark.__name__}.{method}({', '.join(map(repr, cell))})"
            if pattern.search(label):
                assert case is not None, label
                found[label] = case
    return found


def _class(name: str) -> type:
    module, benchmark = name.split(".")
    return getattr({"costs": costs, "stages": stages}[module], benchmark)


def _labels(name: str) -> list[str]:
    """Every cell of a selection by its name in ASV, for every kind of measurement."""
    pattern, found = re.compile(expression(name)), []
    for module in (gradients, stages, costs, controls, device, rates):
        for benchmark in vars(module).values():
            if not (inspect.isclass(benchmark) and benchmark.__module__ == module.__name__):
                continue
            methods = [method for method in dir(benchmark) if method.startswith(("time_", "track_"))]
            for method, cell in itertools.product(methods, itertools.product(*getattr(benchmark, "params", []))):
                label = f"{module.__name__.split('.')[1]}.{benchmark.__name__}.{method}({', '.join(map(repr, cell))})"
                if pattern.search(label):
                    found.append(label)
    return found


#: Of each selection: its version, its timed cells, and a digest of all its cells.
SELECTED = {
    "nightly": (5, 80, "817ad5dc"),
    "releases": (2, 18, "41853321"),
    "gpu": (1, 128, "d40f2dbb"),
}


@pytest.mark.parametrize("name", SELECTED)
def test_selections_change_with_their_version(name):
    labels = _labels(name)
    timed = sum(".time_" in label for label in labels)
    digest = sha256("\n".join(sorted(labels)).encode()).hexdigest()[:8]
    found = (SELECTIONS[name].version, timed, digest)
    assert found == SELECTED[name], (
        f"the cells of {name!r} have changed: raise its version in benchmarks/selections.py "
        f"and write into SELECTED: {json.dumps(name)}: {json.dumps(found)}"
    )


def test_every_pattern_of_a_selection_selects_something():
    for name in ("nightly", "releases", "sizes", "gpu", "beside-gpu"):
        labels = _labels(name)
        for pattern in SELECTIONS[name].patterns:
            assert pattern == r"^fingerprints\." or any(re.search(pattern, label) for label in labels), pattern


def test_nightly_holds_every_problem_backend_mode_and_precision():
    selected = _selected("nightly").values()
    assert {case.problem for case in selected} == {case.problem for case in cells()}
    assert {case.formulation for case in selected} == {case.formulation for case in cells()} - {"linear_argument"}
    assert {case.backend for case in selected} == set(BACKENDS)
    assert {case.mode for case in selected} == set(MODES)
    assert {case.dtype for case in selected} == set(DTYPES)
    assert {case.jit for case in selected if case.backend == "jax"} == {True, False}


def test_nightly_starts_no_process_for_a_cell_that_does_not_run():
    assert {label: why_unsupported(case) for label, case in _selected("nightly").items() if why_unsupported(case)} == {}
    for label in _labels("nightly"):
        if label.startswith(("costs.", "stages.")):
            benchmark, cell = re.fullmatch(r"(\w+\.\w+)\.\w+(\(.*\))", label).groups()
            of_case = dict(zip(_class(benchmark).param_names, ast.literal_eval(cell), strict=True))
            of_case.pop("stage", None)
            case = _class(benchmark)().case(*of_case.values())
            assert not why_unsupported(case), label


def test_an_unknown_selection_names_the_known_ones():
    with pytest.raises(
        SystemExit, match="unknown selection 'weekly'; allowed: nightly, releases, sizes, gpu, beside-gpu, full"
    ):
        expression("weekly")
    assert list(SELECTIONS) == ["nightly", "releases", "sizes", "gpu", "beside-gpu", "full"]


def test_fingerprints_are_exact_in_a_float_and_differ():
    values = [fingerprints.Fingerprint().track_fingerprint(cell) for cell in fingerprints.Fingerprint.params[0]]
    assert all(value == int(float(value)) > 0 for value in values)
    assert len(set(values)) == len(values) - 2, "two pairs of formulations ask the same question"


def test_every_formulation_has_a_fingerprint():
    named = {tuple(cell.split("/")[:2]) for cell in fingerprints.Fingerprint.params[0]}
    assert named == {(problem.name, form) for problem in PROBLEMS.values() for form in problem.formulations}


def test_asv_can_tell_a_change_from_noise_with_the_samples_of_one_cell():
    """With rounds up to 1.4 % apart, 10 % slower is a change and identical runs are not."""
    from asv import _stats
    from asv_runner.statistics import compute_stats

    def pooled(scale):
        shortest = [scale * (1 + 0.002 * number) for number in range(ROUNDS)]
        return [sample for last in range(ROUNDS) for sample in samples([[one] for one in shortest[: last + 1]])]

    def different(first, second):
        return _stats.is_different(first, second, *(compute_stats(s, 1)[1] for s in (first, second)))

    assert different(pooled(1.0), pooled(1.1))
    assert not different(pooled(1.0), pooled(1.0))


def test_a_fingerprint_sees_a_changed_input(monkeypatch):
    from dataclasses import replace

    before = fingerprints.Fingerprint().track_fingerprint("rbf/standard/100")
    problem = PROBLEMS["rbf"]
    changed = replace(problem, inputs=lambda size, seed: problem.inputs(size, seed + 1))
    monkeypatch.setitem(fingerprints.PROBLEMS, "rbf", changed)
    assert fingerprints.Fingerprint().track_fingerprint("rbf/standard/100") != before


def test_machine_record_has_no_version_and_is_written_once(monkeypatch, tmp_path):
    from asv.machine import Machine, MachineCollection

    from tools.machine import record

    found = Machine.get_defaults() | {"os": "Linux 6.1.0-21", "ram": "25227001856", "num_cpu": "2"}
    monkeypatch.setattr(Machine, "get_defaults", staticmethod(lambda: dict(found)))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr(MachineCollection, "get_machine_file_path", staticmethod(lambda: str(tmp_path / "machines")))
    assert record("desk").startswith("Recorded machine 'desk': ")
    first = MachineCollection.load("desk")
    assert (first["os"], first["ram"], first["num_cpu"]) == ("Linux", "23 GiB", "2")
    found["ram"] = "1073741824"
    assert "already has a record" in record("desk")
    assert MachineCollection.load("desk") == first
    assert record("other").startswith("Recorded machine 'other'")


def test_table_of_results_shows_times_as_multiples_of_the_objective(monkeypatch, capsys):
    from tools import table

    class FakeResults:
        def get_all_result_keys(self):
            return ["gradients.MVNLogDensity.time_gradient"]

        def get_result_params(self, benchmark):
            return [["3", "100"], ["'jax'"], ["'value'", "'reverse'", "'forward'"], ["'float64'"]]

        def get_result_value(self, benchmark, parameters):
            return [1e-5, 3e-5, float("nan"), 2e-3, None, 5e-3]

    monkeypatch.setattr(table, "_results", lambda *arguments: iter([FakeResults()]))
    monkeypatch.setattr(sys, "argv", ["table", "desk"])
    table.main()
    text = capsys.readouterr().out
    assert "nan" not in text
    assert "| MVN log-density, n = 3 | jax | 10 µs | | | 3.0 × | | | |" in text
    assert "| MVN log-density, n = 100 | jax | 2 ms | | | | 2.5 × | | |" in text


def test_table_without_results_says_how_to_get_them(monkeypatch):
    from tools import table

    monkeypatch.setattr(table, "_results", lambda *arguments: iter([]))
    monkeypatch.setattr(sys, "argv", ["table", "desk"])
    with pytest.raises(SystemExit, match=r"has no results of commit .*: measure them with `make bench`"):
        table.main()
