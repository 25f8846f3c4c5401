"""Each drill runs once, small; the foreign repositories are stand-ins with the same layout."""

import json
import subprocess

import pytest

from studies.drills import __main__ as drills
from studies.drills.autograd_suite import SLOWED, Check
from studies.drills.project import Ended
from studies.drills.row import Task
from studies.drills.scipy_results import run as detect
from studies.synthetic_repository import Bench, SyntheticRepository

CORE = """
def backward_pass(value):
    return sum(range(1000)) * value


def grad(value):
    return backward_pass(value)


def f_long(value):
    return sorted(range(20_000), key=lambda index: -index * value)
"""


SUITE = {
    "autograd/__init__.py": "",
    "autograd/core.py": CORE,
    "benchmarks/__init__.py": "",
    "benchmarks/bench_core.py": """from autograd.core import f_long, grad


def time_short_grad():
    grad(2.0)


def time_long_fun():
    f_long(2.0)
""",
    "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "autograd"
version = "1.0"
""",
    "benchmarks/asv.conf.json.sample": json.dumps(
        {
            "version": 1,
            "project": "autograd",
            "branches": ["master"],
            "environment_type": "virtualenv",
            "repo": "..",
            "benchmark_dir": ".",
            "env_dir": "../.asv/env",
            "results_dir": "../.asv/results",
            "html_dir": "../.asv/html",
        }
    ),
    ".gitignore": ".asv/\n__pycache__/\n",
}


@pytest.fixture
def autograd(tmp_path):
    """A stand-in for the repository of HIPS autograd."""
    root = tmp_path / "autograd"
    for name, text in SUITE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    who = ["-c", "user.email=a@b.c", "-c", "user.name=a"]
    for words in (
        ["init", "--quiet", "--initial-branch", "master"],
        ["add", "--all"],
        [*who, "commit", "-qm", "Begin"],
        ["tag", "v1.0"],
        [*who, "commit", "-qm", "Go on", "--allow-empty"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.fixture
def scipy(tmp_path):
    """A stand-in for the repository of SciPy's results: 60 commits, with a step in the middle."""
    made = SyntheticRepository(tmp_path / "made", {"a.time_b": Bench("seconds", {"n": [1, 2]}, lambda n: 1e-3 * n)})
    made.start()
    for number in range(60):
        made.measure(made.commit(f"Commit {number}"), factor=(1.0 if number < 30 else 1.5) + number % 3 / 1000)
    made.results.rename(made.root / "results")
    made.git("add", "--force", "results")
    made.commit("Publish")
    return made.root


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["nights", "kills", "autograd"])
def test_each_drill_passes_small(name, autograd, capsys):
    status = drills.main([name, "--small", "--clone", f"autograd={autograd}"])
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("named", "is_open", "is_wrong"),
    [(["b"], False, False), (["a", "b"], True, False), (["a"], False, True), ([], False, True)],
)
def test_a_range_with_the_planted_commit_is_open_and_another_commit_is_wrong(named, is_open, is_wrong):
    changes = [{"cell": SLOWED, "commits": named, "state": "confirmed"}] if named else []
    ended = Ended(1 if named else 0, f"{'regression' if named else 'pass'}: {SLOWED}", "", {"changes": changes})
    check = Check("night with a change", "regression", ended, ["b"])
    assert (check.is_open, bool(check.faults) and not check.is_open) == (is_open, is_wrong)


def test_detect_is_held_against_its_limits(scipy, tmp_path, monkeypatch):
    monkeypatch.setattr("studies.drills.scipy_results.MOST_BYTES", 1e6)
    outcome = detect(Task(tmp_path / "drill", True, {"scipy": str(scipy)}))
    assert "60 files" in outcome.tried
    (failure,) = outcome.failures
    assert failure.endswith("MB: expected at most 1 MB")


@pytest.mark.parametrize("name", ["autograd", "scipy"])
def test_a_foreign_repository_that_is_not_reached_is_a_failure(name, tmp_path, capsys):
    assert drills.main([name, "--small", "--clone", f"{name}={tmp_path / 'nowhere'}"]) == 1
    row, why = capsys.readouterr().out.splitlines()
    assert row.startswith(f"{name}: nothing was tried: the drill could not begin: failed")
    assert f"cannot clone {tmp_path / 'nowhere'}" in why
    assert why.endswith(f"name a copy: --clone {name}=PATH")


@pytest.mark.parametrize("words", [["nosuch"], ["--clone", "nights=x"], ["--clone", "scipy"]])
def test_a_wrong_name_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        drills.main(words)
    assert "expected" in capsys.readouterr().err


def test_a_row_replaces_the_stored_one_of_its_drill(monkeypatch):
    old = [[name, "tried", "passed", "1", "2026-01-01"] for name in drills.DRILLS]
    monkeypatch.setattr("studies.documents.load", lambda path: {"tables": [{"rows": old}]})
    new = ["kills", "tried", "failed", "2", "2026-01-02"]
    (table,) = drills.stored([new], "a machine")["tables"]
    assert table["rows"] == [old[0], new, *old[2:]]
