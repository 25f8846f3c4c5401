"""Programs on a GPU, as far as a machine without one can test: inverse by halves, precision, memory and events."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autodiff_kernels import build, cells, programs, why_unsupported
from autodiff_kernels.backends.base import Prepared
from autodiff_kernels.backends.jax import device as jax_device
from autodiff_kernels.backends.jax import full_precision, halves, solving, x64
from autodiff_kernels.budgets import GPU_MEMORY_BUDGET, predicted_bytes

ROOT = Path(__file__).parents[2]


def _system(size, dtype="float64"):
    generator = np.random.default_rng(size)
    root = generator.random((size, size))
    return (root @ root.T + size * np.eye(size)).astype(dtype), generator.random(size).astype(dtype)


@pytest.mark.parametrize("leaf", [8, 32, 256])
@pytest.mark.parametrize("size", [1, 7, 8, 9, 64, 65, 100, 257])
def test_the_inverse_by_halves_agrees_with_numpy(monkeypatch, size, leaf):
    monkeypatch.setattr(halves, "LEAF", leaf)
    matrix, residual = _system(size)
    above = np.triu(np.full_like(matrix, np.nan), 1) + np.tril(matrix)  # which is not read
    with x64(True):
        inverse, solution, diagonal = map(np.asarray, jax.jit(halves.by_halves)(above, residual))
    exact = np.linalg.inv(matrix)
    np.testing.assert_allclose(inverse, exact, rtol=0, atol=1e-13 * np.abs(exact).max() * size)
    np.testing.assert_allclose(solution, exact @ residual, rtol=1e-10)
    np.testing.assert_allclose(diagonal, np.linalg.cholesky(matrix).diagonal(), rtol=1e-12)


def test_the_inverse_by_halves_gives_nan_for_a_matrix_that_is_not_positive_definite():
    matrix, residual = _system(20, "float32")
    for result in jax.jit(halves.by_halves)(-matrix, residual):
        assert np.isnan(result).any()
    inverse, solution, _ = jax.jit(halves.by_halves)(-matrix, residual)
    assert np.isnan(solution).all()
    assert np.isnan(inverse[np.tril_indices(20)]).all()


@pytest.mark.parametrize(
    ("name", "platform", "expected"),
    [
        ("by_fastest", "cpu", "lapack"),
        ("by_fastest", "cuda", "halves"),
        ("by_own_functions", "cpu", "solves"),
        ("by_own_functions", "cuda", "halves"),
    ],
)
def test_each_device_has_its_own_inverse(monkeypatch, name, platform, expected):
    def marked(number):
        return lambda matrix, residual: (number * matrix, residual, residual)

    monkeypatch.setattr(solving, "by_lapack", marked(3.0))
    monkeypatch.setattr(solving, "by_halves", marked(5.0))
    matrix, residual = _system(solving.SMALLEST, "float32")
    traced = jax.jit(lambda matrix, residual: getattr(solving, name)(matrix, residual)).trace(matrix, residual)
    text = traced.lower(lowering_platforms=(platform,)).as_text()
    assert ("3.000000e+00" in text, "5.000000e+00" in text) == (expected == "lapack", expected == "halves")


@pytest.mark.parametrize(("platform", "expected"), [("cpu", False), ("gpu", True)])
def test_float32_is_float32_on_a_gpu(platform, expected):
    """By default a GPU rounds the factors of a product to the 10 bits of TF32."""
    with full_precision(SimpleNamespace(platform=platform)):
        text = jax.jit(lambda matrix: matrix @ matrix).trace(jnp.ones((4, 4))).lower().as_text()
    assert ("HIGHEST" in text) is expected


def test_a_program_runs_on_the_device_of_its_case():
    """With two simulated devices, a program runs on the device of its case, and its result stays there."""
    code = """
import jax
from autodiff_kernels import backends
from autodiff_kernels.backends import jax as backend
from autodiff_kernels import build
first, second = jax.devices()
for device in (second, first):
    backend._device = lambda case: device
    for text in ("mvn/jax/explicit/n=120", "mvn/jax/reverse/n=3", "timeline/jax/forward/m=400"):
        build.__globals__["built"].clear()
        assert build(text).run().devices() == {device}, text
print("both")
"""
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.stdout == "both\n", done.stderr


@pytest.mark.parametrize("stage", ["compile", "first call"])
def test_exhausted_memory_raises_one_sentence(monkeypatch, stage):
    pages = (
        "RESOURCE_EXHAUSTED: Failed to get configs for: 2 out of 12 instructions. Example failure: \n"
        "Out of memory while trying to allocate 138.07MiB with allocator GPU_0_bfc on device 0."
    )

    def exhausted(*arguments):
        raise RuntimeError(pages)

    def prepare(*arguments):
        return exhausted() if stage == "compile" else Prepared(exhausted, dict)

    monkeypatch.setattr(programs, "import_backend", lambda case: SimpleNamespace(prepare=prepare))
    with pytest.raises(MemoryError) as caught:
        build("mvn/jax/explicit/n=4096/device=gpu")
    assert str(caught.value) == (
        "mvn/jax/explicit/n=4096/device=gpu: on the gpu: Out of memory while trying to allocate 138.07MiB"
    )


def test_other_errors_of_xla_are_raised_unchanged(monkeypatch):
    def prepare(*arguments):
        raise RuntimeError("INTERNAL: something else")

    monkeypatch.setattr(programs, "import_backend", lambda case: SimpleNamespace(prepare=prepare))
    with pytest.raises(RuntimeError, match="INTERNAL"):
        build("rbf/jax/reverse/d=1/device=gpu")


def test_cells_of_a_gpu_belong_to_backends_that_run_there():
    found = list(cells("gpu"))
    assert {case.backend for case in found} == {"jax"}
    assert {case.device for case in found} == {"gpu"}
    assert all(case.jit for case in found)
    running = [case for case in found if why_unsupported(case) is None]
    assert {(case.problem, case.size) for case in running if case.size in case.form.gpu_sizes} == {
        ("mvn", 4096),
        ("mvn", 16_384),
        ("covariance", 8192),
        ("covariance", 4096),
        ("timeline", 10_000_000),
        ("smoothness", 400),
        ("smoothness", 8000),
    }
    assert all(predicted_bytes(case) <= GPU_MEMORY_BUDGET for case in running)


@pytest.mark.parametrize(
    ("intervals", "covered"),
    [([], 0), ([(0, 2), (5, 6)], 3), ([(0, 4), (1, 2), (3, 6)], 6), ([(3, 4), (0, 1), (0, 1)], 2)],
)
def test_overlapping_events_count_once(intervals, covered):
    assert jax_device.union(intervals) == covered


def _profile(*lines):
    event = SimpleNamespace(start_ns=1000.0, duration_ns=500.0)
    device = SimpleNamespace(name="/device:GPU:0", lines=[SimpleNamespace(name=name, events=[event]) for name in lines])
    host = SimpleNamespace(name="/host:CPU", lines=[SimpleNamespace(name="Stream", events=[event])])
    return SimpleNamespace(planes=[host, device])


def test_events_come_from_the_devices_streams():
    assert jax_device.events_of(_profile("Stream #14(Compute)", "XLA Ops")) == [(1000.0, 1500.0)]
    assert jax_device.events_of(_profile("XLA Ops")) == []


def test_a_profile_without_events_of_the_device_raises():
    program = build("rbf/jax/reverse/d=1")
    assert program.on_device is None, "a CPU has no separate dispatch"
    if not hasattr(jax.profiler, "ProfileData"):
        with pytest.raises(NotImplementedError, match="cannot read its own profiles"):
            jax_device.busy_seconds(program.run, 2)
        return
    with pytest.raises(NotImplementedError, match="no events of the device"):
        jax_device.busy_seconds(program.run, 2)


def test_busy_seconds_are_an_average_per_call(monkeypatch):
    reader = SimpleNamespace(from_file=lambda path: _profile("Stream #1"))
    monkeypatch.setattr(jax.profiler, "ProfileData", reader, raising=False)
    device = SimpleNamespace(platform="gpu", memory_stats=lambda: {"peak_bytes_in_use": 7})
    told = jax_device.on_device(build("rbf/jax/reverse/d=1").run, device)
    assert told.busy_seconds(5) == pytest.approx(100e-9)
    assert told.peak_bytes() == 7
    device.memory_stats = lambda: None
    assert told.peak_bytes() is None


def test_the_error_for_a_missing_gpu_lists_what_jax_finds(monkeypatch):
    def devices(platform=None):
        raise RuntimeError("Unable to initialize backend 'cuda': no CUDA\nand more")

    monkeypatch.setattr(jax, "devices", devices)
    with pytest.raises(ValueError, match=r"JAX finds: no device \(Unable to initialize backend 'cuda': no CUDA\)$"):
        build("rbf/jax/reverse/d=1/device=gpu")


def test_the_command_line_reports_exhausted_memory(monkeypatch, capsys):
    from autodiff_kernels import __main__

    def exhausted(case):
        raise MemoryError(f"{case}: on the gpu: Out of memory")

    monkeypatch.setattr(__main__, "build", exhausted)
    assert __main__.main(["run", "rbf/jax/reverse/d=1/device=gpu"]) == 2
    assert "Out of memory" in capsys.readouterr().err
