"""The results branch: results are added, pushed and fetched, and no number is lost."""

import json
import subprocess

import pytest

from asv_verdict.asv_io.results import read_result
from asv_verdict.vcs import results_branch as branch
from asv_verdict.vcs.repository import GitFailed
from asv_verdict.vcs.results_branch import fetch, store


def _git(folder, *command):
    done = subprocess.run(["git", "-C", str(folder), *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def remote(suite, tmp_path_factory):
    """A bare repository that the suite's is pushed to."""
    path = tmp_path_factory.mktemp("remote")
    _git(path, "init", "--quiet", "--bare", "--initial-branch", "main")
    suite.commit()
    _git(suite.root, "remote", "add", "origin", str(path))
    _git(suite.root, "push", "--quiet", "origin", "main")
    return path


def _files(remote):
    return set(_git(remote, "ls-tree", "-r", "--name-only", "results").splitlines())


def _store(suite, **changes):
    store(suite.project, "results", **{"remote": "origin", "say": lambda sentence: None, **changes})


def test_another_clone_continues_from_a_stored_night(suite, remote, tmp_path_factory):
    suite.night()
    _store(suite)
    names = {name.partition("/")[0] for name in _files(remote)}
    assert names == {"results", "reports", "noise", "manifest"}
    assert _git(suite.root, "rev-parse", "main") == _git(remote, "rev-parse", "main"), "the project has no new commit"
    clone = tmp_path_factory.mktemp("clone") / "it"
    _git(suite.root.parent, "clone", "--quiet", str(remote), str(clone))
    for name in ("asv.conf.json", "asv_verdict.toml"):
        (clone / name).write_text((suite.root / name).read_text())
    suite.root = clone
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    assert suite.night().notes == ["no new commit"]


def test_storing_twice_makes_one_commit(suite, remote):
    suite.night()
    _store(suite)
    tip = _git(remote, "rev-parse", "results")
    _store(suite)
    assert _git(remote, "rev-parse", "results") == tip


def test_results_that_another_machine_pushed_meanwhile_stay(suite, remote, tmp_path_factory):
    suite.night()
    _store(suite)
    other = tmp_path_factory.mktemp("other") / "it"
    _git(suite.root.parent, "clone", "--quiet", "--branch", "results", str(remote), str(other))
    (other / "results" / "lap").mkdir()
    (other / "results" / "lap" / "machine.json").write_text('{"machine": "lap", "version": 1}')
    _git(other, "add", "--all")
    _git(other, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "More")
    _git(other, "push", "--quiet", "origin", "results")
    suite.commit()
    suite.night()
    _store(suite)
    assert "results/lap/machine.json" in _files(remote)
    assert sum(name.startswith("results/desk/") and "virtualenv" in name for name in _files(remote)) == 2


def test_a_rejected_push_is_repeated_after_a_fetch(suite, remote, monkeypatch):
    monkeypatch.setattr(branch.time, "sleep", lambda seconds: None)
    hook = remote / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\ntest -e "$GIT_DIR/once" || { touch "$GIT_DIR/once"; echo busy >&2; exit 1; }\n')
    hook.chmod(0o755)
    suite.night()
    said = []
    _store(suite, say=said.append)
    assert said[0].startswith("origin rejected push 1 of 5: ")
    assert "results/benchmarks.json" in _files(remote)


def test_results_stay_on_this_machine_if_every_push_is_rejected(suite, remote, monkeypatch):
    monkeypatch.setattr(branch.time, "sleep", lambda seconds: None)
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    suite.night()
    with pytest.raises(
        GitFailed, match="cannot push results to origin after 5 attempts; this machine's branch results holds"
    ):
        _store(suite)
    assert "results/benchmarks.json" in _git(suite.root, "ls-tree", "-r", "--name-only", "results")


def test_an_incomplete_result_does_not_replace_a_complete_one_on_the_branch(suite, remote):
    suite.night()
    _store(suite)
    (path,) = (suite.root / ".asv/results/desk").glob("*-virtualenv-py3.11.json")
    whole, values = path.read_text(), read_result(path).values
    lesser = json.loads(whole)
    lesser["results"] = dict(list(lesser["results"].items())[:1])
    path.write_text(json.dumps(lesser))
    _store(suite)
    assert _git(remote, "show", f"results:results/desk/{path.name}") == whole
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    assert read_result(path).values == values


def test_a_night_commits_its_results_to_the_configured_branch(suite, remote):
    (suite.root / "asv_verdict.toml").write_text('results_branch = "results"\nresults_remote = "origin"\n')
    suite.night()
    assert "results/benchmarks.json" in _files(remote)


def test_an_invalid_branch_does_not_stop_a_night(suite):
    suite.commit()
    (suite.root / "asv_verdict.toml").write_text('results_branch = "not a name"\n')
    assert suite.night().outcome.measured == 16


def test_without_a_remote_the_branch_is_local(suite):
    suite.commit()
    suite.night()
    _store(suite, remote="")
    assert "manifest" in _git(suite.root, "ls-tree", "--name-only", "results").splitlines()


def test_each_branch_has_its_own_commits(suite):
    suite.commit()
    suite.night()
    _store(suite, remote="")
    first = _git(suite.root, "rev-parse", "results")
    store(suite.project, "others", say=lambda sentence: None)
    assert _git(suite.root, "rev-parse", "results") == first
    assert "manifest" in _git(suite.root, "ls-tree", "--name-only", "others").splitlines()


def test_an_unreachable_remote_is_an_error(suite, remote):
    suite.night()
    _store(suite)
    remote.rename(remote.with_name("away"))
    with pytest.raises(GitFailed, match="ls-remote"):
        fetch(suite.project, "results", "origin", say=lambda sentence: None)


def test_local_nights_survive_a_fetch_from_the_remote(suite, remote, tmp_path_factory):
    suite.night()
    _store(suite)
    second = suite.commit()
    suite.night()
    _store(suite, remote="")
    (newest,) = (suite.root / ".asv/results/desk").glob(f"{second[:8]}-*")
    newest.unlink()
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    assert newest.exists()


@pytest.mark.parametrize("there", [True, False])
def test_a_damaged_file_of_expected_cells_does_not_replace_another(suite, there):
    suite.commit()
    suite.night()
    _store(suite, remote="")
    path = suite.project.folder / ("branch/manifest" if there else "manifest") / "desk.json"
    whole = path.read_text()
    path.write_text('{"cel')
    if there:
        _git(path.parent, "commit", "--quiet", "--all", "--message", "Damage")
    said = []
    _store(suite, remote="", say=said.append)
    assert any("the expected cells in desk.json cannot be read" in sentence for sentence in said)
    other = suite.project.folder / ("manifest" if there else "branch/manifest") / "desk.json"
    assert other.read_text() == whole
