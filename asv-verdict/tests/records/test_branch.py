"""The results branch: results are added, pushed and fetched, and no number is lost."""

import json
import threading
import time

import pytest

from asv_verdict.asv_io.results import read_result
from asv_verdict.records import results_branch as branch
from asv_verdict.records.joining import AHEAD
from asv_verdict.records.results_branch import LOCK, fetch, store
from asv_verdict.system.lock import only_run
from asv_verdict.vcs.git import GitFailed
from branches import files, git, put, store_quietly


def test_another_clone_continues_from_a_stored_night(suite, remote, tmp_path_factory):
    suite.night()
    store_quietly(suite)
    names = {name.partition("/")[0] for name in files(remote)}
    assert names == {"results", "reports", "noise", "manifest"}
    assert git(suite.root, "rev-parse", "main") == git(remote, "rev-parse", "main"), "the project has no new commit"
    clone = tmp_path_factory.mktemp("clone") / "it"
    git(suite.root.parent, "clone", "--quiet", str(remote), str(clone))
    for name in ("asv.conf.json", "asv_verdict.toml"):
        (clone / name).write_text((suite.root / name).read_text())
    suite.root = clone
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    assert suite.night().notes == ["no new commit: this report repeats the last one"]


def test_storing_twice_makes_one_commit(suite, remote):
    suite.night()
    store_quietly(suite)
    tip = git(remote, "rev-parse", "results")
    store_quietly(suite)
    assert git(remote, "rev-parse", "results") == tip


def test_results_that_another_machine_pushed_meanwhile_stay(suite, remote, tmp_path_factory):
    suite.night()
    store_quietly(suite)
    other = tmp_path_factory.mktemp("other") / "it"
    git(suite.root.parent, "clone", "--quiet", "--branch", "results", str(remote), str(other))
    (other / "results" / "lap").mkdir()
    (other / "results" / "lap" / "machine.json").write_text('{"machine": "lap", "version": 1}')
    git(other, "add", "--all")
    git(other, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "More")
    git(other, "push", "--quiet", "origin", "results")
    suite.commit()
    suite.night()
    store_quietly(suite)
    assert "results/lap/machine.json" in files(remote)
    assert sum(name.startswith("results/desk/") and "virtualenv" in name for name in files(remote)) == 2


def test_a_rejected_push_is_repeated_after_a_fetch(suite, remote, monkeypatch):
    monkeypatch.setattr(branch.time, "sleep", lambda seconds: None)
    hook = remote / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\ntest -e "$GIT_DIR/once" || { touch "$GIT_DIR/once"; echo busy >&2; exit 1; }\n')
    hook.chmod(0o755)
    suite.night()
    said = []
    store_quietly(suite, say=said.append)
    assert said[0].startswith("push 1 of 5 to origin failed: ")
    assert "results/benchmarks.json" in files(remote)


def test_results_stay_on_this_machine_if_every_push_is_rejected(suite, remote, monkeypatch):
    monkeypatch.setattr(branch.time, "sleep", lambda seconds: None)
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    suite.night()
    with pytest.raises(
        GitFailed, match="cannot push results to origin after 5 attempts; this machine's branch results holds"
    ):
        store_quietly(suite)
    assert "results/benchmarks.json" in git(suite.root, "ls-tree", "-r", "--name-only", "results")


def test_an_incomplete_result_does_not_replace_a_complete_one_on_the_branch(suite, remote):
    suite.night()
    store_quietly(suite)
    (path,) = (suite.root / ".asv/results/desk").glob("*-virtualenv-py3.11.json")
    whole, values = path.read_text(), read_result(path).values
    lesser = json.loads(whole)
    lesser["results"] = dict(list(lesser["results"].items())[:1])
    path.write_text(json.dumps(lesser))
    store_quietly(suite)
    assert git(remote, "show", f"results:results/desk/{path.name}") == whole
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    assert read_result(path).values == values


def test_a_night_commits_its_results_to_the_configured_branch(suite, remote):
    (suite.root / "asv_verdict.toml").write_text('results_branch = "results"\nresults_remote = "origin"\n')
    suite.night()
    assert "results/benchmarks.json" in files(remote)


def test_an_invalid_branch_does_not_stop_a_night(suite):
    suite.commit()
    (suite.root / "asv_verdict.toml").write_text('results_branch = "not a name"\n')
    assert suite.night().outcome.measured == 16


def test_without_a_remote_the_branch_is_local(suite):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    assert "manifest" in git(suite.root, "ls-tree", "--name-only", "results").splitlines()


def test_each_branch_has_its_own_commits(suite):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    first = git(suite.root, "rev-parse", "results")
    store(suite.project, "others", say=lambda sentence: None)
    assert git(suite.root, "rev-parse", "results") == first
    assert "manifest" in git(suite.root, "ls-tree", "--name-only", "others").splitlines()


def test_an_unreachable_remote_is_an_error(suite, remote):
    suite.night()
    store_quietly(suite)
    remote.rename(remote.with_name("away"))
    with pytest.raises(GitFailed, match="ls-remote"):
        fetch(suite.project, "results", "origin", say=lambda sentence: None)


def test_local_nights_survive_a_fetch_from_the_remote(suite, remote, tmp_path_factory):
    suite.night()
    store_quietly(suite)
    second = suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    (newest,) = (suite.root / ".asv/results/desk").glob(f"{second[:8]}-*")
    newest.unlink()
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    assert newest.exists()


@pytest.mark.parametrize("there", [True, False])
def test_a_damaged_file_of_expected_cells_does_not_replace_another(suite, there):
    suite.commit()
    suite.night()
    store_quietly(suite, remote="")
    path = suite.project.folder / "manifest/desk.json"
    whole = path.read_text()
    if there:
        put(suite, {"manifest/desk.json": ("100644", b'{"cel')})
    else:
        path.write_text('{"cel')
    said = []
    store_quietly(suite, remote="", say=said.append)
    assert any("the expected cells in desk.json cannot be read" in sentence for sentence in said)
    stored = git(suite.root, "show", "results:manifest/desk.json")
    assert (path.read_text(), stored) == ((whole, '{"cel') if there else ('{"cel', whole))


def test_a_fetch_waits_until_the_night_has_stored(suite, remote):
    """Both use one scratch folder."""
    suite.night()
    held = threading.Event()
    ended = []

    def night():
        with only_run(suite.project.folder / LOCK):
            held.set()
            time.sleep(0.5)
            ended.append("store")

    thread = threading.Thread(target=night)
    thread.start()
    held.wait()
    fetch(suite.project, "results", "origin", say=lambda sentence: None)
    ended.append("fetch")
    thread.join()
    assert ended == ["store", "fetch"]


@pytest.mark.parametrize("number", [999_999_999, 100_050])
def test_a_report_with_a_huge_number_is_refused(suite, remote, number):
    suite.night()
    (folder,) = (suite.project.folder / "reports").iterdir()
    foreign = folder.with_name(f"{number}-{folder.name.partition('-')[2]}")
    foreign.mkdir()
    (foreign / "report.json").write_bytes((folder / "report.json").read_bytes())
    said = []
    store_quietly(suite, say=said.append)
    assert [f"its number is more than {AHEAD}" in sentence for sentence in said] == [True]
    assert any(name.startswith(f"reports/{folder.name}/") for name in files(remote))
    assert not any(str(number) in name for name in files(remote))
