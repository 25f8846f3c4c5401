"""What surrounds a repository: grafts, git's configuration, submodules, worktrees, missing objects."""

import subprocess

import pytest

from asv_verdict.records.results_branch import fetch, store
from asv_verdict.vcs.git import GitFailed
from asv_verdict.vcs.repository import Repository
from branches import git, store_quietly


def _configure(monkeypatch, name, value):
    for variable, text in {"COUNT": "1", "KEY_0": name, "VALUE_0": value}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{variable}", text)


def test_a_hint_of_git_does_not_hide_its_answer(suite, remote):
    """With a file of grafts, each command prints a hint to standard error."""
    first = git(suite.root, "rev-parse", "HEAD")
    suite.night()
    store_quietly(suite)
    alone = git(suite.root, "commit-tree", "-m", "Alone", "HEAD^{tree}")
    (suite.root / ".git/info/grafts").write_text(f"{first}\n")
    store_quietly(suite)
    with pytest.raises(GitFailed, match="share no commit"):
        Repository(suite.root).merge_base(first, alone)
