"""The project's runs of ASV have a machine file of their own; the user's is never written."""

import hashlib
import json
import platform
import subprocess
import sys

import pytest

from asv_verdict.measure.asv_process import ASV_HOST
from asv_verdict.measure.machine_file import write_machine_file
from asv_verdict.project import BadSetting, read_project

FACTS = {"arch": "x86_64", "cpu": "a", "machine": "m", "num_cpu": "2", "os": "Linux", "ram": "8"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def project(home):
    (home / "project").mkdir()
    (home / "project" / "asv.conf.json").write_text('{"project": "kernels", "repo": "."}')
    return read_project(home / "project" / "asv.conf.json")


def record(project, content):
    folder = project.results / "m"
    folder.mkdir(parents=True)
    (folder / "machine.json").write_text(content)


def test_the_entry_of_the_users_file_is_used(home, project):
    (home / ".asv-machine.json").write_text(json.dumps({"m": FACTS, "other": {}, "version": 1}))
    record(project, json.dumps({**FACTS, "cpu": "old", "version": 1}))
    assert json.loads(write_machine_file(project, "m").read_text()) == {"m": FACTS, "version": 1}


@pytest.mark.parametrize(
    "content", [None, "", "[]", '{"m": 3, "version": 1}', "[" * 100_000, '{"x": {}, "version": 1}']
)
def test_the_record_in_the_results_is_used_otherwise(home, project, content):
    if content is not None:
        (home / ".asv-machine.json").write_text(content)
    record(project, json.dumps({**FACTS, "version": 1}))
    assert json.loads(write_machine_file(project, "m").read_text()) == {"m": FACTS, "version": 1}


def test_the_only_machine_of_the_account_is_the_host_as_for_asv(home, project):
    (home / ".asv-machine.json").write_text(json.dumps({"m": FACTS, "version": 1}))
    assert json.loads(write_machine_file(project, platform.node()).read_text())[platform.node()] == FACTS


def test_an_account_without_a_home_uses_the_record_in_the_results(project, monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    record(project, json.dumps({**FACTS, "version": 1}))
    assert json.loads(write_machine_file(project, "m").read_text()) == {"m": FACTS, "version": 1}


@pytest.mark.parametrize("content", [None, '{"x": {"machine": "x"}, "version": 1}'])
def test_an_unknown_machine_is_an_error(home, project, content):
    if content:
        (home / ".asv-machine.json").write_text(content)
    with pytest.raises(BadSetting, match=r"no record of the machine 'm': run `asv machine --machine m --yes`"):
        write_machine_file(project, "m")


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_file_is_named_and_left_as_it_is(home, project, content):
    (home / ".asv-machine.json").write_text(content)
    with pytest.raises(BadSetting, match=r"\(.*\.asv-machine\.json cannot be read; remove it first\): run `asv"):
        write_machine_file(project, "m")
    assert (home / ".asv-machine.json").read_text() == content


@pytest.mark.parametrize("content", [json.dumps({"m": FACTS, "version": 1}), "", "damaged"])
def test_asv_writes_the_machine_file_that_it_is_given(home, tmp_path, content):
    """`asv machine` saves a machine as `asv run` does."""
    user_file = home / ".asv-machine.json"
    user_file.write_text(content)
    before = hashlib.sha256(user_file.read_bytes()).hexdigest()
    own = tmp_path / "own.json"
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "project": "kernels", "repo": "."}')
    request = json.dumps({"values": {}, "words": ["machine", "--machine", "m", "--yes"]})
    command = [sys.executable, str(ASV_HOST), str(own)]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, input=request, text=True)
    assert "m" in json.loads(own.read_text())
    assert hashlib.sha256(user_file.read_bytes()).hexdigest() == before
