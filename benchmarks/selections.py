"""Named selections of cells: `python -m benchmarks.selections nightly` prints the expression for `asv run --bench`.

A selected cell starts a process; a cell that is not selected costs nothing, not even the start that finds it skipped.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable


def select(benchmark: str, *parameters: Iterable[object]) -> str:
    """The expression for one benchmark with any combination of the given values, a collection for each parameter."""
    values = ("(" + "|".join(re.escape(repr(value)) for value in allowed) + ")" for allowed in parameters)
    return rf"^{re.escape(benchmark)}\({', '.join(values)}\)$"


_BOTH = ["jax", "autograd"]
_COMMON = ["value", "explicit", "reverse"]
_DOUBLE, _SINGLE = ["float64"], ["float32"]

#: Cells by the name of their selection.
SELECTIONS: dict[str, tuple[str, ...]] = {
    # The questions that people come with, at most 80 timed cells; every problem, backend, mode and precision is in it.
    "nightly": (
        r"^fingerprints\.",
        select("gradients.RBFKernel.time_gradient", [1], _BOTH, [*_COMMON, "forward"], _DOUBLE),
        select("gradients.RBFCovariance.time_gradient", [300], _BOTH, [*_COMMON, "forward"], _DOUBLE),
        select("gradients.RBFCovariance.time_gradient", [300], ["jax"], ["explicit", "reverse"], _SINGLE),
        select("gradients.RBFCovarianceJacobian.time_jacobian", [100], ["jax"], ["explicit", "forward"], _DOUBLE),
        select("gradients.RBFCovarianceJacobian.time_jacobian", [100], ["autograd"], ["explicit", "forward"], _DOUBLE),
        select("gradients.MVNLogDensity.time_gradient", [3, 100, 300, 1000], _BOTH, _COMMON, _DOUBLE),
        select("gradients.MVNLogDensity.time_gradient", [100], ["jax"], ["linearize"], _DOUBLE),
        select("gradients.MVNLogDensity.time_gradient", [100, 1000], ["jax"], ["forward"], _DOUBLE),
        select("gradients.MVNLogDensity.time_gradient", [100], _BOTH, ["double_reverse", "finite_difference"], _DOUBLE),
        select("gradients.MVNLogDensity.time_gradient", [1000], ["jax"], ["reverse"], _SINGLE),
        select("gradients.MVNTextbook.time_gradient", [100], _BOTH, ["explicit", "reverse"], _DOUBLE),
        select(
            "gradients.TimelineJacobian.time_jacobian",
            [40_000],
            ["linear"],
            _BOTH,
            ["value", "explicit", "forward", "double_reverse", "finite_difference", "complex_step"],
            _DOUBLE,
        ),
        select("gradients.TimelineJacobian.time_jacobian", [400], ["linear"], _BOTH, ["reverse"], _DOUBLE),
        select(
            "gradients.TimelineJacobian.time_jacobian", [40_000], ["weibull"], _BOTH, ["explicit", "forward"], _DOUBLE
        ),
        select("gradients.TimelineJacobian.time_jacobian", [40_000], ["cdf"], _BOTH, ["double_reverse"], _DOUBLE),
        select("gradients.WithoutJIT.time_derivative", ["rbf/d=1", "mvn/n=3"], ["reverse"], _DOUBLE),
    ),
    # Everything, however long.
    "full": ("",),
}


def expression(name: str) -> str:
    """The one regular expression that `asv run --bench` takes for a selection; SystemExit for an unknown name."""
    if name not in SELECTIONS:
        raise SystemExit(f"unknown selection {name!r}; allowed: {', '.join(SELECTIONS)}")
    return "|".join(SELECTIONS[name])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: python -m benchmarks.selections {{{','.join(SELECTIONS)}}}")
    print(expression(sys.argv[1]))
