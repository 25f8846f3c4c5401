"""Newer releases become commits that are compared with the commit before; a skipped release is reported."""

import subprocess
from types import SimpleNamespace

import pytest

from asv_verdict.model import Verdict
from asv_verdict.vcs.git import git as asv_verdicts_git
from releases import bump as bumping
from releases import repository
from releases.__main__ import main
from releases.bump import BRANCH, BranchInUse, Bump, bump, commit_bumps, find_bumps, with_bump
from releases.pins import CannotInstall
from releases.table import Release

PYPROJECT = """\
[project]
name = "toy"
dependencies = []

[project.optional-dependencies]
# The versions that the suite measures with.
pinned = [
    "autograd==1.9.1",
    "jax==0.10.2; python_version < '3.12'",
    "jax==0.12.0; python_version >= '3.12'",
    "jaxlib==0.10.2; python_version < '3.12'",
    "jaxlib==0.12.0; python_version >= '3.12'",
    "numpy==2.4.6", # the last for every Python
]
"""


@pytest.fixture(autouse=True)
def this_python(monkeypatch):
    """The tests assume Python 3.12."""
    monkeypatch.setattr(bumping, "THIS_PYTHON", "3.12")
    monkeypatch.setattr(
        bumping, "pinned_lines", lambda root, python="3.12", real=bumping.pinned_lines: real(root, python)
    )


@pytest.fixture
def root(tmp_path):
    """A project with one commit."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": ".", "environment_type": "virtualenv"}')
    _git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    _git(tmp_path, "add", "--all")
    _commit(tmp_path, "Begin")
    return tmp_path


def _git(folder, *command):
    done = subprocess.run(["git", "-C", folder, *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _commit(folder, message, *options):
    _git(folder, "-c", "user.email=a@b.c", "-c", "user.name=a", "commit", "--quiet", "--message", message, *options)


def _release(package, version, python=">=3.11", day=1):
    return Release(f"2026-11-{day:02}T00:00:00+00:00", package, version, python)


def _find(root, there, resolve):
    said = []
    found = find_bumps(said.append, root=root, find_released=lambda package: there.get(package, []), resolve=resolve)
    return found, said


def _keeps_the_others(release, pins, python):
    together = ("jax", "jaxlib") if release.package == "jax" else (release.package,)
    return {**pins, **dict.fromkeys(together, release.version)}


def test_the_newest_release_that_supports_every_python_of_a_pin_is_taken(root):
    there = {
        "jax": [_release("jax", "0.12.0"), _release("jax", "0.12.1", ">=3.12"), _release("jax", "0.13.0", ">=3.13")],
        "jaxlib": [_release("jaxlib", "0.12.1", ">=3.12"), _release("jaxlib", "0.13.0", ">=3.13")],
        "numpy": [_release("numpy", "2.5.0", ">=3.12")],
        "autograd": [_release("autograd", "1.8.0"), _release("autograd", "1.9.1")],
    }
    found, said = _find(root, there, _keeps_the_others)
    assert [(one.subject, dict(one.changes)) for one in found] == [
        ("Bump jax from 0.12.0 to 0.12.1", {"jax": ("0.12.0", "0.12.1"), "jaxlib": ("0.12.0", "0.12.1")})
    ]
    assert said == [
        "skipped jax 0.13.0: it requires Python >=3.13; its pin is for 3.12, 3.13",
        "skipped numpy 2.5.0: it requires Python >=3.12; its pin is for 3.11, 3.12, 3.13",
    ]


def test_each_bump_builds_on_those_before_it_for_each_python_of_its_pin(root):
    there = {"jax": [_release("jax", "0.12.1", ">=3.12")], "numpy": [_release("numpy", "2.4.7")]}
    asked = []

    def resolve(release, pins, python):
        asked.append((release.version, python, pins["jax"]))
        return _keeps_the_others(release, pins, python)

    _find(root, there, resolve)
    assert asked == [
        ("0.12.1", "3.12", "0.12.0"),
        ("0.12.1", "3.13", "0.12.0"),
        ("2.4.7", "3.11", "0.10.2"),
        ("2.4.7", "3.12", "0.12.1"),
        ("2.4.7", "3.13", "0.12.1"),
    ]


def test_a_release_that_is_incompatible_with_the_other_pins_is_reported(root):
    def resolve(release, pins, python):
        if python == "3.11":
            raise CannotInstall("numpy 2.4.7 is incompatible with the other pins for Python 3.11: because")
        return pins

    found, said = _find(root, {"numpy": [_release("numpy", "2.4.7")]}, resolve)
    assert found == []
    assert said == ["numpy 2.4.7 is incompatible with the other pins for Python 3.11: because"]


JAX = Bump(_release("jax", "0.12.1"), {"jax": ("0.12.0", "0.12.1"), "jaxlib": ("0.12.0", "0.12.1")})
NUMPY = Bump(_release("numpy", "2.4.7", day=2), {"numpy": ("2.4.6", "2.4.7")})


def test_only_the_lines_of_this_python_change_and_comments_stay():
    assert with_bump(with_bump(PYPROJECT, JAX), NUMPY) == PYPROJECT.replace("0.12.0", "0.12.1").replace(
        "2.4.6", "2.4.7"
    )


def test_each_bump_is_a_commit_on_the_branch_and_nothing_is_checked_out(root):
    commits = commit_bumps([JAX, NUMPY], root)
    assert _git(root, "log", "--reverse", "--format=%H %s", f"main..{BRANCH}").splitlines() == [
        f"{commits[0]} Bump jax from 0.12.0 to 0.12.1",
        f"{commits[1]} Bump numpy from 2.4.6 to 2.4.7",
    ]
    changed = _git(root, "diff", "--numstat", f"{commits[1]}^", commits[1])
    assert changed.split() == ["1", "1", "pyproject.toml"]
    assert _git(root, "status", "--porcelain", "--branch") == "## main"
    assert commit_bumps([JAX, NUMPY], root) == commits, "the hashes are reproducible"


def test_a_branch_with_other_commits_is_not_overwritten(root):
    commit_bumps([JAX], root)
    _git(root, "checkout", "--quiet", BRANCH)
    _commit(root, "Mend what the bump broke", "--allow-empty")
    _git(root, "checkout", "--quiet", "main")
    with pytest.raises(BranchInUse, match="holds other commits; merge it or delete it: git branch -D bump"):
        commit_bumps([JAX], root)


def test_the_branch_of_an_earlier_bump_is_named_so_once_head_has_moved(root):
    commit_bumps([JAX], root)
    _commit(root, "Move on", "--allow-empty")
    earlier = r"holds the commits of an earlier `make bump`, .*: git branch -D bump"
    with pytest.raises(BranchInUse, match=earlier):
        commit_bumps([JAX], root)
    _git(root, "branch", "-D", "bump")
    assert len(commit_bumps([JAX], root)) == 1


def test_a_git_command_that_fails_ends_the_command_with_its_sentence(tmp_path, monkeypatch, capsys):
    for run in (asv_verdicts_git, repository.git):
        monkeypatch.setattr("releases.__main__.bump", lambda *_, run=run: run(tmp_path, "rev-parse", "HEAD"))
        assert main(["bump", "--machine", "desk"]) == 2
        assert "not a git repository" in capsys.readouterr().err


def _bump(root, bumps, verdicts, capsys):
    compared = []

    def compare(project, machine, base, head, say):
        compared.append((base, head))
        verdict = verdicts[len(compared) - 1]
        return SimpleNamespace(outcome=SimpleNamespace(verdict=verdict)), f"the report of {head[:8]}"

    status = bump("desk", lambda sentence: None, root=root, find=lambda say: bumps, compare=compare)
    return status, compared, capsys.readouterr().out


def test_each_commit_is_compared_with_the_one_before_and_the_text_is_printed(root, capsys):
    verdict, compared, text = _bump(root, [JAX, NUMPY], [Verdict.REGRESSION, Verdict.PASS], capsys)
    first, second = _git(root, "rev-list", "--reverse", f"main..{BRANCH}").split()
    assert compared == [(f"{first}^", first), (f"{second}^", second)]
    assert verdict is Verdict.REGRESSION
    assert text == (
        "# Bump jax 0.12.1, numpy 2.4.7\n\n"
        "On the branch `bump`: jax 0.12.1 regression, numpy 2.4.7 pass.\n\n"
        f"## Bump jax from 0.12.0 to 0.12.1: regression\n\nthe report of {first[:8]}\n\n"
        f"## Bump numpy from 2.4.6 to 2.4.7: pass\n\nthe report of {second[:8]}\n"
    )


def test_without_newer_releases_the_verdict_is_pass_and_there_is_no_branch(root, capsys):
    verdict, compared, text = _bump(root, [], [], capsys)
    assert (verdict, compared) == (Verdict.PASS, [])
    assert text.startswith("no newer release can be pinned on Python 3.12")
    assert _git(root, "branch", "--format=%(refname:short)") == "main"
