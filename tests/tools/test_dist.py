"""`make dist` builds both distributions, checks them, and runs them in an empty environment."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import dist

ROOT = Path(__file__).parents[2]


def test_every_distribution_has_a_version_and_a_command_of_its_own_script():
    for name, (folder, commands) in dist.DISTRIBUTIONS.items():
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert project["name"] == name
        assert {command.split()[0] for command in commands} == set(project["scripts"])
        assert f"{name} --version" in commands
        assert len(commands) > 1


def test_a_failing_step_ends_the_command_with_its_status(tmp_path):
    with pytest.raises(SystemExit, match="ended with status 3: expected 0"):
        dist.run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_both_distributions_are_built_and_run(tmp_path):
    command = [sys.executable, "-m", "tools.dist", str(tmp_path / "dist")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = sorted(path.name.partition("-")[0] + path.suffix for path in (tmp_path / "dist").iterdir())
    assert kinds == ["asv_verdict.gz", "asv_verdict.whl", "autodiff_kernels.gz", "autodiff_kernels.whl"]
    lines = done.stdout.splitlines()
    for script in ("autodiff-kernels", "asv-verdict"):
        assert lines[lines.index(f"$ {script} --version") + 1].startswith(f"{script} 0.")


def test_a_folder_that_holds_anything_else_is_left_as_it_is(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SystemExit, match=r"holds notes\.txt: expected only \.whl and \.tar\.gz files"):
        dist.build(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
