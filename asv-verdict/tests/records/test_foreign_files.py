"""Files and names from others: links, paths and sizes on the results branch or in an artifact, silent remotes."""

import json
import os
import socket

import pytest

from asv_verdict.records import results_branch as branch
from asv_verdict.records.joining import plots_in
from asv_verdict.records.past_nights import past_nights
from asv_verdict.records.results_branch import fetch, store
from asv_verdict.vcs import branch_files
from asv_verdict.vcs.git import GitFailed
from branches import files, git, put, store_quietly

SECRET = "the password of this machine"


@pytest.fixture
def secret(tmp_path_factory):
    """A file outside the repository that a link might point to."""
    path = tmp_path_factory.mktemp("outside") / "secret"
    path.write_text(SECRET)
    return path


def _texts(folder):
    return [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "path",
    [
        "reports/000001-abcdef12/report.json",
        "reports/000001-abcdef12/report.md",
        "reports/000001-abcdef12/finding-1.png",
        "reports/000001-abcdef12",
        "reports",
        "results/desk/abcdef12-env.json",
        "results/desk",
        "results/benchmarks.json",
        "noise/desk",
        "manifest",
    ],
)
@pytest.mark.parametrize("mode", ["120000", "160000", "100755"])
def test_nothing_but_regular_files_comes_from_the_branch(suite, secret, path, mode):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    target = secret if "." in path else secret.parent
    before = _texts(secret.parent)
    put(suite, {path: (mode, str(target).encode())})
    said = []
    fetch(suite.project, "results", say=said.append)
    store_quietly(suite, remote="", say=said.append)
    found = {path for path in (suite.root / ".asv").rglob("*") if path.is_symlink()}
    assert found == set()
    assert not any(SECRET in text for text in _texts(suite.root / ".asv"))
    assert _texts(secret.parent) == before
    assert any(f"ignored {path!r}: it has mode {mode}" in sentence for sentence in said)
    assert SECRET not in git(suite.root, "log", "--patch", "results")


@pytest.mark.parametrize("path", ["reports/../../../x.json", "results/desk/.git/x.json", "results/\x1b[2J/x.json"])
def test_a_path_that_leaves_the_branch_is_ignored(suite, path):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    with pytest.MonkeyPatch.context() as patch:
        listed = f"100644 blob {'a' * 40} 7\t{path}\0".encode()
        patch.setattr(branch_files, "git", lambda *command, **options: listed)
        files, (sentence,) = branch_files.files_of(suite.root, "HEAD", ())
    assert files == []
    assert "expected a path inside the branch with printable names" in sentence
    assert "\x1b" not in sentence


def test_a_huge_file_is_left_on_the_branch(suite, monkeypatch):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    put(suite, {"results/desk/huge.json": ("100644", b"0" * 5000)})
    monkeypatch.setattr(branch_files, "LARGEST", 4999)
    said = []
    fetch(suite.project, "results", say=said.append)
    assert "results branch: ignored 'results/desk/huge.json': it has 5000 bytes, expected at most 4999" in said
    assert not (suite.project.results / "desk/huge.json").exists()


def test_files_of_other_names_stay_on_the_branch_and_reach_no_other_folder(suite):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    strange = ["README.md", "reports/x.json", "reports/000001-abcdef12/finding-1.svg", "reports/..x/report.json"]
    put(suite, dict.fromkeys(strange, ("100644", b"strange")))
    fetch(suite.project, "results", say=lambda sentence: None)
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    assert not any(text == "strange" for text in _texts(suite.root / ".asv"))
    assert set(strange) <= files(suite.root)


@pytest.mark.parametrize("name", ["results/desk", "results/desk/abcdef12-env.json", "verdict/reports/000007-abcdef12"])
def test_no_link_in_a_downloaded_artifact_is_followed(suite, secret, name):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    tip = git(suite.root, "rev-parse", "results")
    for inner in ("report.json", "abcdef12-env.json"):
        (secret.parent / inner).write_text(SECRET)
    link = suite.root / ".asv" / name
    if link.exists():
        link.rename(link.with_name("away"))
    link.symlink_to(secret if name.endswith(".json") else secret.parent)
    store_quietly(suite, remote="")
    assert SECRET not in git(suite.root, "log", "--patch", f"{tip}..results")


@pytest.mark.parametrize(
    "name",
    [
        b"results/de\nsk/abcdef12-env.json",
        b"results/desk/abcdef12-\x1b.json",
        b"results/desk/abcdef12-\xff.json",
        b"verdict/manifest/de\nsk.json",
    ],
)
def test_a_file_whose_name_nobody_would_read_is_named_and_the_others_are_stored(suite, name):
    suite.commit()
    suite.night()
    path = os.path.join(os.fsencode(suite.root / ".asv"), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    (whole,) = suite.project.results.glob("desk/*-*.json")
    with open(path, "wb") as file:
        file.write(whole.read_bytes() if name.startswith(b"results") else b'{"cells": []}')
    said = []
    store_quietly(suite, remote="", say=said.append)
    assert [sentence.endswith("expected a shorter name of printable characters") for sentence in said] == [True]
    assert files(suite.root) >= {f"results/desk/{whole.name}", "manifest/desk.json"}
    assert not any("abcdef12" in name or "de\\n" in name for name in files(suite.root))


def test_two_reports_with_one_number_are_both_kept(suite, remote, tmp_path_factory):
    suite.night()
    (path,) = (suite.project.folder / "reports").glob("*/report.json")
    mine = path.read_text()
    store_quietly(suite)
    theirs = mine.replace('"seconds": ', '"seconds": 1')
    path.write_text(theirs)
    store_quietly(suite)
    store_quietly(suite)
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    stored = sorted(name for name in files(remote) if name.endswith("report.json"))
    assert {git(remote, "show", f"results:{name}") for name in stored} == {mine.strip(), theirs.strip()}
    assert len(stored) == 2
    assert {path.read_text() for path in (suite.project.folder / "reports").glob("*/report.json")} == {mine, theirs}
    assert len(past_nights(suite.project.folder, "desk", [])) == 2


def test_pairs_of_noise_of_two_machines_are_joined(suite):
    suite.commit()
    suite.night()
    path = suite.root / ".asv/noise/desk/env.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    pairs = [{"values": {"b.time_x": [1.0, 1.0 + number]}} for number in range(3)]
    path.write_text(json.dumps({"pairs": pairs[:2]}))
    store_quietly(suite, remote="")
    path.write_text(json.dumps({"pairs": pairs[1:]}))
    store_quietly(suite, remote="")
    assert json.loads(git(suite.root, "show", "results:noise/desk/env.json"))["pairs"] == pairs


def test_a_fetch_before_the_first_night_makes_no_branch(suite, remote):
    said = []
    fetch(suite.project, "results", "origin", say=said.append)
    assert said == ["there is no branch results yet, neither here nor on origin: nothing to fetch"]
    assert git(suite.root, "branch", "--list", "results") == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"branch": "-x"}, "branch '-x': expected a printable name that does not begin with a dash"),
        ({"branch": "a..b"}, "branch 'a..b': expected a name that git accepts"),
        ({"branch": "main"}, "branch 'main' is checked out in .*: expected a branch that only holds results"),
        ({"remote": "--upload-pack=touch x"}, "remote '--upload-pack=touch x': expected a printable name"),
        ({"remote": "\x1bx"}, r"remote '\\x1bx': expected"),
        ({"remote": "nosuch"}, "git ls-remote nosuch .* exited with status 128: .*nosuch"),
    ],
)
@pytest.mark.parametrize("command", [store, fetch])
def test_a_name_that_git_would_misread_is_refused(suite, command, changes, words):
    suite.commit()
    with pytest.raises(GitFailed, match=words):
        command(suite.project, **{"branch": "results", "say": lambda sentence: None, **changes})
    assert not (suite.root / "x").exists()


def test_a_remote_that_stays_silent_is_given_up(suite, monkeypatch):
    monkeypatch.setattr(branch, "REMOTE", 0.5)
    suite.commit()
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(GitFailed, match=r"took more than .* seconds"):
        fetch(suite.project, "results", f"git://127.0.0.1:{server.getsockname()[1]}/x", say=lambda sentence: None)


def test_only_pictures_become_plots(tmp_path):
    folder = tmp_path / "000001-abcdef12"
    folder.mkdir()
    for name, content in {
        "finding-1.png": b"\x89PNG\r\n\x1a\n...",
        "finding-2.png": b"<svg onload='alert(1)'/>",
        "finding-3.svg": b"<svg/>",
        "other.png": b"\x89PNG\r\n\x1a\n",
    }.items():
        (folder / name).write_bytes(content)
    (folder / "finding-4.png").symlink_to(folder / "finding-1.png")
    assert [path.name for path in plots_in(folder)] == ["finding-1.png"]
