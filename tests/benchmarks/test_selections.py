"""The selections of the suite: what each holds, and that it changes only with its version."""

import ast
import inspect
import itertools
import re
from pathlib import Path

import pytest

from autodiff_kernels import BACKENDS, MODES, Case, cells, why_unsupported
from autodiff_kernels.offers import DTYPES
from benchmarks import controls, costs, device, gradients, rates, stages
from benchmarks.fingerprints import Fingerprint
from benchmarks.selections import SELECTIONS, Selection, expression
from tests.support.asked_cells import CLASSES, asked


def _selected(name: str) -> dict[str, Case]:
    """The timed cells of a selection, by their names in ASV."""
    pattern, found = re.compile(expression(name)), {}
    for benchmark in CLASSES:
        method = next(attribute for attribute in dir(benchmark) if attribute.startswith("time_"))
        for cell, case in asked(benchmark):
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


#: The largest number of timed cells, so that a night and a release history end in time.
MOST = {"nightly": 100, "releases": 40}


@pytest.mark.parametrize("name", MOST)
def test_a_selection_is_small_enough_for_its_purpose(name):
    assert 0 < sum(".time_" in label for label in _labels(name)) <= MOST[name]


def test_the_version_of_a_selection_changes_with_its_cells():
    versions = {selection.version for selection in SELECTIONS.values()}
    assert len(versions) == len(SELECTIONS)
    nightly = SELECTIONS["nightly"]
    assert nightly.version == Selection(nightly.patterns[::-1]).version
    assert nightly.version != Selection(nightly.patterns[1:]).version


def test_every_pattern_of_a_selection_selects_something():
    for name in ("nightly", "releases", "sizes", "gpu", "beside-gpu"):
        labels = _labels(name)
        for pattern in SELECTIONS[name].patterns:
            assert pattern == r"^fingerprints\." or any(re.search(pattern, label) for label in labels), pattern


def test_nightly_holds_every_problem_backend_mode_and_precision():
    selected = _selected("nightly").values()
    assert {case.problem for case in selected} == {case.problem for case in cells()}
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
            case = _class(benchmark).row.case(*of_case.values())
            assert not why_unsupported(case), label


def test_readme_says_roughly_how_many_cells_a_night_has():
    count = len(_labels("nightly")) + len(Fingerprint.params[0])
    (said,) = re.findall(r"`make bench` measures some (\d+) \*cells\*", Path("README.md").read_text(encoding="utf-8"))
    assert int(said) == pytest.approx(count, rel=0.1)


def test_an_unknown_selection_names_the_known_ones():
    with pytest.raises(
        SystemExit, match="unknown selection 'weekly'; allowed: nightly, releases, sizes, gpu, beside-gpu, full"
    ):
        expression("weekly")
    assert list(SELECTIONS) == ["nightly", "releases", "sizes", "gpu", "beside-gpu", "full"]
