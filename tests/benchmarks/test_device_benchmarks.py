"""The benchmarks of a GPU, with a synthetic one: one process gives all parts, and rates give the roofline."""

from types import SimpleNamespace

import jax
import pytest

from autodiff_kernels import Case, build
from autodiff_kernels.backends.base import OnDevice
from benchmarks import costs, device, gradients, rates
from benchmarks.protocol import rounds_so_far

CASE = Case.parse("timeline/jax/explicit/m=10000000/device=gpu")
#: Bytes and operations a second.
RATES = {"copy": 4e12, "matrix product float64": 50e12, "matrix product float32": 50e12}


@pytest.fixture
def made(monkeypatch, tmp_path):
    """A synthetic GPU on which every program is busy for 120 µs; nothing is forked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    monkeypatch.setattr(device.gpu, "require_gpu", lambda: None)
    monkeypatch.setattr(device, "in_forked_process", lambda function: function())
    monkeypatch.setattr(device, "keep_freed_memory", lambda: None)
    monkeypatch.setattr(device, "rate", RATES.__getitem__)
    for name in ("CALL_SECONDS", "DISPATCH_SECONDS"):
        monkeypatch.setattr(device, name, 0.001)
    monkeypatch.setattr("autodiff_kernels.preload", lambda case: None)
    built = []
    small = build("timeline/jax/explicit/m=400")
    told = OnDevice(lambda: jax.numpy.ones(3), lambda calls: 120e-6, lambda: 403_000_000)

    def build_for(case):
        built.append(case)
        work = {"argument_bytes": 80_000_016, "output_bytes": 160_000_000}
        return SimpleNamespace(run=small.run, error=1e-16, work=lambda: work, on_device=told)

    monkeypatch.setattr(device, "build", build_for)
    for cached in (device.of_rounds, device.samples_of, gradients.samples_of_case):
        cached.cache_clear()
    yield built
    for cached in (device.of_rounds, device.samples_of, gradients.samples_of_case):
        cached.cache_clear()


def _parts():
    benchmark = device.TimelineJacobian()
    found = {}
    for part in device.PARTS:
        benchmark.samples_of_case = None
        cell = (10_000_000, "linear", "jax", "explicit", "float64", part)
        benchmark.setup(*cell)
        before = benchmark.timer()
        benchmark.time_part(*cell)
        found[part] = benchmark.timer() - before
    return found


def test_call_parts_memory_error_and_roofline_come_from_one_process(made):
    found = _parts()
    timed = gradients.TimelineJacobian()
    timed.setup(10_000_000, "linear", "jax", "explicit", "float64")
    cost = costs.TimelineJacobian()
    cost.setup(10_000_000, "linear", "jax", "explicit", "float64")
    assert found["busy"] == pytest.approx(120e-6)
    assert 0 < found["dispatch"] < 1
    assert cost.track_device_peak_bytes() == 403_000_000
    assert cost.track_error() == 1e-16
    assert cost.track_times_floor() == pytest.approx(120e-6 / (240_000_016 / 4e12))
    with pytest.raises(NotImplementedError):
        cost.track_peak_bytes()
    assert made == [CASE]


def test_each_round_has_one_process_and_the_costs_start_no_other(made):
    for _ in range(2):
        _parts()
        for cached in (device.of_rounds, device.samples_of):
            cached.cache_clear()
    assert device.costs(CASE)["times_floor"] == pytest.approx(2, rel=1e-3)
    assert made == [CASE, CASE]


def test_the_roofline_is_the_longer_of_bytes_and_operations(made):
    log_density = Case.parse("mvn/jax/explicit/n=16384/device=gpu")
    assert device.floor_seconds(log_density, 8, RATES.__getitem__) == pytest.approx(16_384**3 / 50e12, rel=1e-2)
    value = Case.parse("mvn/jax/value/n=16384/device=gpu")
    assert device.floor_seconds(value, 8, RATES.__getitem__) == pytest.approx(16_384**3 / 3 / 50e12, rel=1e-2)
    assert device.floor_seconds(CASE, 240_000_016, RATES.__getitem__) == pytest.approx(60e-6, rel=1e-3)
    second_order = Case.parse("mvn/jax/hessian_vector_product/n=300/device=gpu")
    assert device.floor_seconds(second_order, 8, RATES.__getitem__) is None


def test_a_roofline_below_a_microsecond_has_no_ratio(made, monkeypatch):
    monkeypatch.setattr(device, "rate", lambda kernel: 1e18)
    assert "times_floor" not in device.costs(CASE)


def test_if_a_rate_fails_only_the_roofline_is_missing(made, monkeypatch):
    def failed(kernel):
        raise RuntimeError("rate copy failed in an earlier process of this run")

    monkeypatch.setattr(device, "rate", failed)
    found = device.costs(CASE)
    assert "times_floor" not in found
    assert (found["error"], found["device_peak_bytes"]) == (1e-16, 403_000_000)


def test_without_events_the_reason_is_reported_and_a_call_is_timed(made, monkeypatch):
    def unseen(calls):
        raise NotImplementedError("the profile has no events of the device")

    told = OnDevice(lambda: jax.numpy.ones(3), unseen, lambda: None)
    small = build("timeline/jax/explicit/m=400")
    monkeypatch.setattr(
        device, "build", lambda case: SimpleNamespace(run=small.run, error=0.0, work=dict, on_device=told)
    )
    assert device.samples_of(CASE, "call")[0] > 0
    assert device.costs(CASE)["error"] == 0
    with pytest.raises(NotImplementedError, match="no events of the device"):
        device.samples_of(CASE, "busy")


def test_an_older_commit_is_timed_by_its_calls(made, monkeypatch):
    small = build("timeline/jax/explicit/m=400")
    monkeypatch.setattr(device, "build", lambda case: SimpleNamespace(run=small.run, error=0.0, work=dict))
    assert device.samples_of(CASE, "call")[0] > 0
    with pytest.raises(NotImplementedError, match="the program reports no busy time"):
        device.samples_of(CASE, "busy")


def test_the_first_asker_in_a_round_measures(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    asked = [
        (None, [0]),  # the record was empty
        ("a", [0]),
        ("b", [0]),
        (None, [0]),
        ("b", [0, 1]),
        ("a", [0, 1]),
        ("a", [0, 1, 2]),
    ]
    for asker, rounds in asked:
        assert rounds_so_far("shared", asker, lambda number: number) == rounds


def test_rates_come_from_the_fastest_round(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rates, "in_forked_process", lambda function: function())
    measured = iter([2.0, 1.0] + [4.0] * 20)
    monkeypatch.setattr(rates, "seconds_of", lambda kernel: next(measured))
    for _ in range(2):
        rates.rounds_of("copy", "time")
    rates.rate.cache_clear()
    assert rates.rate("copy") == 2 * rates.COPIED / 1.0
    rates.rate.cache_clear()


@pytest.mark.parametrize("kernel", rates.WORK)
def test_every_kernel_of_a_rate_runs(monkeypatch, kernel):
    """On the CPU, at a small size."""
    for name, value in {"COPIED": 4096, "ROWS": 16, "FACTORISED": 16}.items():
        monkeypatch.setattr(rates, name, value)
    try:
        result = rates.made_kernel(kernel)()
    finally:
        jax.config.update("jax_enable_x64", False)  # a process that measures rates does nothing else
    assert str(result.dtype) == ("float64" if "float64" in kernel else "float32")
    assert bool(jax.numpy.isfinite(result).all())
