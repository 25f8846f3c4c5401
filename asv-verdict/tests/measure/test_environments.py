"""The expected environments have the names and folders that ASV gives them."""

import json
import shutil
import subprocess
import sys

import pytest
from asv.config import Config
from asv.environment import get_environments

from asv_verdict.measure import commit_runner
from asv_verdict.measure.asv_process import ASV_HOST, AsvProcess
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner, NothingSelected, last_words
from asv_verdict.measure.environments import expected_environments
from asv_verdict.project import BadSetting, read_project
from asv_verdict.system.environment import own_python_first

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize(
    "matrix",
    [
        {},
        {"req": {"numpy": ["1.26", "2.0"]}},
        {"req": {"pip+asv_runner": ["0.3.2"], "pip+setuptools": [""]}, "env_nobuild": {"THREADS": ["1", "2"]}},
        {"env": {"FLAGS": ["-O2", None]}},
    ],
    ids=["plain", "versions", "what ASV needs itself", "variables"],
)
def test_expected_environments_are_those_of_asv(tmp_path, monkeypatch, matrix):
    content = {"environment_type": "virtualenv", "project": "kernels", "repo": ".", "pythons": [HERE], "matrix": matrix}
    (tmp_path / "asv.conf.json").write_text(json.dumps(content))
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["setuptools"]\n')
    found = expected_environments(read_project(tmp_path / "asv.conf.json"))
    monkeypatch.chdir(tmp_path)
    made = get_environments(Config.from_json({**content, "version": 1}), [])
    assert found == {one.name: one._path.rpartition("/")[2] for one in made}


def test_an_environment_whose_python_is_missing_is_expected(tmp_path):
    content = {"environment_type": "virtualenv", "repo": ".", "pythons": [HERE, "3.99"]}
    (tmp_path / "asv.conf.json").write_text(json.dumps(content))
    found = expected_environments(read_project(tmp_path / "asv.conf.json"))
    assert sorted(found) == sorted([f"virtualenv-py{HERE}", "virtualenv-py3.99"])


def test_asv_loads_the_configuration_with_the_values_of_the_run(tmp_path):
    text = json.dumps({"version": 1, "environment_type": "virtualenv", "repo": ".", "pythons": [HERE]}) + "// here"
    (tmp_path / "asv.conf.jsonc").write_text(text)
    assert list(expected_environments(read_project(tmp_path / "asv.conf.jsonc"))) == [f"virtualenv-py{HERE}"]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from asv_host import loaded, Config;"
        "loaded = loaded(Config.load, {'env_dir': 'there'}, sys.argv[2]); print(loaded.env_dir, loaded.pythons)"
    )
    command = [sys.executable, "-c", code, str(ASV_HOST.parent), str(tmp_path / "asv.conf.jsonc")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == f"there {[HERE]}\n"


@pytest.mark.parametrize(
    ("output", "kind"),
    [("· No benchmarks selected", NothingSelected), ("· No environments selected", AsvFailed), ("", AsvFailed)],
)
def test_a_commit_without_the_benchmarks_differs_from_asv_that_failed(tmp_path, monkeypatch, output, kind):
    (tmp_path / "asv.conf.json").write_text('{"repo": "."}')

    def failing(*arguments, **named):
        yield "cell"
        return 1, output

    monkeypatch.setattr(AsvProcess, "steps", failing)
    monkeypatch.setattr(commit_runner, "write_machine_file", lambda project, machine: tmp_path / "machine.json")
    with pytest.raises(AsvFailed) as caught:
        CommitRunner(read_project(tmp_path / "asv.conf.json"), "m", "0" * 40).run(tmp_path / "results", "x", 9.0)
    assert caught.type is kind


@pytest.mark.parametrize("kind", ["existing", "condo", None])
def test_an_environment_type_in_which_asv_builds_no_commit_is_an_error(tmp_path, kind):
    content = {"environment_type": kind, "repo": ".", "pythons": ["same"]}
    (tmp_path / "asv.conf.json").write_text(json.dumps(content))
    given = f"environment_type = {kind!r}" if kind else "no environment_type in ASV's configuration"
    with pytest.raises(BadSetting, match=f"{given}: expected a type .*virtualenv"):
        expected_environments(read_project(tmp_path / "asv.conf.json"))


def test_asv_finds_the_python_of_this_process(monkeypatch, tmp_path):
    starter = tmp_path / f"python{sys.version_info.major}.{sys.version_info.minor}"
    starter.write_text("#!/bin/sh\nexit 127\n")
    starter.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = shutil.which(starter.name, path=own_python_first()["PATH"])
    assert subprocess.run([found, "-c", ""], check=False).returncode == 0


def test_the_environment_type_installed_comes_with_its_plugin(suite):
    path = suite.root / "asv.conf.json"
    content = json.loads(path.read_text())
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    changes = {"environment_type": "installed", "pythons": [python], "plugins": [".asv_verdict.measure.installed"]}
    path.write_text(json.dumps({**content, **changes}))
    code = (
        "import sys; from pathlib import Path; from asv_verdict.project import read_project\n"
        "from asv_verdict.measure.environments import expected_environments\n"
        "print(*expected_environments(read_project(Path(sys.argv[1]))))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"installed-py{python}"


def test_the_reason_for_a_failure_of_asv_comes_before_its_traceback():
    output = """\
·· Error running /python -m virtualenv /env (exit status 1)
   STDOUT -------->
   OSError: [Errno 28] No space left on device

   STDERR -------->

·· Failure creating environment for virtualenv-py3.11
Traceback (most recent call last):
  File "asv/commands/setup.py", line 79, in perform_setup
    list(map(_create, environments))
asv.util.ProcessError: Command '/python -m virtualenv /env' returned non-zero exit status 1
"""
    said = last_words(output)
    assert "| OSError: [Errno 28] No space left on device | ·· Failure creating environment" in said
    assert said.endswith(
        " | asv.util.ProcessError: Command '/python -m virtualenv /env' returned non-zero exit status 1"
    )
    assert "perform_setup" not in said
    assert last_words("·· one\n···\n\n  two\n") == "·· one | two"
