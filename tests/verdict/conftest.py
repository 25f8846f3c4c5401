"""A made ASV repository for each test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from suite import NOISE, Suite

CONFIGURATION = {
    "version": 1,
    "project": "kernels",
    "repo": ".",
    "branches": ["main"],
    "environment_type": "virtualenv",
    "pythons": ["3.11"],
    "results_dir": ".asv/results",
}


@pytest.fixture
def suite(tmp_path):
    """A repository without commits."""
    (tmp_path / "asv.conf.json").write_text(json.dumps(CONFIGURATION))
    (tmp_path / "asv_verdict.toml").write_text('exact = "track_equations"\n')
    for command in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["config", "user.email", "a@b.c"],
        ["config", "user.name", "a"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    made = Suite(tmp_path)
    noise = tmp_path / ".asv" / "noise" / "desk" / "virtualenv-py3.11.json"
    noise.parent.mkdir(parents=True)
    pairs = [
        {"values": {cell: [1.0, 1.0 + sign * NOISE] for cell in made.cells if "time_" in cell}}
        for sign in (1, -1, 2, -2)
    ]
    noise.write_text(json.dumps({"version": 1, "pairs": pairs}))
    return made
