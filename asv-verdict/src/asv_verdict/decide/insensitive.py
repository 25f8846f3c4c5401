"""Benchmarks that may measure nothing: they take nanoseconds whatever the parameter, like a cached property."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise, product

from asv_verdict.asv_io.benchmarks import Benchmark

#: Seconds. A longer call does some work.
LONGEST_IDLE = 1e-6
#: The parameter has to grow at least by this factor, or flat numbers prove nothing.
LEAST_GROWTH = 10.0
#: A number of NumPy as NumPy 2 prints it.
_OF_NUMPY = re.compile(r"\bnp\.\w+\(([^()]*)\)")


def insensitive(
    benchmarks: Iterable[Benchmark], values: Mapping[str, float | None], floor: Callable[[str], float]
) -> list[str]:
    """A sentence for each numeric parameter that a benchmark in seconds does not react to.

    `values` has the value of each cell and `floor` its noise floor, as a fraction. The parameter grows tenfold or more,
    every value is below 1 µs, and for equal other parameters the values agree within the noise floor.
    """
    return [
        f"{benchmark.name} does not react to its parameter {name}: "
        "it takes less than 1 µs for every value, so it may measure nothing"
        for benchmark in benchmarks
        if benchmark.unit == "seconds"
        for index, name in enumerate(benchmark.parameter_names)
        if _grows(benchmark.parameters[index]) and _is_flat(benchmark, index, values, floor)
    ]


def _grows(parameter: Iterable[str]) -> bool:
    """Whether the values of a parameter are positive numbers that span a factor of at least LEAST_GROWTH."""
    numbers = [_number(text) for text in parameter]
    found = [number for number in numbers if number is not None and number > 0]
    return len(found) == len(numbers) > 1 and max(found) >= LEAST_GROWTH * min(found)


def _number(text: str) -> float | None:
    """The number that ASV printed, also as `np.int64(5)`, or the size of a shape; None for anything else."""
    try:
        value = ast.literal_eval(_OF_NUMPY.sub(r"\1", text))
        factors = value if isinstance(value, tuple) and value else (value,)
        if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in factors):
            return None
        return number if math.isfinite(number := float(math.prod(factors))) else None
    except (ValueError, SyntaxError, OverflowError, MemoryError, RecursionError):
        return None


def _is_flat(
    benchmark: Benchmark, index: int, values: Mapping[str, float | None], floor: Callable[[str], float]
) -> bool:
    """Whether every two neighbouring values along one parameter, and the first and the last, agree."""
    series: dict[tuple[str, ...], list[tuple[float, str]]] = {}
    for cell, combination in zip(benchmark.cells, product(*benchmark.parameters), strict=True):
        value = values.get(cell)
        if value is None or not 0 < value < LONGEST_IDLE:
            return False  # also if a cell has no number, since its value is unknown
        others = combination[:index] + combination[index + 1 :]
        series.setdefault(others, []).append((value, cell))
    return bool(series) and all(
        abs(math.log(after / before)) <= math.log1p(max(floor(cell), floor(other)))
        for found in series.values()
        for (before, cell), (after, other) in [*pairwise(found), (found[0], found[-1])]
    )
