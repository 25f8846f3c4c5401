"""The workflows that `asv-verdict init` writes install one wheel by its hash, and run."""

import json
import os
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from asv_verdict.__main__ import _parser
from asv_verdict.project import NAME
from asv_verdict.records import init
from branches import git
from initialised import WHEEL, WORKFLOWS, files_of, repository_to_init, run_init


def test_init_in_a_folder_of_the_repository(tmp_path, wheel):
    git(tmp_path, "init", "--quiet")
    repository_to_init(tmp_path / "benchmarks", repo="..", pythons=["3.11", "3.13", "pypy3.10", "3.11"])
    assert run_init(tmp_path / "benchmarks", "--wheel", wheel) == 0
    assert (tmp_path / "benchmarks" / NAME).exists()
    for name in WORKFLOWS:
        workflow = yaml.safe_load((tmp_path / name).read_text())
        assert workflow["env"]["CONFIG"] == "benchmarks/asv.conf.json"
        (measuring, *_) = workflow["jobs"].values()
        assert [step["with"] for step in measuring["steps"] if "setup-python" in step.get("uses", "")] == [
            {"python-version": "3.11\n3.13\n3.12\n"}
        ]


ADDRESS = f"https://example.org/v0.2.0/{WHEEL}"
DIGEST = "5" * 64


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        ({"url": ADDRESS, "archive_info": {"hash": f"sha256={DIGEST}"}}, f"asv-verdict @ {ADDRESS}#sha256={DIGEST}"),
        ({"url": ADDRESS, "archive_info": {}}, None),
        ({"url": "file:///nowhere/" + WHEEL, "archive_info": {"hash": f"sha256={DIGEST}"}}, None),
        ({"url": "file:///src/asv-verdict", "dir_info": {"editable": True}}, None),
        ({"url": "https://example.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "1" * 40}}, None),
        (None, None),
    ],
)
def test_the_workflows_install_the_wheel_that_was_installed(tmp_path, monkeypatch, capsys, origin, requirement):
    class Installed:
        def read_text(self, name):
            return json.dumps(origin) if origin and name == "direct_url.json" else None

    monkeypatch.setattr(metadata, "distribution", lambda name: Installed())
    root = repository_to_init(tmp_path / "project")
    assert run_init(root) == (0 if requirement else 2)
    if requirement:
        assert (root / init.REQUIREMENTS).read_text().splitlines()[0] == requirement
    else:
        assert capsys.readouterr().out.startswith("broken: this asv-verdict was not installed from a wheel")
        assert files_of(root).keys() == {"asv.conf.json"}


@pytest.mark.parametrize(
    "given",
    [
        "asv-verdict",
        "asv-verdict==0.2.0",
        ADDRESS,
        f"{ADDRESS}#sha256=5",
        f"http://example.org/{WHEEL}#sha256={DIGEST}",
        f"https://example.org/other-1.0-py3-none-any.whl#sha256={DIGEST}",
        f"{ADDRESS}\nasv-verdict#sha256={DIGEST}",
        "git+https://example.org/asv-verdict@v0.2.0",
        f"nowhere/{WHEEL}",
    ],
)
def test_a_requirement_without_a_hash_is_refused(tmp_path, capsys, given):
    root = repository_to_init(tmp_path / "project")
    assert run_init(root, "--wheel", given) == 2
    assert "expected the file asv_verdict-VERSION-py3-none-any.whl, or its https address" in capsys.readouterr().out
    assert not (root / NAME).exists()


def _scripts(root, name):
    """The scripts of a workflow by their job."""
    found = yaml.safe_load((root / name).read_text())["jobs"]
    return {job: [step["run"] for step in content["steps"] if "run" in step] for job, content in found.items()}


def test_the_commands_of_the_workflows_parse(tmp_path, wheel):
    root = repository_to_init(tmp_path / "project")
    run_init(root, "--wheel", wheel)
    commands = []
    for name in WORKFLOWS:
        lines = (
            "\n".join("\n".join(scripts) for scripts in _scripts(root, name).values()).replace("\\\n", "").splitlines()
        )
        commands += [re.split(r" (?:\|\||>>) ", line.strip())[0] for line in lines if "asv-verdict " in line]
    commands = [shlex.split(line)[1:] for line in commands if line.startswith("asv-verdict ")]
    assert {words[0] for words in commands} == {"fetch", "nightly", "last", "store", "issues", "compare"}
    for words in commands:
        _parser().parse_args(["2" if word == "$STATUS" else word for word in words])


@pytest.mark.slow
def test_a_night_reaches_the_results_branch(suite, remote, wheel, tmp_path_factory):
    """The steps after the measurement, with git itself: a bundle, its files in another clone, and the push."""
    suite.night()
    elsewhere = tmp_path_factory.mktemp("other") / "clone"
    git(suite.root, "clone", "--quiet", str(remote), str(elsewhere))
    for name in ("asv.conf.json", NAME):
        (elsewhere / name).write_bytes((suite.root / name).read_bytes())
    repository_to_init(workflows := tmp_path_factory.mktemp("workflows"))
    run_init(workflows, "--wheel", wheel)
    scripts = _scripts(workflows, WORKFLOWS[0])
    temporary = tmp_path_factory.mktemp("temporary")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "CONFIG": "asv.conf.json",
        "RUNNER_TEMP": str(temporary),
    }

    def bash(script, folder):
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    (night,) = [script for script in scripts["measure"] if "git bundle" in script]
    bash("\n".join(line for line in night.splitlines() if "asv-night" in line), suite.root)
    (temporary / "night").mkdir()
    (temporary / "night.bundle").rename(temporary / "night" / "night.bundle")
    _, copy, push = scripts["keep"]
    bash(copy, elsewhere)
    bash(push, elsewhere)
    stored = git(remote, "ls-tree", "-r", "--name-only", "asv-results").split()
    assert any(name.startswith("results/desk/") for name in stored)
    assert any(name.endswith("report.json") for name in stored)
