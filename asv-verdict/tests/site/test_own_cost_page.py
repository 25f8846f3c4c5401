"""The cost page of this repository: its titles, problems and terms agree with the glossary and with the suite."""

import re
from importlib import import_module

import pytest

from asv_verdict.project import read_project
from asv_verdict.site.configuration import printed_problems, read_cost_page
from benchmarks.page import problems
from benchmarks.rows import MODES
from benchmarks.selections import SELECTIONS
from studies.synthetic_repository import ROOT
from tools.bench import PROBLEMS

PAGE = read_cost_page(read_project(ROOT / "asv.conf.json"))
PROBLEMS_OF_PAGE = printed_problems(problems())
CLASSES = {problem.time.split(".")[1]: problem for problem in PROBLEMS_OF_PAGE}


def _names():
    """The name of each benchmark class in the glossary's table of problems."""
    text = (ROOT / "docs" / "understand" / "glossary.md").read_text()
    table = text.partition("## Problems")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return {name: row[0].strip() for row in rows for name in re.findall(r"`(\w+)`", row[2])}


@pytest.mark.parametrize("name", CLASSES)
def test_titles_are_the_names_of_the_glossary(name):
    expected = _names()[name]
    assert CLASSES[name].title == expected[0].upper() + expected[1:]


def test_the_page_shows_the_problems_that_bench_sizes_measures():
    measured = re.findall(r"\^gradients\\?\.(\w+)\\?\.", "|".join(SELECTIONS["sizes"].patterns))
    assert sorted(CLASSES) == sorted(measured) == sorted(PROBLEMS)
    assert len(CLASSES) == len(PROBLEMS_OF_PAGE) >= 10


def test_every_benchmark_of_the_page_exists_with_the_parameters_that_it_needs():
    for problem in PROBLEMS_OF_PAGE:
        for benchmark in problem.benchmarks.values():
            module, kind, method = benchmark.split(".")
            found = getattr(import_module(f"benchmarks.{module}"), kind)
            assert hasattr(found, method), benchmark
            assert {problem.size, *PAGE.series} <= set(found.param_names), benchmark


def test_every_mode_and_denominator_has_an_explanation():
    assert set(PAGE.terms) == {*MODES, *PAGE.denominators}
