"""Runs of ASV for one purpose: their configurations, the values they return, and the metrics that must repeat."""

import json
import re
from types import SimpleNamespace

import pytest

from studies.repeatability import exact
from tools import asv_runs
from tools.files import replace_whole


def test_cells_without_a_number_are_left_out():
    results = SimpleNamespace(
        get_all_result_keys=lambda: ["gradients.A.time_x"],
        get_result_params=lambda benchmark: [["1", "2"], ["'jax'", "'autograd'"]],
        get_result_value=lambda benchmark, parameters: [1.0, float("nan"), None, 2.0],
    )
    assert asv_runs.cell_values(results) == {
        "gradients.A.time_x(1, 'jax')": 1.0,
        "gradients.A.time_x(2, 'autograd')": 2.0,
    }


def test_a_failure_of_asv_ends_the_repeated_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(exact, "ROOT", tmp_path)
    monkeypatch.setattr(exact, "run_asv", lambda *arguments: 2)
    with pytest.raises(SystemExit, match="ended with status 2: not every cell was counted"):
        exact.counted("desk", "0" * 40)


def test_a_changed_configuration_differs_in_the_changed_settings(monkeypatch, tmp_path):
    (tmp_path / "asv.conf.json").write_text((asv_runs.ROOT / "asv.conf.json").read_text())
    monkeypatch.setattr(asv_runs, "ROOT", tmp_path)
    before = asv_runs.load_configuration()
    path = asv_runs.write_configuration("other", results_dir="elsewhere")
    after = json.loads(path.read_text())
    assert after == {**before, "version": 1, "results_dir": "elsewhere"}


def test_all_cores_have_their_own_axis(monkeypatch, tmp_path):
    (tmp_path / "asv.conf.json").write_text((asv_runs.ROOT / "asv.conf.json").read_text())
    monkeypatch.setattr(asv_runs, "ROOT", tmp_path)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)))
    matrix = json.loads(asv_runs.all_cores().read_text())["matrix"]
    assert matrix["env_nobuild"]["OMP_NUM_THREADS"] == matrix["env_nobuild"]["OPENBLAS_NUM_THREADS"] == ["8"]
    assert matrix["env_nobuild"]["JAX_PLATFORMS"] == ["cpu"]
    assert matrix["req"] == asv_runs.load_configuration()["matrix"]["req"]


def test_measuring_all_cores_on_one_core_is_an_error(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0})
    with pytest.raises(SystemExit, match="this machine has one core"):
        asv_runs.all_cores()


def test_a_metric_differs_if_a_run_differs_or_lacks_it():
    assert exact.differing({"a": [1.0, 1.0], "b": [1.0, 1.0 + 1e-15], "c": [1.0]}, 2) == ["b", "c"]


def test_peak_memory_is_no_deterministic_metric():
    pattern = re.compile(exact.exact_pattern())
    assert pattern.search("costs.MVNLogDensity.track_error(1000, 'jax', 'reverse', 'float64')")
    assert pattern.search("costs.MVNLogDensity.track_equations(100, 'jax', 'reverse', 'float64')")
    assert not pattern.search("costs.MVNLogDensity.track_peak_bytes(1000, 'jax', 'reverse', 'float64')")
    assert not pattern.search("costs.MVNLogDensity.time_compile(3, 'jax', 'reverse', 'float64')")


def test_a_file_that_cannot_be_written_completely_stays_unchanged(tmp_path):
    path = tmp_path / "kept.json"
    replace_whole(path, {"a": 1})
    with pytest.raises(TypeError, match="not JSON serializable"):
        replace_whole(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["kept.json"]
