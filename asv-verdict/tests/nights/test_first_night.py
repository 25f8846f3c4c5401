"""The page First night, followed to the letter: a wheel in an empty environment, a new repository, real ASV."""

import os
import platform
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from branches import git
from counted_project import BENCHMARKS, KERNELS, SLOWER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

PRODUCT = Path(__file__).parents[2]
PAGE = (PRODUCT / "docs" / "first-night.md").read_text(encoding="utf-8")
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "kernels"
version = "0.1"
[tool.setuptools]
py-modules = ["kernels"]
"""


def _blocks(heading):
    """The indented blocks of a section, without their indent."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", section, re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


def _commands(heading):
    """The blocks of a section that a reader types; the others are content of files, or output."""
    starts = ("asv", "cd ", "echo ", "git ", "17 2 ", "du ")
    return [block for block in _blocks(heading) if block.startswith(starts)]


class Reader:
    """Types the commands of the page, in the folder where the last one ended."""

    def __init__(self, home, repository):
        self.home, self.repository, self.folder = home, repository, home
        caches = {
            name: os.environ.get(name, str(Path.home() / folder))
            for name, folder in (("XDG_CONFIG_HOME", ".config"), ("XDG_CACHE_HOME", ".cache"))
        }
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        path = f"{home}/asv-verdict/bin:{os.environ['PATH']}"
        self.environment = {**kept, **caches, "HOME": str(home), "PATH": path}

    def types(self, block):
        """The status of the block's last command and the output of all; another command that fails ends the block."""
        block = block.replace("YOUR-REPOSITORY", str(self.repository))
        block = block.replace("git clone https://github.com/OWNER/autodiff-kernels.git", "true")
        block = re.sub(r"^17 2 \* \* \* ", "", block)
        script = f"{block}\n"
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if found := re.search(r"^cd (\S+)$", block, re.MULTILINE):
            self.folder = Path(found[1])
        return done.returncode, done.stdout + done.stderr

    def succeeds(self, block):
        """The output of a block that has to end with status 0."""
        status, said = self.types(block)
        assert status == 0, f"{block}\n{said}"
        return said


@pytest.fixture
def reader(tmp_path):
    home, repository = tmp_path / "home", tmp_path / "home" / "project"
    # What `git clone` would bring.
    shutil.copytree(
        PRODUCT,
        home / "autodiff-kernels" / "asv-verdict",
        ignore=shutil.ignore_patterns("tests", "build", "*.egg-info"),
    )
    (repository / "benchmarks").mkdir(parents=True)
    (repository / "benchmarks" / "__init__.py").touch()
    (repository / "benchmarks" / "times.py").write_text(BENCHMARKS)
    (repository / "pyproject.toml").write_text(PYPROJECT)
    (repository / "kernels.py").write_text(KERNELS)
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "remote.git")
    git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(repository, "config", "user.email", "a@b.c")
    git(repository, "config", "user.name", "a")
    git(repository, "add", "kernels.py", "pyproject.toml")
    git(repository, "commit", "--quiet", "--message", "Begin")
    return Reader(home, repository)


def test_the_page_is_followed_to_the_letter(reader):
    _install_and_configure(reader)
    (first,) = _commands("4. The first night")
    assert reader.succeeds(first).count("pass: 4 of 4 expected cells measured") == 1
    _find_a_slowdown(reader)
    _use_ci(reader)
    (search,) = _commands("Search a history")
    assert "level shifts of cells: 0" in reader.succeeds(search)
    (disk,) = _commands("Disk")
    assert ".asv/verdict/env" in reader.succeeds(disk.replace("+30", "-30"))
    reports = reader.repository / ".asv" / "verdict" / "reports"
    assert {path.suffix for path in reports.glob("*/*")} == {".json", ".md", ".png"}
    assert "open regressions: " in reader.succeeds("asv-verdict status"), "the reports are still there"


def _install_and_configure(reader):
    """Sections 1 to 3."""
    (install,) = _blocks("1. Install")
    assert "asv-verdict 0." in reader.succeeds(install)
    configuration, machine = _blocks("2. Configure ASV")
    (reader.repository / "asv.conf.json").write_text(configuration.replace("NAME", "kernels"))
    reader.succeeds(machine)
    init, commit = _commands("3. Write the settings")
    assert "wrote asv_verdict.toml" in reader.succeeds(init)
    reader.succeeds(commit)
    committed = git(reader.repository, "ls-tree", "-r", "--name-only", "HEAD").split()
    assert {"asv_verdict.toml", ".github/workflows/asv-verdict.yml", ".gitignore"} <= set(committed)
    assert git(reader.repository, "status", "--porcelain") == ""


def _find_a_slowdown(reader):
    """Section 5, after three commits of which the second is slower."""
    git(reader.repository, "push", "--quiet", "--set-upstream", "origin", "main")
    git(reader.repository, "commit", "--quiet", "--allow-empty", "--message", "Change nothing")
    (reader.repository / "kernels.py").write_text(SLOWER)
    git(reader.repository, "commit", "--quiet", "--all", "--message", "Work twice as much")
    culprit = git(reader.repository, "rev-parse", "--short=8", "HEAD")
    git(reader.repository, "commit", "--quiet", "--allow-empty", "--message", "Change nothing again")
    cron, ask = _commands("5. Every night")
    status, said = reader.types(cron)
    assert status == 1, said
    assert "\nregression: 4 of 4 expected cells measured" in f"\n{said}"
    assert re.search(
        rf"`times.Time.time_work\(40000\)` against the previous commit.*\| {culprit} Work twice as much \|", said
    )
    assert "open regressions: " in reader.succeeds(ask)


def _use_ci(reader):
    """Sections 6 and 7; head then lies two commits back."""
    (ci,) = _commands("6. In CI")
    fetch, night, store = ci.splitlines()
    reader.succeeds(fetch)
    assert reader.types(night)[0] == 1, "without a new commit the last verdict is repeated"
    reader.succeeds(store)
    assert f"results/{platform.node()}/machine.json" in git(
        reader.repository, "ls-tree", "-r", "--name-only", "asv-results"
    )
    git(reader.repository, "branch", "topic")
    git(reader.repository, "reset", "--quiet", "--hard", "HEAD~2")
    (compare,) = _commands("7. Compare two commits for a pull request")
    status, said = reader.types(compare)
    assert (status, "regression: 4 of 4" in said) == (1, True), said
