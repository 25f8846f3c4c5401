"""The part of the suite that measures a GPU: its configurations, cells, quantities and findings."""

import re

import pytest

from asv_verdict.project import read_settings
from benchmarks import device, rates, reasons
from benchmarks.table import ROWS
from studies.gpu import __main__ as gpu_table
from tools import asv_runs
from tools.asv_runs import ROOT


def test_configurations_of_a_gpu_differ_in_platform_and_environment(monkeypatch):
    monkeypatch.setattr(asv_runs, "write_configuration", lambda name, **changes: (name, changes))
    usual = asv_runs.load_configuration()
    name, changes = asv_runs.gpu()
    assert name == "gpu"
    assert changes["install_command"] == ["in-dir={env_dir} python -m pip install {wheel_file}[pinned,gpu]"]
    assert changes["matrix"]["req"] == usual["matrix"]["req"]
    assert changes["matrix"]["env_nobuild"] == usual["matrix"]["env_nobuild"] | {"JAX_PLATFORMS": ["cuda"]}
    name, changes = asv_runs.installed("cpu")
    assert (name, changes["environment_type"]) == ("installed-cpu", "installed")
    assert changes["matrix"] == {"env_nobuild": usual["matrix"]["env_nobuild"]}, "the same axes as a night's"


def test_a_night_on_a_gpu_selects_other_cells():
    settings = {name: read_settings(ROOT / "asv_verdict.toml", name) for name in ("asv.conf.json", "asv.conf.gpu.json")}
    assert settings["asv.conf.json"].selection_command == "python -m benchmarks.selections nightly"
    assert settings["asv.conf.gpu.json"].selection_command == "python -m benchmarks.selections gpu"
    assert settings["asv.conf.gpu.json"].cost == settings["asv.conf.json"].cost


@pytest.mark.parametrize("quantity", ["peak_bytes", "device_peak_bytes", "times_floor"])
def test_a_measured_quantity_is_not_exact(quantity):
    cell = f"costs.MVNLogDensity.track_{quantity}(16384, 'jax', 'explicit', 'float64')"
    assert not read_settings(ROOT / "asv_verdict.toml", "asv.conf.json").is_deterministic(cell)
    counted, measured = asv_runs.load_configuration()["regressions_thresholds"]
    assert re.search(counted, cell) is None
    assert re.search(measured, cell)


def test_counts_are_exact_on_a_cpu_only():
    cell = "costs.MVNLogDensity.track_error(1000, 'jax', 'explicit', 'float64')"
    usual, on_gpu = (read_settings(ROOT / "asv_verdict.toml", name) for name in ("asv.conf.json", "asv.conf.gpu.json"))
    assert (usual.is_deterministic(cell), on_gpu.is_deterministic(cell)) == (True, False)


def test_the_findings_agree_with_the_results(capsys):
    folder = ROOT / "docs" / "findings" / "gpu"
    gpu_table.main([str(folder / "h200")])
    told = capsys.readouterr().out
    assert "| MVN log-density, n = 16,384 | explicit | float64 | 147 ms |" in told


def test_a_folder_without_results_of_a_gpu_is_reported(tmp_path):
    with pytest.raises(SystemExit, match="has no results with JAX_PLATFORMS=cuda"):
        gpu_table.main([str(tmp_path)])


def test_sizes_that_fill_a_gpu_are_not_measured_on_a_cpu(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    with pytest.raises(NotImplementedError, match="mvn/jax/value/n=16384: this size is measured on a GPU only"):
        ROWS["MVNLogDensity"].case(16_384, "jax", "value", "float64")
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    assert str(ROWS["MVNLogDensity"].case(16_384, "jax", "value", "float64")) == "mvn/jax/value/n=16384/device=gpu"


def test_quantities_of_a_gpu_are_unavailable_on_a_cpu(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    with pytest.raises(NotImplementedError, match="measured on a GPU only; a CPU has no separate dispatch"):
        device.RBFKernel().setup(1, "jax", "reverse", "float64", "busy")
    with pytest.raises(NotImplementedError, match="measured on a GPU"):
        rates.GPURate().setup("copy")


def test_reasons_depend_on_the_device(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    found = dict(reasons.reasons())
    assert (
        found["gradients.RBFKernel.time_gradient(1, 'autograd', 'reverse', 'float64')"] == "autograd runs on cpu only"
    )
    assert "gradients.MVNLogDensity.time_gradient(16384, 'jax', 'reverse', 'float64')" not in found
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    found = dict(reasons.reasons())
    cell = "gradients.MVNLogDensity.time_gradient(16384, 'jax', 'reverse', 'float64')"
    assert found[cell] == "this size is measured on a GPU only"
