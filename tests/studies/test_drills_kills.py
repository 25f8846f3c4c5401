"""What the drill of kills finds lost or left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studies.drills.kills import Ledger, Run, numbers_of
from studies.drills.project import MARK


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
    monkeypatch.setattr("studies.drills.kills.GRACE", 0.0)
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
