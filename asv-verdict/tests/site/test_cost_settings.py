"""The settings of the cost page: what is wrong with them, and a command that prints its problems."""

import json

import pytest
from synthetic_costs import SETTINGS, cost, synthetic_costs

from asv_verdict.project import BadSetting, read_project
from asv_verdict.site.configuration import read_cost_page


@pytest.fixture
def repository(tmp_path):
    return synthetic_costs(tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('size = "n"', 'size = "m"'), "has no parameter m, only: n, backend, mode, dtype"),
        (('size = "n"', 'size = "mode"'), "mode of time.Kernel.time_call has a value that is not a number"),
        (("time.Kernel.time_call", "time.Kernel.time_gone"), "the suite has no benchmark time.Kernel.time_gone"),
    ],
)
def test_a_problem_that_the_suite_lacks_is_left_out_and_reported(repository, change, sentence):
    repository.measure(repository.commit())
    (repository.root / "asv_verdict.toml").write_text(SETTINGS.replace(*change))
    problems = []
    assert cost(repository, problems)["problems"] == []
    assert any(sentence in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[cost]\ntitle = 'x'", r"\[cost\]: the setting series is missing"),
        (SETTINGS.replace("title", "titel", 1), r"\[cost\]: unknown setting 'titel'; the settings are: title, series"),
        (SETTINGS.replace('size = "n"', "size = 1"), r"entry 1 of \[\[cost\.problems\]\]: size = 1: expected a string"),
        (SETTINGS.replace('size = "n"', ""), r"entry 1 of \[\[cost\.problems\]\]: the setting size is missing"),
        (SETTINGS.replace('["backend", "mode"]', '"mode"'), r"\[cost\]: series = 'mode': expected a list"),
        (
            SETTINGS.replace('["backend", "mode"]', "[]"),
            r"\[cost\]: series = \[\]: expected at least one parameter",
        ),
        ("cost = { problems = 1, title = 'x', series = ['y'] }", r"1: expected .* begin each with \[\[cost\."),
        ("cost = { problems = [1], title = 'x', series = [] }", "entry 1 of problems = 1: expected a table"),
        ("cost = { problems = [], title = 'x', series = ['y'] }", r"problems = \[\]: expected at least one \[\[cost"),
        (
            "cost = { problems = [], title = 'x', series = ['y'], terms = { a = 1 } }",
            r"terms = \{'a': 1\}: expected a table of strings",
        ),
    ],
)
def test_a_wrong_setting_is_an_error_that_states_what_is_expected(repository, text, sentence):
    (repository.root / "asv_verdict.toml").write_text(text)
    with pytest.raises(BadSetting, match=sentence):
        read_cost_page(read_project(repository.root / "asv.conf.json"))


def test_without_the_setting_there_is_no_page(repository):
    (repository.root / "asv_verdict.toml").write_text("")
    assert read_cost_page(read_project(repository.root / "asv.conf.json")) is None


def _by_command(repository, printed):
    """The titles of the page, and what is missing, if a command prints the problems."""
    repository.measure(repository.commit())
    head = SETTINGS.partition("[[cost.problems]]")[0]
    (repository.root / "problems.json").write_text(printed)
    toml = head.replace("packages", 'problems_command = "cat problems.json"\npackages')
    (repository.root / "asv_verdict.toml").write_text(toml)
    problems = []
    return [problem["title"] for problem in cost(repository, problems)["problems"]], problems


def test_a_command_prints_the_problems_of_the_page(repository):
    printed = [{"title": "A kernel", "size": "n", "time": "time.Kernel.time_call"}]
    assert _by_command(repository, json.dumps(printed)) == (["A kernel"], [])


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("nothing", "Expecting value"),
        ('{"title": "A kernel"}', "problems_command: problems = {'title': 'A kernel'}: expected"),
        ('[{"title": "A kernel", "size": "n"}]', "time"),
        ('[{"title": 1, "size": "n", "time": "t"}]', "title = 1: expected"),
    ],
)
def test_problems_that_cannot_be_read_are_reported(repository, printed, reason):
    titles, (problem,) = _by_command(repository, printed)
    assert titles == []
    assert problem.startswith("the cost page lacks the problems of problems_command: ")
    assert reason in problem
