"""ASV's list of benchmarks: their kinds, units, versions and parameters."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from asv_verdict.asv_io.decoding import benchmark_of, cell_names
from asv_verdict.model import Direction

#: Units of time and memory, for which less is better.
LOWER_UNITS = (
    *("s", "ms", "us", "µs", "ns", "sec", "second", "seconds", "milliseconds", "microseconds", "nanoseconds"),
    *("minutes", "hours", "byte", "bytes", "B", "kB", "KB", "MB", "GB", "KiB", "MiB", "GiB"),
)
#: Seconds for which a process warms up, if the benchmark does not say.
WARM_UP = 0.1
#: The names of ASV's benchmarks that may measure anything.
TRACKED = re.compile("track_|Track[A-Z_]")


@dataclass(frozen=True)
class Benchmark:
    """A benchmark as ASV lists it."""

    name: str
    kind: str
    unit: str
    version: str
    parameters: tuple[tuple[str, ...], ...] = ()
    parameter_names: tuple[str, ...] = ()
    #: The number of processes whose samples make one value, and the seconds that each of them warms up.
    processes: int = 1
    warmup_time: float = WARM_UP

    @property
    def cells(self) -> list[str]:
        """The names of its cells, one for each combination of parameters, as ASV prints them."""
        return cell_names(self.name, self.parameters)


def direction_of(cell: str, benchmark: Benchmark | None) -> Direction:
    """Whether a smaller or a larger number is better, by the kind and the unit of a benchmark, without settings."""
    unit = benchmark.unit.strip() if benchmark else ""
    if unit == "hash":
        return Direction.NONE
    is_tracked = TRACKED.match(benchmark_of(cell).rpartition(".")[2]) or (benchmark and benchmark.kind == "track")
    if not is_tracked or unit in LOWER_UNITS:
        return Direction.LOWER_IS_BETTER
    return Direction.HIGHER_IS_BETTER if unit.endswith("/s") else Direction.UNKNOWN


def parameters_of(cell: str, benchmark: Benchmark) -> tuple[str, ...]:
    """The parameters in the name of a cell, as ASV writes them; empty if the benchmark has no such cell."""
    combinations = zip(benchmark.cells, itertools.product(*benchmark.parameters), strict=False)
    return next((values for name, values in combinations if name == cell), ())


def read_benchmarks(path: Path) -> dict[str, Benchmark]:
    """ASV's list of benchmarks, by name. Raises an error of results.DAMAGED if it cannot be read."""
    content = json.loads(path.read_text(encoding="utf-8"))
    found = {
        name: Benchmark(
            name,
            entry.get("type", "track"),
            str(entry.get("unit", "")),
            str(entry.get("version", "")),
            tuple(map(tuple, entry.get("params") or ())),
            tuple(map(str, entry.get("param_names") or ())),
            max(1, int(_finite(entry.get("rounds"), 1))),
            _finite(entry.get("warmup_time"), WARM_UP),
        )
        for name, entry in content.items()
        if isinstance(entry, dict)
    }
    for benchmark in found.values():
        cell_names(benchmark.name, benchmark.parameters)  # raises the errors that would come later
    return found


def _finite(value: object, default: float) -> float:
    """A number that is not negative in ASV's list of benchmarks; -1 stands for the default."""
    is_number = isinstance(value, int | float) and math.isfinite(value)
    return value if is_number and value >= 0 else default  # type: ignore[operator, return-value]
