"""The README's table from the newest results of this commit: `python -m tools.table MACHINE`."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Iterator

from asv.config import Config
from asv.results import Results, iter_results_for_machine_and_hash

#: Benchmark, and the parameter values that one row fixes besides backend and mode.
ROWS = {
    "RBF kernel, d = 1": ("RBFKernel.time_gradient", {"d": "1"}),
    "RBF matrix, n = 300": ("RBFCovariance.time_gradient", {"n": "300"}),
    "MVN log-density, n = 3": ("MVNLogDensity.time_gradient", {"n": "3"}),
    "MVN log-density, n = 100": ("MVNLogDensity.time_gradient", {"n": "100"}),
    "MVN log-density, n = 1000": ("MVNLogDensity.time_gradient", {"n": "1000"}),
    "timeline Jacobian, 40,000 × 2": ("TimelineJacobian.time_jacobian", {"m": "40000", "curve": "'linear'"}),
}
MODES = ("value", "explicit", "custom_rule", "reverse", "forward", "double_reverse", "finite_difference")


def main() -> None:
    """Print a row for each problem and backend: the objective's time, and each mode as a multiple of it."""
    config = Config.load()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    results = [result for machine in sys.argv[1:] for result in _results(config, machine, commit)]
    if not results:
        raise SystemExit(f"no results of commit {commit[:8]}; usage: python -m tools.table MACHINE, after `make bench`")
    print("| float64 | backend | value | " + " | ".join(mode.replace("_", " ") for mode in MODES[1:]) + " |")
    print("|---" * (len(MODES) + 2) + "|")
    for (label, (benchmark, fixed)), backend in itertools.product(ROWS.items(), ("jax", "autograd")):
        times = [_time(results, f"gradients.{benchmark}", fixed | _cell(backend, mode)) for mode in MODES]
        ratios = (f"{ratio:.1f} ×" if math.isfinite(ratio := time / times[0]) else "" for time in times[1:])
        print(f"| {label} | {backend} | {duration(times[0])} | {' | '.join(ratios)} |")


def _results(config: Config, machine: str, commit: str) -> Iterator[Results]:
    for result in iter_results_for_machine_and_hash(config.results_dir, machine, commit):
        if result.env_vars.get("OMP_NUM_THREADS") == "1":  # those of `make bench-all-cores` are another table
            yield result


def _cell(backend: str, mode: str) -> dict[str, str]:
    return {"backend": repr(backend), "mode": repr(mode), "dtype": "'float64'"}


def _time(results: list[Results], benchmark: str, cell: dict[str, str]) -> float:
    """Seconds of one cell, or NaN where it was not measured. `cell` holds every parameter's value, as ASV writes it."""
    for result in results:
        if benchmark in result.get_all_result_keys():
            parameters = result.get_result_params(benchmark)
            values = result.get_result_value(benchmark, parameters)
            for found, value in zip(itertools.product(*parameters), values, strict=True):
                if set(found) == set(cell.values()) and value is not None and math.isfinite(value):
                    return float(value)
    return math.nan


def duration(seconds: float) -> str:
    """A time in the unit that suits it; nothing for NaN."""
    if math.isnan(seconds):
        return ""
    return f"{seconds * 1e6:.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:.3g} ms"


if __name__ == "__main__":
    main()
