"""A stored value that is no finite number: ASV hangs on an infinity and fails for a text, so the plugin removes it."""

import json
import math
import os
import subprocess
import sys

import pytest
from asv.graph import Graph

from asv_verdict import plugin
from asv_verdict.measure.commit_runner import publish
from asv_verdict.project import read_project
from synthetic_results import result_file


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (math.inf, []),
        (-math.inf, []),
        ([1.0, math.inf], [[1.0, math.nan]]),
        ([None, -math.inf, 2], [[None, math.nan, 2]]),
        (2.0, [[2.0]]),
        (None, []),
        (1e308, []),
        ([1e308, -1e308, 1e299, 5e-324], [[math.nan, math.nan, 1e299, 5e-324]]),
        ("text", []),
        (["text", 2], [[math.nan, 2]]),
        ([{"a": 1}, 10**400, True], [[math.nan, math.nan, True]]),
    ],
)
def test_a_graph_has_no_infinity(value, kept):
    assert plugin.finite_graphs.Graph is Graph
    graph = Graph("b.track_x", {})
    graph.add_data_point(1, value)
    assert repr(graph.data_points[1]) == repr(kept)


def _history(root, values, plugins):
    """A repository with ASV's results of twelve commits, of which the seventh has these values."""

    def git(*arguments):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet", "--initial-branch=main")
    desk = root / "results" / "desk"
    desk.mkdir(parents=True)
    (desk / "machine.json").write_text(json.dumps({"machine": "desk", "version": 1}))
    listed = {"b.track_x": {"name": "b.track_x", "type": "track", "unit": "", "version": "1"}}
    listed["b.track_x"] |= {"params": [["1", "2"]], "param_names": ["n"], "code": "", "timeout": 1}
    (root / "results" / "benchmarks.json").write_text(json.dumps({**listed, "version": 2}))
    for number in range(12):
        git("commit", "--quiet", "--allow-empty", "--message", str(number))
        commit = git("rev-parse", "HEAD")
        row = values if number == 6 else [1.0 + 0.1 * (number % 2), 2.0]
        content = result_file(commit, 1000 * number, {"b.track_x": [row, [["1", "2"]], "1"]})
        (desk / f"{commit[:8]}-env.json").write_text(json.dumps(content))
    folders = {"results_dir": "results", "html_dir": "html", "benchmark_dir": "benchmarks"}
    configuration = {"version": 1, "project": "x", "repo": ".", "branches": ["main"], "plugins": plugins, **folders}
    (root / "asv.conf.json").write_text(json.dumps(configuration))


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [[math.inf, 1.0], [1.0, -math.inf], [math.inf, math.inf], ["text", 10**400], [1e308, 1.0]],
    ids=["of one cell", "negative", "of all cells", "no numbers", "huge"],
)
@pytest.mark.parametrize("plugins", [[".asv_verdict.plugin"], []], ids=["by asv", "by a night"])
def test_asv_publishes_a_history_with_an_infinity(tmp_path, values, plugins):
    """`asv publish` with the plugin, and the publishing of a night without it."""
    _history(tmp_path, values, plugins)
    if not plugins:
        publish(read_project(tmp_path / "asv.conf.json"))
    else:
        done = subprocess.run(
            [sys.executable, "-m", "asv", "publish"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "is no finite number up to 1e+300 and counts as missing" in done.stdout + done.stderr
    assert (tmp_path / "html" / "index.json").exists()
