"""The rows and columns of README's main table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from autodiff_kernels.terminal import duration
from studies.documents import Table

#: The benchmark of each row, and its parameters other than backend, mode and dtype.
ROWS = {
    "RBF kernel, d = 1": ("RBFKernel.time_gradient", {"d": "1"}),
    "RBF matrix, n = 300": ("RBFCovariance.time_gradient", {"n": "300"}),
    "MVN log-density, n = 3": ("MVNLogDensity.time_gradient", {"n": "3"}),
    "MVN log-density, n = 100": ("MVNLogDensity.time_gradient", {"n": "100"}),
    "MVN log-density, n = 1000": ("MVNLogDensity.time_gradient", {"n": "1000"}),
    "timeline Jacobian, 40,000 × 2": ("TimelineJacobian.time_jacobian", {"m": "40000", "curve": "'linear'"}),
}
BACKENDS = ("jax", "autograd")
MODES = ("value", "explicit", "custom_rule", "reverse", "forward", "double_reverse", "finite_difference")


def layout(data: dict[str, Any]) -> list[Table]:
    """The objective's time, and each other mode as a multiple of it."""
    columns = ["float64", "backend", *(mode.replace("_", " ") for mode in MODES)]
    return [Table(columns, [[row["problem"], row["backend"], *_cells(row["seconds"])] for row in data["rows"]])]


def _cells(seconds: dict[str, float | None]) -> Iterator[str]:
    objective, *others = (math.nan if (time := seconds[mode]) is None else time for mode in MODES)
    yield duration(objective) if math.isfinite(objective) else ""
    yield from (f"{ratio:.1f} ×" if math.isfinite(ratio := one / objective) else "" for one in others)


def shape() -> tuple[tuple[int, int], ...]:
    """A row for each problem and backend; columns for the two names and each mode."""
    return ((len(ROWS) * len(BACKENDS), 2 + len(MODES)),)
