"""A synthetic ASV repository for each test."""

import json

import pytest

from asv_verdict.measure.calibrate import calibrate
from branches import git
from github import issues as issues
from hosted_suite import hosted
from initialised import WHEEL
from studies.synthetic_repository import begin
from synthetic_results import ENVIRONMENT
from synthetic_suite import Suite, write_noise


@pytest.fixture
def suite(tmp_path):
    """A repository without commits."""
    begin(tmp_path, 'exact = "track_equations"\nlower_is_better = "track_equations"\n')
    suite = Suite(tmp_path)
    write_noise(suite, "desk")
    return suite


@pytest.fixture
def remote(suite, tmp_path_factory):
    """A bare repository that the suite's is pushed to."""
    path = tmp_path_factory.mktemp("remote")
    git(path, "init", "--quiet", "--bare", "--initial-branch", "main")
    suite.commit()
    git(suite.root, "remote", "add", "origin", str(path))
    git(suite.root, "push", "--quiet", "origin", "main")
    return path


@pytest.fixture
def wheel(tmp_path_factory):
    """A file with the name of a wheel of asv-verdict."""
    path = tmp_path_factory.mktemp("wheel") / WHEEL
    path.write_bytes(b"a wheel")
    return path


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    """A machine without background load, which is not observed, so that a round takes no time."""
    monkeypatch.setattr("asv_verdict.measure.session_runner.busy_cores", lambda: 0.0)


@pytest.fixture
def pairs(suite):
    """Measures pairs of the newest commit; returns what was not measured, and the pairs that were added."""
    path = suite.root / ".asv" / "noise" / "desk" / f"{ENVIRONMENT}.json"
    before = json.loads(path.read_text())["pairs"]

    def measure(count=1, selection="", minutes=60.0, make_runner=suite.runner, say=lambda sentence: None):
        head = suite.git("rev-parse", "HEAD")
        failed = calibrate(
            suite.project, "desk", head, selection, pairs=count, minutes=minutes, say=say, make_runner=make_runner
        )
        after = json.loads(path.read_text())["pairs"]
        assert after[: len(before)] == before, "no pair is removed"
        return failed, after[len(before) :]

    return measure


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Makes a repository with a suite, and a session of its commit with a real ASV."""
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv("NOTES", str(notes))
    monkeypatch.setenv("HOME", str(tmp_path))
    with hosted(tmp_path) as made:
        yield made
