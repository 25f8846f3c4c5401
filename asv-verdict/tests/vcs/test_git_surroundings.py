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


def test_dates_are_read_from_signed_commits_whatever_the_configuration(suite, monkeypatch):
    suite.commit()
    header, _, message = git(suite.root, "cat-file", "commit", "HEAD").partition("\n\n")
    signed = f"{header}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n{message}\n"
    written = subprocess.run(
        ["git", "-C", str(suite.root), "hash-object", "-w", "-t", "commit", "--stdin"],
        input=signed,
        text=True,
        capture_output=True,
        check=True,
    )
    commit = written.stdout.strip()
    expected = Repository(suite.root).date(commit)
    _configure(monkeypatch, "log.showSignature", "true")
    assert Repository(suite.root).date(commit) == expected
    assert Repository(suite.root).before(commit, 1.0) == commit


@pytest.mark.parametrize(
    ("name", "value"), [("color.ui", "always"), ("grep.lineNumber", "true"), ("grep.column", "true")]
)
def test_words_are_found_whatever_the_configuration(suite, monkeypatch, name, value):
    suite.commit(files={"doc/page.md": "before `word` after\n"})
    _configure(monkeypatch, name, value)
    assert Repository(suite.root).words("HEAD", "doc", "w[a-z]+d") == [("doc/page.md", "word")]


@pytest.mark.parametrize("name", ["diff.relative", "diff.ignoreSubmodules", ".gitmodules"])
def test_each_changed_file_counts_whatever_the_configuration(suite, monkeypatch, name):
    suite.commit(
        files={".gitmodules": '[submodule "it"]\npath = it\nurl = ./it\nignore = all\n' if "m" in name else ""}
    )
    base = git(suite.root, "rev-parse", "HEAD")
    git(suite.root, "update-index", "--add", "--cacheinfo", f"160000,{base},it")
    head = suite.commit(files={"there/file": "x"})
    (suite.root / "here").mkdir()
    if name != ".gitmodules":
        _configure(monkeypatch, name, "all" if "Sub" in name else "true")
    assert Repository(suite.root / "here").changed_files(base, head) == ["it", "there/file"]


def test_a_commit_without_a_common_ancestor_in_a_shallow_clone_names_the_cause(suite, tmp_path):
    suite.commit()
    git(suite.root, "branch", "topic")
    suite.commit()
    suite.commit()
    git(suite.root, "checkout", "--quiet", "topic")
    head = suite.commit()
    clone = tmp_path / "clone"
    git(suite.root, "clone", "--quiet", "--depth", "1", "--no-single-branch", suite.root.as_uri(), str(clone))
    repository = Repository(clone)
    with pytest.raises(GitFailed, match=r"the clone is shallow.*--unshallow"):
        repository.merge_base(repository.commit("origin/main"), head)


def test_storing_forgets_no_worktree_of_anybody_else(suite, tmp_path_factory):
    """Its folder may be on a disk that is not mounted."""
    suite.commit()
    suite.night()
    other = tmp_path_factory.mktemp("disk") / "tree"
    git(suite.root, "worktree", "add", "--quiet", "--detach", str(other))
    other.rename(other.with_name("unmounted"))
    store_quietly(suite, remote="")
    assert str(other) in git(suite.root, "worktree", "list")


def test_the_worktree_of_version_01_is_removed(suite):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    there = suite.project.folder / "branch"
    git(suite.root, "worktree", "add", "--quiet", str(there), "results")
    store_quietly(suite, remote="")
    assert len(git(suite.root, "worktree", "list").splitlines()) == 1


def test_a_missing_object_of_the_branch_is_named(suite):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    content = git(suite.root, "rev-parse", "results:results/benchmarks.json")
    (suite.root / ".git/objects" / content[:2] / content[2:]).unlink()
    said = []
    fetch(suite.project, "results", say=said.append)
    assert said == ["results branch: ignored 'results/benchmarks.json': this clone lacks its content"]


@pytest.mark.parametrize("branch", ["HEAD", "main"])
@pytest.mark.parametrize("command", [store, fetch])
def test_a_branch_that_must_not_hold_results_is_refused(suite, command, branch):
    suite.commit()
    git(suite.root, "checkout", "--quiet", "--detach")
    before = git(suite.root, "for-each-ref")
    with pytest.raises(GitFailed, match=f"branch '{branch}'.*: expected a"):
        command(suite.project, branch, say=lambda sentence: None)
    assert git(suite.root, "for-each-ref") == before
