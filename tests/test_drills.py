"""Each drill runs once, small; the foreign repositories are stand-ins with the same layout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.drills import __main__ as drills
from tools.drills.kills import Ledger, Run, numbers_of
from tools.drills.nights import faults, is_open
from tools.drills.project import MARK, Ended
from tools.drills.row import Task
from tools.drills.scipy_results import run as detect
from tools.drills.stories import FIRST, OTHER, STORIES, WORK, Night
from tools.drills.suite import cell
from tools.synthetic_repository import Bench, SyntheticRepository

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


def test_detect_is_held_against_its_limits(scipy, tmp_path, monkeypatch):
    monkeypatch.setattr("tools.drills.scipy_results.MOST_BYTES", 1e6)
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


def ended(status, word, changes=(), missing=(), regressions=0, undecided=()):
    """A night that has ended, with confirmed changes of these cells by commit, and undecided cells."""
    listed = [{"cell": name, "commits": [commit], "state": "confirmed"} for name, commit in changes]
    listed += [{"cell": name, "commits": [], "state": "inconclusive"} for name in undecided]
    report = {"changes": listed, "missing": list(missing), "regressions": regressions}
    return Ended(status, f"{word}: 2 of 2 expected cells measured\n", "", report)


SLOWER = Night((), "regression", {WORK: 1})
COMMITS = ["a", "b"]


def test_a_night_that_is_right_has_no_fault():
    assert faults(SLOWER, ended(1, "regression", [(cell(WORK), "b")], regressions=1), COMMITS) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ended(0, "pass"),
        ended(0, "regression", [(cell(WORK), "b")], regressions=1),
        ended(1, "regression", [(cell(WORK), "a")], regressions=1),
        ended(1, "regression", [(cell(WORK), "b"), (cell(OTHER), "b")], regressions=2),
        ended(1, "regression", [(cell(WORK), "b")], [f"{cell(OTHER)} failed"], regressions=1),
        ended(2, ""),
    ],
)
def test_a_night_that_is_wrong_is_a_fault_and_not_open(wrong):
    assert faults(SLOWER, wrong, COMMITS)
    assert not is_open(SLOWER, wrong, COMMITS)


def test_an_inconclusive_night_is_open_unless_it_confirms_what_nobody_planted():
    open_night = ended(3, "inconclusive", undecided=[cell(WORK)])
    assert is_open(SLOWER, open_night, COMMITS)
    assert not is_open(SLOWER, ended(3, "inconclusive"), COMMITS)
    assert not is_open(SLOWER, ended(3, "inconclusive", [(cell(OTHER), "b")], undecided=[cell(WORK)]), COMMITS)
    assert not is_open(Night((), "broken", missing=(OTHER,)), ended(3, "inconclusive"), COMMITS)


def test_a_broken_night_is_open_if_noise_hides_the_planted_change():
    night = Night((), "broken", {WORK: 1}, missing=(OTHER,))
    lost = [f"{cell(OTHER)} failed"]
    assert is_open(night, ended(2, "broken", missing=lost, undecided=[cell(WORK)]), COMMITS)
    assert not is_open(night, ended(2, "broken", missing=lost), COMMITS)
    assert not is_open(night, ended(2, "broken", undecided=[cell(WORK)]), COMMITS)


def test_a_change_that_is_attributed_to_a_range_with_its_commit_is_open():
    both = ended(1, "regression", [(cell(WORK), "b")], regressions=1)
    both.report["changes"][0]["commits"] = ["a", "b"]
    assert faults(SLOWER, both, COMMITS)
    assert is_open(SLOWER, both, COMMITS)


def test_the_stories_plant_changes_in_benchmarks_that_they_have():
    assert len(STORIES) == 10
    for story in STORIES.values():
        code = FIRST
        for night in story:
            for change in night.commits:
                code = change(code)
            assert {*night.slower, *night.faster} <= code.benchmarks.keys()
            assert set(night.missing).isdisjoint(code.benchmarks.keys() - code.broken)
        compile(code.files()["benchmarks/times.py"], "times.py", "exec")


class Stopped:
    """A project on disk without ASV, for the ledger of the kills."""

    def __init__(self, folder: Path):
        self.root, self.user_file, self.status = folder, folder / "machines.json", ""
        self.user_file.write_text("{}")
        self.result = folder / ".asv" / "results" / "drill" / "0123abcd-env.json"
        self.result.parent.mkdir(parents=True)
        self.result.write_text('{"results": {"a": [[0.1]], "b": [[null, 0.2]], "c": [[null]], "d": null}}')

    def git(self, *words):
        """Stands in for `git status`."""
        return self.status


@pytest.fixture
def stopped(tmp_path):
    return Stopped(tmp_path)


def test_a_run_that_loses_and_leaves_nothing_has_no_failure(stopped):
    ledger = Ledger(stopped)
    ledger.check(Run("now", "no process has this mark", "", True))
    assert ledger.failures == []
    assert {name for _, name in numbers_of(stopped)} == {"a", "b"}


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda one: one.user_file.write_text(""), "machines.json has changed"),
        (lambda one: setattr(one, "status", "?? left.json"), "the work tree has a change: ?? left.json"),
        (lambda one: one.result.write_text('{"results": {"a": [[0.1]]}}'), "lost the numbers of"),
        (lambda one: one.result.write_text("{"), "a result cannot be read"),
    ],
)
def test_what_a_run_loses_or_leaves_is_a_failure(stopped, damage, sentence):
    ledger = Ledger(stopped)
    damage(stopped)
    ledger.check(Run("now", "no process has this mark", "", True))
    (failure,) = ledger.failures
    assert failure.startswith("now: ")
    assert sentence in failure


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the environment of a process")
def test_a_process_that_is_left_is_found_by_its_mark(stopped, monkeypatch):
    monkeypatch.setattr("tools.drills.kills.GRACE", 0.0)
    ledger, run = Ledger(stopped), Run("now", "a mark of this test", "", True)
    # A process has its environment only some time after Popen returns: surely when it prints.
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
    with subprocess.Popen(command, env={**os.environ, MARK: run.mark}, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            ledger.check(run)
        finally:
            process.kill()
    assert ledger.failures == [f"now: processes [{process.pid}] still run after 0 s"]


def test_a_row_replaces_the_stored_one_of_its_drill(monkeypatch):
    old = [[name, "tried", "passed", "1", "2026-01-01"] for name in drills.DRILLS]
    monkeypatch.setattr("tools.documents.load", lambda path: {"tables": [{"rows": old}]})
    new = ["kills", "tried", "failed", "2", "2026-01-02"]
    (table,) = drills.stored([new], "a machine")["tables"]
    assert table["rows"] == [old[0], new, *old[2:]]
