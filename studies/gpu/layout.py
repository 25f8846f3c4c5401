"""The tables and figures of the results of a GPU."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from asv_verdict import Result, last_entry, read_result
from autodiff_kernels import PROBLEMS
from autodiff_kernels.terminal import duration
from benchmarks.rates import FACTORISED, WORK
from studies.documents import ROOT, Table

#: The name of each problem by the class of its benchmarks.
TITLES = {
    "RBFKernel": "RBF kernel",
    "RBFCovariance": "RBF matrix",
    "RBFCovarianceJacobian": "RBF matrix Jacobian",
    "MVNLogDensity": "MVN log-density",
    "MVNSecondOrder": "MVN log-density",
    "TimelineJacobian": "timeline Jacobian",
    "ARDLogDensity": "ARD log-density, n = 200",
    "DecayJacobian": "decay Jacobian, 80,000 entries",
}
SIZE_NAMES = {"RBFKernel": "d", "ARDLogDensity": "d", "TimelineJacobian": "m", "DecayJacobian": "m"}
DEVICES = ("", "mode", "precision", "GPU", "one CPU core", "CPU ÷ GPU")
CELLS = ("", "mode", "precision", "call", "busy", "dispatch", "busy ÷ roofline", "peak memory", "error")


class Cell(NamedTuple):
    """One timed cell: the benchmark's class and its parameters as ASV writes them."""

    problem: str
    parameters: tuple[str, ...]

    @property
    def label(self) -> list[str]:
        """Problem and size, mode, precision."""
        size, *others, _, mode, dtype = (parameter.strip("'") for parameter in self.parameters)
        title = " ".join((TITLES[self.problem], *others))
        return [f"{title}, {SIZE_NAMES.get(self.problem, 'n')} = {int(size):,}", mode.replace("_", " "), dtype]


def _float64(problem: str, size: int, mode: str, *curve: str) -> Cell:
    return Cell(problem, (str(size), *map(repr, curve), "'jax'", repr(mode), "'float64'"))


#: The cells of the short table.
SUMMARY = (
    *(_float64("MVNLogDensity", 16_384, mode) for mode in ("explicit", "custom_rule", "reverse")),
    *(_float64("MVNLogDensity", 1000, mode) for mode in ("explicit", "reverse")),
    *(_float64("TimelineJacobian", 10_000_000, mode, "linear") for mode in ("explicit", "forward")),
    _float64("RBFKernel", 1, "reverse"),
)
SUMMARY_COLUMNS = ("float64", "mode", "call", "busy", "busy ÷ roofline", "peak memory")


def layout(data: dict[str, Any]) -> list[Table]:
    """Three tables: the rates of the GPU, every cell, and the cells that both devices measured."""
    on_gpu, on_cpu = results(data)
    cells_table = Table(CELLS, [_row(on_gpu, cell) for cell in cells(on_gpu)], notes=[*_against_the_card(on_gpu)])
    return [
        Table([measured_with(on_gpu), "rate"], [*_rates(on_gpu)]),
        cells_table,
        Table(DEVICES, [*_both(on_gpu, on_cpu)]),
    ]


def summary_layout(data: dict[str, Any]) -> list[Table]:
    """The short table: a row for each cell of SUMMARY."""
    on_gpu, _ = results(data)
    rows = []
    for cell in SUMMARY:
        label, mode, _, call, busy, _, roofline, peak, _ = _row(on_gpu, cell)
        rows.append([label, mode, call, busy, roofline, peak])
    return [Table(SUMMARY_COLUMNS, rows)]


def shape() -> tuple[tuple[int, int], ...]:
    """The rates, the 41 cells of the selection `gpu`, and the seven cells of `beside-gpu` that use JAX."""
    return ((len(WORK), 2), (41, len(CELLS)), (7, len(DEVICES)))


def summary_shape() -> tuple[tuple[int, int], ...]:
    """A row for each cell of the short table."""
    return ((len(SUMMARY), len(SUMMARY_COLUMNS)),)


def results(data: dict[str, Any]) -> tuple[Result, Result]:
    """The newest result of the GPU and the newest result of the CPU, from the folder that the data name."""
    on_gpu, on_cpu = (_newest(ROOT / data["folder"], platform) for platform in ("cuda", "cpu"))
    return on_gpu, on_cpu


def _newest(folder: Path, platform: str) -> Result:
    found = [read_result(path) for path in sorted(folder.glob(f"*JAX_PLATFORMS{platform}-*.json"))]
    if not found:
        raise SystemExit(f"{folder} has no results with JAX_PLATFORMS={platform}: measure them with `make bench-gpu`")
    return max(found, key=lambda result: result.measured_at)


def measured_with(result: Result) -> str:
    """The name, memory, driver, CUDA version and largest clock of the GPU."""
    facts = last_entry(result.path.parent, result.commit, result.environment)
    gpu = facts["gpus"][0]
    words = (
        gpu["name"],
        gpu["memory"],
        f"driver {gpu['driver']}",
        f"CUDA {gpu['cuda']}",
        f"up to {gpu['largest_clock']}",
    )
    return ", ".join(words)


def _rates(result: Result) -> Iterator[list[str]]:
    for kernel, work in WORK.items():
        if seconds := result.values.get(f"rates.GPURate.time_kernel('{kernel}')"):
            unit = "TB/s" if kernel == "copy" else "TFlop/s"
            yield [kernel, f"{work / seconds / 1e12:.3g} {unit}"]


def cells(result: Result) -> list[Cell]:
    """The timed cells of a result, in the order of TITLES."""
    found = []
    for name, value in result.values.items():
        benchmark, _, parameters = name.removesuffix(")").partition("(")
        module, *rest = benchmark.split(".")
        if module == "gradients" and value is not None and value == value:
            found.append(Cell(rest[0], tuple(parameters.split(", "))))
    order = list(TITLES)
    return sorted(found, key=lambda cell: order.index(cell.problem))


def _value(result: Result, cell: Cell, benchmark: str, *more: str) -> float | None:
    module, method = benchmark.split(".")
    value = result.values.get(f"{module}.{cell.problem}.{method}({', '.join((*cell.parameters, *more))})")
    return value if value == value else None


def _call(result: Result, cell: Cell) -> float | None:
    methods = ("time_gradient", "time_jacobian", "time_derivative")
    return next((value for method in methods if (value := _value(result, cell, f"gradients.{method}"))), None)


def _row(result: Result, cell: Cell) -> list[str]:
    call, busy, dispatch = (
        _call(result, cell),
        _value(result, cell, "device.time_part", "'busy'"),
        _value(result, cell, "device.time_part", "'dispatch'"),
    )
    roofline = _value(result, cell, "costs.track_times_floor")  # from all rounds but the last
    peak, error = _value(result, cell, "costs.track_device_peak_bytes"), _value(result, cell, "costs.track_error")
    return [
        *cell.label,
        *(duration(seconds) if seconds else "" for seconds in (call, busy, dispatch)),
        f"{roofline:.2f}" if roofline else "",
        _memory(peak) if peak else "",
        f"{error:.0e}" if error is not None else "",
    ]


def _memory(size: float) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 5e5 else f"{size / 1e3:,.0f} kB"


def _against_the_card(result: Result) -> Iterator[str]:
    """Notes on the largest programs: the rate of each, and its share of the measured rate of the GPU."""
    size = max(PROBLEMS["mvn"].formulations["cholesky"].gpu_sizes)
    operations = PROBLEMS["mvn"].formulations["cholesky"].operations(size).derivative
    for mode in ("explicit", "reverse"):
        cell = Cell("MVNLogDensity", (str(size), "'jax'", f"'{mode}'", "'float64'"))
        busy = _value(result, cell, "device.time_part", "'busy'")
        own = result.values.get("rates.GPURate.time_kernel('Cholesky and triangular inverse float64')")
        if busy and own:
            share = operations / busy / (WORK["Cholesky and triangular inverse float64"] / own)
            yield (
                f"MVN log-density, n = {size:,}, {mode}, float64: {operations / busy / 1e12:.1f} TFlop/s, "
                f"{100 * share:.0f} % of the rate of Cholesky and triangular inverse at n = {FACTORISED:,}"
            )
    rows = max(PROBLEMS["timeline"].formulations["linear"].gpu_sizes)
    for dtype, item in (("float64", 8), ("float32", 4)):
        for mode in ("explicit", "forward"):
            cell = Cell("TimelineJacobian", (str(rows), "'linear'", "'jax'", f"'{mode}'", f"'{dtype}'"))
            busy = _value(result, cell, "device.time_part", "'busy'")
            own = result.values.get("rates.GPURate.time_kernel('copy')")
            if busy and own:
                rate = 3 * rows * item / busy
                yield (
                    f"timeline Jacobian, {rows:,} × 2, {mode}, {dtype}: {rate / 1e12:.2f} TB/s, "
                    f"{100 * rate / (WORK['copy'] / own):.0f} % of the rate of a copy"
                )


def _both(on_gpu: Result, on_cpu: Result) -> Iterator[list[str]]:
    for cell in cells(on_cpu):
        gpu, cpu = _call(on_gpu, cell), _call(on_cpu, cell)
        if gpu and cpu:
            yield [*cell.label, duration(gpu), duration(cpu), f"{cpu / gpu:.2f}"]


def _seconds(data: dict[str, Any], mode: str) -> float:
    """The time of a call of the largest MVN log-density on the GPU."""
    on_gpu, _ = results(data)
    (cell,) = (one for one in SUMMARY[:3] if repr(mode) in one.parameters)
    return on_gpu.values[f"gradients.{cell.problem}.time_gradient({', '.join(cell.parameters)})"] or math.nan


def reverse_over_explicit(data: dict[str, Any]) -> str:
    """MVN log-density on the GPU, n = 16,384: reverse mode over the explicit gradient."""
    return f"{_seconds(data, 'reverse') / _seconds(data, 'explicit'):.1f}"


def explicit_over_roofline(data: dict[str, Any]) -> str:
    """MVN log-density on the GPU, n = 16,384: the busy time of the explicit gradient over the roofline."""
    (table,) = summary_layout(data)
    return f"{float(table.rows[0][4]):.1f}"
