"""`asv-verdict init` writes settings that say the defaults, and workflows that run; other platforms are refused."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from msgspec.structs import asdict

from asv_verdict.__main__ import _parser, main
from asv_verdict.project import NAME, Settings, read_settings
from asv_verdict.records import init
from branches import git

WHEEL = "asv_verdict-0.2.0-py3-none-any.whl"
#: Settings that a repository rarely needs, or that belong to one page.
RARE = {"selection_command", "noise", "folder", "cost"}
WORKFLOWS = (".github/workflows/asv-verdict.yml", ".github/workflows/asv-verdict-compare.yml")


@pytest.fixture
def wheel(tmp_path_factory):
    path = tmp_path_factory.mktemp("wheel") / WHEEL
    path.write_bytes(b"a wheel")
    return path


def _init(root, *options):
    return main(["init", "--config", str(root / "asv.conf.json"), *map(str, options)])


def _repository(root, **values):
    root.mkdir(parents=True, exist_ok=True)
    (root / "asv.conf.json").write_text(json.dumps({"repo": ".", "pythons": ["3.11"], **values}))
    if not (root.parent / ".git").exists():
        git(root, "init", "--quiet")
    return root


def _files(root):
    found = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def test_the_settings_show_the_defaults():
    uncommented = tomllib.loads(re.sub(r"^#(?! )", "", init.settings_text(), flags=re.MULTILINE))
    usual = asdict(Settings())
    assert {name: value for name, value in uncommented.items() if name not in init.EXAMPLES} == {
        name: usual[name] for name in init.EXPLAINED if name not in init.EXAMPLES
    }
    assert all(usual[name] == {} != uncommented[name] for name in init.EXAMPLES)


def test_every_setting_is_explained_or_rare():
    assert init.EXPLAINED.keys() | RARE == asdict(Settings()).keys()
    assert all(init.EXPLAINED[name] for name in init.EXAMPLES)
    assert all(len(line) <= 120 for line in init.settings_text().splitlines())


def test_the_examples_are_read(tmp_path):
    path = tmp_path / NAME
    path.write_text(init.settings_text())
    assert read_settings(path) == Settings()
    path.write_text(re.sub(r"^#(?! )", "", init.settings_text(), flags=re.MULTILINE))
    assert read_settings(path).absolute_effects == {"time": 1e-7}


def test_init_says_what_it_wrote_and_what_to_do_next(tmp_path, wheel, capsys):
    root = _repository(tmp_path / "project")
    assert _init(root, "--wheel", wheel) == 0
    said = capsys.readouterr().out
    copy = f".github/asv-verdict/{WHEEL}"
    written = {NAME, *WORKFLOWS, ".github/asv-verdict/requirements.txt", copy}
    assert set(re.findall(r"^wrote (.+)$", said, re.MULTILINE)) == written
    assert "\nnext:\n" in said
    assert written < set(_files(root))
    first, *others = (root / ".github/asv-verdict/requirements.txt").read_text().splitlines()
    assert first == f"./{copy} --hash=sha256:{hashlib.sha256(b'a wheel').hexdigest()}"
    assert "asv==" in "\n".join(others)


def test_init_names_each_file_that_git_ignores(tmp_path, wheel, capsys):
    root = _repository(tmp_path / "project")
    (root / ".gitignore").write_text("asv.conf.json\n*.whl\n")
    assert _init(root, "--wheel", wheel) == 0
    said = re.findall(r"^git ignores (\S+): change \.gitignore", capsys.readouterr().out, re.MULTILINE)
    assert said == ["asv.conf.json", f".github/asv-verdict/{WHEEL}"]


@pytest.mark.parametrize("name", [".github", ".github/workflows", ".github/asv-verdict"])
def test_init_writes_nothing_if_a_file_takes_the_place_of_a_folder(tmp_path, wheel, capsys, name):
    root = _repository(tmp_path / "project")
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("")
    before = _files(root)
    assert _init(root, "--wheel", wheel) == 2
    assert name in capsys.readouterr().out
    assert _files(root) == before


def test_init_overwrites_nothing(tmp_path, wheel, capsys):
    root = _repository(tmp_path / "project")
    assert _init(root, "--wheel", wheel) == 0
    for name in (NAME, WORKFLOWS[1], f".github/asv-verdict/{WHEEL}"):
        kept = {path: content for path, content in _files(root).items() if path.endswith(name)}
        for path in _files(root):
            if path not in kept and path != "asv.conf.json":
                (root / path).unlink()
        before = _files(root)
        capsys.readouterr()
        assert _init(root, "--wheel", wheel) == 2
        assert capsys.readouterr().out.startswith(f"broken: {root / name} exists already: remove or rename it")
        assert _files(root) == before
        (root / name).unlink()
        assert _init(root, "--wheel", wheel) == 0


@pytest.mark.parametrize("command", ["init", "nightly", "compare"])
def test_a_folder_without_a_configuration_is_refused_in_one_sentence(tmp_path, capsys, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    assert main([command, *(["a", "b"] if command == "compare" else [])]) == 2
    said = capsys.readouterr().out
    assert said.startswith("broken: asv.conf.json ")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_init_in_a_folder_of_the_repository(tmp_path, wheel):
    git(tmp_path, "init", "--quiet")
    _repository(tmp_path / "benchmarks", repo="..", pythons=["3.11", "3.13", "pypy3.10", "3.11"])
    assert _init(tmp_path / "benchmarks", "--wheel", wheel) == 0
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
    root = _repository(tmp_path / "project")
    assert _init(root) == (0 if requirement else 2)
    if requirement:
        assert (root / init.REQUIREMENTS).read_text().splitlines()[0] == requirement
    else:
        assert capsys.readouterr().out.startswith("broken: this asv-verdict was not installed from a wheel")
        assert _files(root).keys() == {"asv.conf.json"}


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
    root = _repository(tmp_path / "project")
    assert _init(root, "--wheel", given) == 2
    assert "expected the file asv_verdict-VERSION-py3-none-any.whl, or its https address" in capsys.readouterr().out
    assert not (root / NAME).exists()


def test_settings_only_needs_no_wheel(tmp_path):
    root = _repository(tmp_path / "project")
    assert _init(root, "--settings-only") == 0
    assert not (root / ".github").exists()
    assert read_settings(root / NAME) == Settings()


def _scripts(root, name):
    """The scripts of a workflow by their job."""
    found = yaml.safe_load((root / name).read_text())["jobs"]
    return {job: [step["run"] for step in content["steps"] if "run" in step] for job, content in found.items()}


def test_the_commands_of_the_workflows_parse(tmp_path, wheel):
    root = _repository(tmp_path / "project")
    _init(root, "--wheel", wheel)
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
    _repository(workflows := tmp_path_factory.mktemp("workflows"))
    _init(workflows, "--wheel", wheel)
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


@pytest.mark.parametrize("command", [["nightly"], ["compare", "a", "b"], ["calibrate"]])
def test_another_platform_is_refused_in_one_sentence(suite, monkeypatch, capsys, command):
    suite.commit()
    before = _files(suite.root)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert main([command[0], "--config", str(suite.root / "asv.conf.json"), *command[1:]]) == 2
    said = capsys.readouterr().out
    assert said.startswith("broken: the platform darwin is not supported: expected Linux; ")
    assert said.count("\n") == 1
    assert _files(suite.root) == before


def test_what_only_reads_works_on_any_platform(suite):
    """Also without the modules that Python has on Linux and macOS only."""
    suite.commit()
    suite.night()
    code = """
import sys
import asv.util, asv.step_detect, filelock, matplotlib.pyplot, scipy.stats
sys.platform = "other"
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
from asv_verdict.__main__ import main
options = ["--config", "asv.conf.json", "--machine", "desk"]
sys.exit(main(["status", *options]) or main(["last", *options]) or main(["detect", ".asv/results"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=suite.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
