"""What a GPU's results say, as tables in Markdown: `python -m tools.gpu_table FOLDER`, a machine's folder of results.

The newest results of a GPU and, of the same commit, of the processor beside it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

from asv_verdict.results import Result, read_result
from autodiff_kernels import PROBLEMS
from benchmarks.rates import FACTORISED, WORK
from tools.table import duration

#: What the benchmarks of a problem are called, what it is here, and the name of its size.
TITLES = {
    "RBFKernel": "RBF kernel",
    "RBFCovariance": "RBF matrix, contracted",
    "RBFCovarianceJacobian": "RBF matrix, full Jacobian",
    "MVNLogDensity": "MVN log-density",
    "MVNSecondOrder": "MVN log-density",
    "TimelineJacobian": "timeline",
    "ARDLogDensity": "ARD log-density, n = 200",
    "DecayJacobian": "decays, 80,000 entries",
}


class Cell(NamedTuple):
    """One timed cell: the benchmark's class and its parameters as ASV writes them."""

    problem: str
    parameters: tuple[str, ...]


def main(folder: Path) -> None:
    """Print the rates, what is known of every cell, and what the two devices take for the same."""
    on_gpu, on_cpu = (_newest(folder, platform) for platform in ("cuda", "cpu"))
    gpu, jax = _measured_with(on_gpu)
    print(f"{gpu}; JAX {jax}; commit {on_gpu.commit[:8]}\n")
    _print_rates(on_gpu)
    _print_cells(on_gpu)
    _print_both(on_gpu, on_cpu)


def _newest(folder: Path, platform: str) -> Result:
    found = [read_result(path) for path in sorted(folder.glob(f"*JAX_PLATFORMS{platform}-*.json"))]
    if not found:
        raise SystemExit(f"{folder} has no results with JAX_PLATFORMS={platform}; `make bench-gpu` makes them")
    return max(found, key=lambda result: result.measured_at)


def _measured_with(result: Result) -> tuple[str, str]:
    facts = json.loads(result.path.with_suffix(".provenance").read_text(encoding="utf-8"))["sittings"][-1]
    gpu = facts["gpus"][0]
    words = (
        gpu["name"],
        gpu["memory"],
        f"driver {gpu['driver']}",
        f"CUDA {gpu['cuda']}",
        f"up to {gpu['largest_clock']}",
    )
    return ", ".join(words), facts["packages"]["jax"]


def _print_rates(result: Result) -> None:
    print("| the card itself | rate |\n|---|---|")
    for kernel, work in WORK.items():
        if seconds := result.values.get(f"rates.GPURate.time_kernel('{kernel}')"):
            unit = "TB/s" if kernel == "copy" else "TFlop/s"
            print(f"| {kernel} | {work / seconds / 1e12:.3g} {unit} |")
    print()


def cells(result: Result) -> list[Cell]:
    """The timed cells of a result, in the order of the suite."""
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


def _label(cell: Cell) -> str:
    size, *others, _, mode, dtype = (parameter.strip("'") for parameter in cell.parameters)
    name = {"RBFKernel": "d", "ARDLogDensity": "d", "TimelineJacobian": "m", "DecayJacobian": "m"}.get(
        cell.problem, "n"
    )
    title = " ".join((TITLES[cell.problem], *others))
    return f"{title}, {name} = {int(size):,} | {mode.replace('_', ' ')} | {dtype}"


def _print_cells(result: Result) -> None:
    print("| | mode | precision | call | busy | sending | busy ÷ floor | peak memory | error |\n" + "|---" * 9 + "|")
    for cell in cells(result):
        call, busy, sending = (
            _call(result, cell),
            _value(result, cell, "device.time_part", "'busy'"),
            _value(result, cell, "device.time_part", "'dispatch'"),
        )
        floor = _value(result, cell, "costs.track_times_floor")  # of the rounds before the last
        peak, error = _value(result, cell, "costs.track_device_peak_bytes"), _value(result, cell, "costs.track_error")
        columns = (
            *(duration(seconds) if seconds else "" for seconds in (call, busy, sending)),
            f"{floor:.2f}" if floor else "",
            f"{peak / 1e6:,.0f} MB" if peak else "",
            f"{error:.0e}" if error is not None else "",
        )
        print(f"| {_label(cell)} | {' | '.join(columns)} |")
    print()
    _print_limits(result)


def _print_limits(result: Result) -> None:
    """How near the largest programs are to what the card gives its own kernels."""
    size = max(PROBLEMS["mvn"].formulations["cholesky"].gpu_sizes)
    operations = PROBLEMS["mvn"].formulations["cholesky"].operations(size).derivative
    for mode in ("explicit", "reverse"):
        cell = Cell("MVNLogDensity", (str(size), "'jax'", f"'{mode}'", "'float64'"))
        busy = _value(result, cell, "device.time_part", "'busy'")
        own = result.values.get("rates.GPURate.time_kernel('Cholesky and triangular inverse float64')")
        if busy and own:
            share = operations / busy / (WORK["Cholesky and triangular inverse float64"] / own)
            print(
                f"- MVN log-density, n = {size:,}, {mode}, float64: {operations / busy / 1e12:.1f} TFlop/s, "
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
                print(
                    f"- timeline, {rows:,} × 2, {mode}, {dtype}: {rate / 1e12:.2f} TB/s, "
                    f"{100 * rate / (WORK['copy'] / own):.0f} % of the rate of a copy"
                )
    print()


def _print_both(on_gpu: Result, on_cpu: Result) -> None:
    print("| a call with its wait | mode | precision | GPU | one core of the processor beside it | CPU ÷ GPU |")
    print("|---" * 6 + "|")
    for cell in cells(on_cpu):
        gpu, cpu = _call(on_gpu, cell), _call(on_cpu, cell)
        if gpu and cpu:
            print(f"| {_label(cell)} | {duration(gpu)} | {duration(cpu)} | {cpu / gpu:.2f} |")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.gpu_table FOLDER, a machine's folder in ASV's results")
    main(Path(sys.argv[1]))
