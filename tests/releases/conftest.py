"""Synthetic releases: commits whose cells are slower or faster by known factors."""

import json

import pytest

from asv_verdict.asv_io.results import read_history
from asv_verdict.decide.screening import Thresholds
from asv_verdict.stats.noise import Noise
from releases.judging import Judging
from releases.measuring import Record
from studies.synthetic_repository import begin
from synthetic_results import ENVIRONMENT
from synthetic_suite import NOISE, Suite
from tests.support.synthetic_releases import Project


@pytest.fixture
def suite(tmp_path):
    """A repository without commits."""
    begin(tmp_path, 'exact = "track_equations"\nlower_is_better = "track_equations"\n')
    return Suite(tmp_path)


@pytest.fixture
def project(tmp_path):
    """A project whose releases have known effects."""
    return Project(tmp_path)


@pytest.fixture
def judge(suite):
    """A function that returns a Judging of the suite's commits, oldest first."""

    def make(rounds=2, runner=suite.runner, **names):
        project, commits = suite.project, list(suite.commits)
        runners = {commit: runner(project, "desk", commit) for commit in commits}
        runners[commits[-1]].build(project.folder / "built", 60)
        benchmarks = read_history(project.folder / "built").benchmarks
        record = Record(
            project.folder / "measured", runners, {commit: f"jax {commit[:4]}" for commit in commits}, print
        )
        noise = Noise({cell: [NOISE, -NOISE, 2 * NOISE, -2 * NOISE] for cell in suite.cells})
        return Judging(
            project=project,
            record=record,
            commits=commits,
            names=record.names,
            cells=suite.cells,
            benchmarks=benchmarks,
            thresholds=Thresholds(project.settings, {ENVIRONMENT: noise}),
            rounds=rounds,
        )

    return make


def written(path, content):
    """A JSON file."""
    path.write_text(json.dumps(content))
    return path
