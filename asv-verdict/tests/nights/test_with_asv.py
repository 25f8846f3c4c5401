"""Three nights with ASV itself: a small project with real commits, environments and measurements."""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asv_verdict import __version__
from asv_verdict.__main__ import main
from asv_verdict.model import State
from asv_verdict.project import read_project
from asv_verdict.records.past_nights import past_nights
from counted_project import BENCHMARKS, KERNELS, SLOWER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CONFIGURATION = {
    "version": 1,
    "project": "kernels",
    "repo": ".",
    "branches": ["main"],
    "environment_type": "virtualenv",
    "pythons": [f"{sys.version_info.major}.{sys.version_info.minor}"],
    "results_dir": ".asv/results",
    "html_dir": ".asv/html",
    "env_dir": ".asv/env",
    "build_command": ["python -m pip wheel --no-deps --wheel-dir {build_cache_dir} {build_dir}"],
    "install_command": ["in-dir={env_dir} python -m pip install {wheel_file}"],
}
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "kernels"
version = "0.1"
dependencies = [{dependencies}]
[tool.setuptools]
py-modules = ["kernels"]
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with a first commit on main, which ASV can measure."""
    # A separate home for ASV's record of the machine; pip keeps the configuration and cache of the user.
    for variable, folder in (("XDG_CONFIG_HOME", ".config"), ("XDG_CACHE_HOME", ".cache")):
        monkeypatch.setenv(variable, os.environ.get(variable, str(Path.home() / folder)))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    root = tmp_path / "project"
    (root / "benchmarks").mkdir(parents=True)
    (root / "benchmarks" / "__init__.py").touch()
    (root / "benchmarks" / "times.py").write_text(BENCHMARKS)
    (root / "asv.conf.json").write_text(json.dumps(CONFIGURATION))
    (root / ".gitignore").write_text(".asv/\n__pycache__/\nasv.conf.*.json\n")
    _git(root, "init", "--quiet", "--initial-branch", "main")
    _git(root, "config", "user.email", "a@b.c")
    _git(root, "config", "user.name", "a")
    _commit(root, "Begin", KERNELS)
    subprocess.run([sys.executable, "-m", "asv", "machine", "--yes"], cwd=root, check=True, capture_output=True)
    return root


def _git(root, *command):
    done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _commit(root, message, kernels, dependencies=""):
    (root / "kernels.py").write_text(kernels)
    (root / "pyproject.toml").write_text(PYPROJECT.format(dependencies=dependencies))
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--allow-empty", "--message", message)
    return _git(root, "rev-parse", "HEAD")


def _night(root):
    """Run a night; returns its exit status and its report."""
    status = main(["nightly", "--config", str(root / "asv.conf.json")])
    nights = past_nights(read_project(root / "asv.conf.json").folder, platform.node(), [])
    return status, nights[-1].report if nights else None


def _confirmed(report):
    return {change.cell: change for change in report.changes if change.state is State.CONFIRMED}


def test_three_nights(project, capsys, tmp_path):
    user_file = tmp_path / ".asv-machine.json"
    machines, written = user_file.read_bytes(), user_file.stat().st_mtime_ns
    status, report = _night(project)
    assert (status, report.expected, report.measured) == (0, 4, 4), capsys.readouterr()
    assert (project / ".asv" / "html" / "index.html").exists()

    _commit(project, "Change nothing", KERNELS + "\n# nothing\n")
    culprit = _commit(project, "Work twice as much", SLOWER)
    _commit(project, "Change nothing again", SLOWER + "\n# nothing\n")
    status, report = _night(project)
    found = _confirmed(report)
    assert status == 1, capsys.readouterr()
    assert {"times.Time.time_work(20000)", "times.Time.time_work(40000)"} <= found.keys()
    assert found["times.Time.time_work(40000)"].commits == (culprit,)

    slowest = SLOWER.replace("range(2 * count)", "range(4 * count)")
    _commit(project, "Take a dependency", slowest, dependencies='"iniconfig==2.0.0"')
    status, report = _night(project)
    assert status == 1, capsys.readouterr()
    assert _confirmed(report)["times.Time.time_work(40000)"].packages == ("iniconfig none → 2.0.0",)

    before = {path: path.read_bytes() for path in (project / ".asv" / "results").rglob("*-*.json")}
    assert _night(project)[0] == 1, "without a new commit the last verdict is repeated"
    assert (user_file.read_bytes(), user_file.stat().st_mtime_ns) == (machines, written)
    assert {path: path.read_bytes() for path in before} == before


def test_a_benchmark_file_that_imports_a_new_function_hides_no_slowdown(project, capsys):
    (project / "benchmarks" / "times.py").write_text(BENCHMARKS.replace("import kernels", "from kernels import new"))
    text = (project / "benchmarks" / "times.py").read_text() + "        new()\n"
    (project / "benchmarks" / "times.py").write_text(text.replace("\n\nclass", "\nimport kernels\n\nclass"))
    _commit(project, "Add a function, slower", SLOWER + "\ndef new():\n    pass\n")
    options = ["--config", str(project / "asv.conf.json"), "--bench", "time_work"]
    assert main(["compare", *options, "HEAD~1", "HEAD"]) == 1
    said = capsys.readouterr().out
    assert "regression: 2 of 2 expected cells measured" in said
    assert "| `times.Time.time_work(40000)` against base" in said


def test_a_machine_that_asv_does_not_know_is_broken_and_named(project, capsys):
    status = main(["nightly", "--config", str(project / "asv.conf.json"), "--machine", "elsewhere"])
    assert status == 2
    assert "elsewhere" in capsys.readouterr().out


def test_the_package_installs_on_its_own(tmp_path):
    """The command runs in an environment without JAX and without the checkout, installed from a copy of its folder."""
    source = tmp_path / "asv_verdict"  # pip leaves files in the folder that it builds
    shutil.copytree(Path(__file__).parents[2], source, ignore=shutil.ignore_patterns("tests", "build", "*.egg-info"))
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = str(tmp_path / "env" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(source)], check=True)
    (tmp_path / "results").mkdir()
    command = [python, "-m", "asv_verdict", "detect", str(tmp_path / "results")]
    done = subprocess.run(command, cwd=tmp_path / "results", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:18]) == (2, "broken: no results")
    script = [str(tmp_path / "env" / "bin" / "asv-verdict"), "--version"]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"asv-verdict {__version__}\n"
    listed = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout
    assert "jax" not in listed


def test_pairs_of_identical_runs_are_measured_with_provenance(project, capsys):
    configuration = {**CONFIGURATION, "plugins": [".asv_verdict.measure.provenance_plugin"]}
    (project / "asv.conf.json").write_text(json.dumps(configuration))
    commit = _commit(project, "Record the provenance", KERNELS)
    command = ["calibrate", "--config", str(project / "asv.conf.json"), "--bench", "^times.*work", "--pairs", "2"]
    assert main(command) == 0, capsys.readouterr()
    assert "2 pairs on file" in capsys.readouterr().out
    (path,) = (project / ".asv" / "noise").glob("*/*.json")
    first, second = json.loads(path.read_text())["pairs"]
    assert first["values"].keys() == second["values"].keys() == {f"times.Time.time_work({n})" for n in (20000, 40000)}
    assert first["commit"] == commit
    assert first["measured_with"]["benchmarks"] == _git(project, "rev-parse", "HEAD:benchmarks")
    assert first["measured_with"]["packages"]["kernels"] == "0.1"
    assert not [
        path for path in project.iterdir() if path.name.startswith("asv.conf.") and path.name != "asv.conf.json"
    ]
