"""Runs at the same time on one repository: a night and a fetch, two worktrees with one results branch, `git pull`."""

import pytest

from asv_verdict.nightly import nightly
from asv_verdict.project import read_project
from asv_verdict.records import results_branch
from asv_verdict.records.expected_cells import ExpectedCells, read_expected_cells, write_expected_cells
from asv_verdict.records.results_branch import fetch, store
from asv_verdict.vcs.git import git as run_git
from branches import git, store_quietly
from synthetic_results import ENVIRONMENT

FETCHED = (ENVIRONMENT, "kernels.Fetched.time_call")


def _silent(sentence):
    """Say nothing."""


def test_cells_that_were_fetched_during_a_night_stay_expected(suite):
    suite.commit()
    suite.night()
    path = suite.project.folder / "manifest" / "desk.json"
    suite.commit()

    def fetching(project):
        write_expected_cells(path, read_expected_cells(path) | ExpectedCells(frozenset({FETCHED})))

    nightly(suite.project, "desk", say=_silent, make_runner=suite.runner, make_dashboard=fetching)
    assert FETCHED in read_expected_cells(path).measured


@pytest.fixture
def worktree(suite, tmp_path_factory):
    """The project of another worktree of the repository, with results of another machine."""
    suite.commit()
    suite.night()
    other = tmp_path_factory.mktemp("other") / "it"
    git(suite.root, "worktree", "add", "--quiet", "--detach", str(other))
    for name in ("asv.conf.json", "asv_verdict.toml"):
        (other / name).write_text((suite.root / name).read_text())
    (other / ".asv/results/lap").mkdir(parents=True)
    (other / ".asv/results/lap/machine.json").write_text('{"machine": "lap", "version": 1}')
    return read_project(other / "asv.conf.json")


@pytest.fixture
def meanwhile(monkeypatch):
    """Runs a function once, before the first git command of the results branch that has a name."""

    def prepare(command, function):
        original, waiting = results_branch.git, [function]

        def git_with_company(root, name, *rest, **options):
            if name == command and waiting:
                waiting.pop()()
            return original(root, name, *rest, **options)

        monkeypatch.setattr(results_branch, "git", git_with_company)
        monkeypatch.setattr(results_branch.time, "sleep", lambda seconds: None)

    return prepare


@pytest.mark.parametrize("is_first", [False, True])
def test_two_worktrees_that_store_at_the_same_time_lose_nothing(suite, worktree, meanwhile, is_first):
    if not is_first:
        store_quietly(suite, remote="")
        suite.commit()
        suite.night()
    meanwhile("update-ref", lambda: store(worktree, "results", say=_silent))
    store_quietly(suite, remote="")
    names = git(suite.root, "ls-tree", "-r", "--name-only", "results").splitlines()
    assert "results/lap/machine.json" in names
    assert any(name.startswith(f"results/desk/{git(suite.root, 'rev-parse', 'main')[:8]}") for name in names)


def test_a_fetch_leaves_a_branch_that_another_process_has_moved(suite, remote, worktree, meanwhile):
    store_quietly(suite)
    git(suite.root, "update-ref", "-d", "refs/heads/results")
    meanwhile("update-ref", lambda: store(worktree, "results", say=_silent))
    said = []
    fetch(suite.project, "results", "origin", say=said.append)
    assert said[-1].startswith("the branch results of this repository was not updated: ")
    assert "results/lap/machine.json" in git(suite.root, "ls-tree", "-r", "--name-only", "results").splitlines()


@pytest.mark.parametrize("command", ["fetch", "rev-parse"])
def test_git_pull_in_the_same_clone_disturbs_no_fetch(suite, remote, meanwhile, command):
    suite.night()
    store_quietly(suite)
    git(suite.root, "fetch", "--quiet", "origin", "main")
    main = (suite.root / ".git" / "FETCH_HEAD").read_text()
    meanwhile(command, lambda: git(suite.root, "fetch", "--quiet", "origin", "main"))
    fetch(suite.project, "results", "origin", say=_silent)
    assert git(suite.root, "rev-parse", "results") == git(remote, "rev-parse", "results")
    assert (suite.root / ".git" / "FETCH_HEAD").read_text() == main


def test_a_git_command_that_is_stopped_leaves_no_lock(suite):
    commit = suite.commit()
    hook = suite.root / ".git" / "hooks" / "reference-transaction"
    hook.write_text('#!/bin/sh\ntest "$1" != prepared || exec sleep 60\n')
    hook.chmod(0o755)
    with pytest.raises(RuntimeError, match="took more than 1 seconds"):
        run_git(suite.root, "update-ref", "refs/heads/results", commit, seconds=1.0)
    hook.unlink()
    run_git(suite.root, "update-ref", "refs/heads/results", commit)
