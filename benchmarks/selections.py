"""Named selections of cells: `python -m benchmarks.selections nightly` prints the expression for `asv run --bench`.

ASV starts a process for each selected cell, even for one that is then skipped. Other cells cost no time.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import NamedTuple


def select(benchmark: str, *parameters: Iterable[object]) -> str:
    """The expression for the cells of a benchmark with the given values: a collection of values for each parameter."""
    values = ("(" + "|".join(re.escape(repr(value)) for value in allowed) + ")" for allowed in parameters)
    return rf"^{re.escape(benchmark)}\({', '.join(values)}\)$"


_BOTH = ["jax", "autograd"]
_COMMON = ["value", "explicit", "reverse"]
_MODES = [
    *_COMMON,
    "forward",
    "linearize",
    "double_reverse",
    "finite_difference",
    "complex_step",
    "custom_rule",
    "chunked_reverse",
    "checkpoint",
]
_SECOND_ORDER = ["forward_over_reverse", "reverse_over_reverse", "hessian_vector_product"]
_DOUBLE, _SINGLE = ["float64"], ["float32"]

_STAGES = ["trace", "lower", "compile", "first_call"]

#: Quantities of benchmarks/costs.py that one backend, a GPU or every backend has.
_EXACT_IN_JAX = [
    "track_equations",
    "track_instructions",
    "track_program_hash",
    "track_temporary_bytes",
    "track_argument_bytes",
    "track_output_bytes",
]
_EXACT_IN_AUTOGRAD = [
    "track_objective_calls",
    "track_pull_backs",
    "track_reverse_nodes",
    "track_forward_nodes",
    "track_function_calls",
]
_OF_GPU = ["track_device_peak_bytes", "track_times_floor", "track_error"]
_PARTS = ["busy", "dispatch"]
_ANY_BACKEND = ["track_peak_bytes", "track_error"]


def _costs(name: str, quantities: Iterable[str], *parameters: Iterable[object]) -> tuple[str, ...]:
    return tuple(select(f"costs.{name}.{quantity}", *parameters) for quantity in quantities)


def _over_sizes(name: str, timed: str, sizes: list[int], *others: list[str]) -> tuple[str, ...]:
    """Time, memory and error of a problem at every size, and the build time at the smallest and the largest."""
    choices = (*others, _BOTH, _MODES, _DOUBLE)
    return (
        select(f"gradients.{name}.{timed}", sizes, *choices),
        *_costs(name, _ANY_BACKEND, sizes, *choices),
        select(f"stages.{name}.time_stage", [sizes[0], sizes[-1]], *choices, _STAGES),
    )


def _on_gpu(name: str, timed: str, sizes: list[int], *others: Iterable[object]) -> tuple[str, ...]:
    """JAX on a GPU: a call, its parts, memory, error and distance to the roofline.

    `others` are the curves, if the problem has curves, then the modes and the dtypes.
    """
    *curve, modes, dtypes = others
    choices = (sizes, *curve, ["jax"], modes, dtypes)
    return (
        select(f"gradients.{name}.{timed}", *choices),
        select(f"device.{name}.time_part", *choices, _PARTS),
        *_costs(name, _OF_GPU, *choices),
    )


class Selection(NamedTuple):
    """A named set of cells. Raise the version when the cells change: two nights compare only cells that both have."""

    version: int
    patterns: tuple[str, ...]


SELECTIONS: dict[str, Selection] = {
    # Cells for the main questions, at most 80 timed ones. They cover every problem, backend, mode and dtype.
    "nightly": Selection(
        5,
        (
            r"^fingerprints\.",
            r"^controls\.",
            select("gradients.RBFKernel.time_gradient", [1], _BOTH, _COMMON, _DOUBLE),
            select("gradients.RBFCovariance.time_gradient", [300], _BOTH, _COMMON, _DOUBLE),
            select("gradients.RBFCovariance.time_gradient", [300], ["jax"], ["forward", "checkpoint"], _DOUBLE),
            select("gradients.RBFCovariance.time_gradient", [300], ["jax"], ["reverse"], _SINGLE),
            select("gradients.RBFCovarianceJacobian.time_jacobian", [100], _BOTH, ["explicit", "forward"], _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [3, 100, 1000], _BOTH, _COMMON, _DOUBLE),
            select("gradients.ARDLogDensity.time_gradient", [16], ["jax"], ["reverse"], _DOUBLE),
            select("gradients.DecayJacobian.time_jacobian", [400], ["jax"], ["reverse"], _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [100], ["jax"], ["linearize"], _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [1000], ["jax"], ["forward"], _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [1000], _BOTH, ["custom_rule"], _DOUBLE),
            select("gradients.MVNSecondOrder.time_derivative", [100], ["jax"], _SECOND_ORDER, _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [100], ["autograd"], ["double_reverse"], _DOUBLE),
            select("gradients.GPFit.time_fit", [240], _BOTH, ["reverse"], _DOUBLE),
            select("gradients.SurvivalFit.time_fit", [69], ["jax"], ["reverse"], _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [1000], ["jax"], ["reverse"], _SINGLE),
            select("gradients.MVNTextbook.time_gradient", [100], _BOTH, ["reverse"], _DOUBLE),
            select(
                "gradients.TimelineJacobian.time_jacobian",
                [40_000],
                ["linear"],
                _BOTH,
                ["value", "explicit", "forward", "double_reverse", "finite_difference"],
                _DOUBLE,
            ),
            select(
                "gradients.TimelineJacobian.time_jacobian", [40_000], ["linear"], ["jax"], ["complex_step"], _DOUBLE
            ),
            select("gradients.TimelineJacobian.time_jacobian", [400], ["linear"], _BOTH, ["reverse"], _DOUBLE),
            select(
                "gradients.TimelineJacobian.time_jacobian", [4_000], ["linear"], ["jax"], ["chunked_reverse"], _DOUBLE
            ),
            select("gradients.TimelineJacobian.time_jacobian", [40_000], ["weibull"], _BOTH, ["explicit"], _DOUBLE),
            select(
                "gradients.TimelineJacobian.time_jacobian", [40_000], ["cdf"], ["autograd"], ["double_reverse"], _DOUBLE
            ),
            select("gradients.WithoutJIT.time_derivative", ["mvn/n=3"], ["reverse"], _DOUBLE),
            select("stages.MVNLogDensity.time_stage", [3], ["jax"], ["reverse"], _DOUBLE, _STAGES),
            select("stages.RBFCovariance.time_stage", [300], ["jax"], ["reverse"], _DOUBLE, ["compile", "first_call"]),
            # Deterministic metrics detect small changes at little cost. One size is enough: they hardly depend on it.
            *_costs("MVNLogDensity", _EXACT_IN_JAX, [100], ["jax"], [*_COMMON, "forward"], _DOUBLE),
            *_costs("MVNLogDensity", _EXACT_IN_AUTOGRAD, [100], ["autograd"], _COMMON, _DOUBLE),
            *_costs("RBFCovariance", _EXACT_IN_JAX, [300], ["jax"], ["explicit", "reverse"], _DOUBLE),
            *_costs("TimelineJacobian", _EXACT_IN_JAX, [40_000], ["linear"], ["jax"], ["explicit", "forward"], _DOUBLE),
            *_costs(
                "TimelineJacobian",
                _EXACT_IN_AUTOGRAD,
                [40_000],
                ["linear"],
                ["autograd"],
                ["forward", "double_reverse"],
                _DOUBLE,
            ),
            *_costs("RBFCovariance", ["track_float64_values"], [300], ["jax"], ["reverse"], _SINGLE),
            *_costs("MVNLogDensity", ["track_float64_values"], [1000], ["jax"], ["reverse"], _SINGLE),
            *_costs("MVNLogDensity", _ANY_BACKEND, [1000], _BOTH, ["explicit", "reverse"], _DOUBLE),
            *_costs("MVNLogDensity", _ANY_BACKEND, [1000], ["jax"], ["reverse"], _SINGLE),
            *_costs("RBFCovariance", _ANY_BACKEND, [300], _BOTH, ["reverse"], _DOUBLE),
            *_costs("RBFCovariance", _ANY_BACKEND, [300], ["jax"], ["reverse"], _SINGLE),
            *_costs("TimelineJacobian", _ANY_BACKEND, [40_000], ["linear"], _BOTH, ["explicit", "forward"], _DOUBLE),
        ),
    ),
    # Cells for a release of JAX, autograd or NumPy, at most 20 timed ones: kernels whose time has changed in a release.
    "releases": Selection(
        2,
        (
            r"^fingerprints\.",
            r"^controls\.",
            select("gradients.RBFKernel.time_gradient", [1], _BOTH, ["reverse"], _DOUBLE),
            select("gradients.RBFCovariance.time_gradient", [300], ["jax"], ["reverse"], _DOUBLE + _SINGLE),
            select("gradients.RBFCovariance.time_gradient", [300], ["autograd"], ["reverse"], _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [3], ["jax"], ["reverse"], _DOUBLE + _SINGLE),
            select("gradients.MVNLogDensity.time_gradient", [3], ["autograd"], ["reverse"], _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [100, 1000], _BOTH, ["reverse"], _DOUBLE),
            select("gradients.TimelineJacobian.time_jacobian", [40_000], ["linear"], _BOTH, ["forward"], _DOUBLE),
            select("stages.MVNLogDensity.time_stage", [3], ["jax"], ["reverse"], _DOUBLE, ["compile"]),
            *_costs("MVNLogDensity", _EXACT_IN_JAX, [3], ["jax"], ["reverse"], _DOUBLE),
            *_costs("RBFCovariance", _EXACT_IN_JAX, [300], ["jax"], ["reverse"], _DOUBLE + _SINGLE),
        ),
    ),
    # Cells of the page "Gradient cost": every size, backend and mode in float64. Build time hardly depends on size, so
    # the smallest and the largest size are enough for it.
    "sizes": Selection(
        3,
        (
            *_over_sizes("RBFKernel", "time_gradient", [1, 100, 10_000]),
            *_over_sizes("RBFCovariance", "time_gradient", [10, 100, 300, 1000]),
            *_over_sizes("RBFCovarianceJacobian", "time_jacobian", [10, 100, 300, 1000]),
            *_over_sizes("MVNLogDensity", "time_gradient", [3, 100, 300, 1000]),
            *_over_sizes("MVNTextbook", "time_gradient", [3, 100, 300, 1000]),
            *_over_sizes("TimelineJacobian", "time_jacobian", [400, 4_000, 40_000], ["linear", "cdf", "weibull"]),
            *_over_sizes("ARDLogDensity", "time_gradient", [1, 4, 16, 64]),
            *_over_sizes("DecayJacobian", "time_jacobian", [2, 100, 400, 2_000, 40_000]),
            *_over_sizes("GPFit", "time_fit", [60, 240]),
            *_over_sizes("SurvivalFit", "time_fit", [69]),
        ),
    ),
    # Cells for a GPU: sizes that fill it, both dtypes, and one size so small that dispatch dominates. Two rounds take
    # at most ten minutes.
    "gpu": Selection(
        1,
        (
            r"^rates\.",
            *_on_gpu("RBFKernel", "time_gradient", [1], _COMMON, _DOUBLE),
            *_on_gpu("RBFCovariance", "time_gradient", [1000, 8192], _COMMON, _DOUBLE),
            *_on_gpu("RBFCovariance", "time_gradient", [8192], ["reverse"], _SINGLE),
            *_on_gpu("RBFCovarianceJacobian", "time_jacobian", [4096], ["explicit", "forward"], _DOUBLE),
            *_on_gpu("MVNLogDensity", "time_gradient", [1000, 4096, 16_384], _COMMON, _DOUBLE),
            *_on_gpu("MVNLogDensity", "time_gradient", [4096], ["forward"], _DOUBLE),
            *_on_gpu("MVNLogDensity", "time_gradient", [16_384], ["custom_rule"], _DOUBLE),
            *_on_gpu("MVNLogDensity", "time_gradient", [4096], ["explicit", "reverse"], _SINGLE),
            *_on_gpu("MVNLogDensity", "time_gradient", [16_384], ["value", "explicit"], _SINGLE),
            *_on_gpu("TimelineJacobian", "time_jacobian", [40_000], ["linear"], ["explicit", "forward"], _DOUBLE),
            *_on_gpu(
                "TimelineJacobian",
                "time_jacobian",
                [10_000_000],
                ["linear", "weibull"],
                ["value", "explicit", "forward"],
                _DOUBLE,
            ),
            *_on_gpu("TimelineJacobian", "time_jacobian", [10_000_000], ["linear"], ["explicit", "forward"], _SINGLE),
            *_on_gpu("MVNSecondOrder", "time_derivative", [300], ["hessian_vector_product"], _DOUBLE),
            *_on_gpu("ARDLogDensity", "time_gradient", [16], ["reverse"], _DOUBLE),
            *_on_gpu("DecayJacobian", "time_jacobian", [400], ["forward", "reverse"], _DOUBLE),
        ),
    ),
    # A few of these cells on the CPU of the same machine, for a second line in the plots.
    "beside-gpu": Selection(
        1,
        (
            select("gradients.RBFKernel.time_gradient", [1], _BOTH, ["reverse"], _DOUBLE),
            select("gradients.RBFCovariance.time_gradient", [1000], ["jax"], ["explicit", "reverse"], _DOUBLE),
            select("gradients.MVNLogDensity.time_gradient", [1000], _BOTH, ["explicit", "reverse"], _DOUBLE),
            select(
                "gradients.TimelineJacobian.time_jacobian",
                [40_000],
                ["linear"],
                ["jax"],
                ["explicit", "forward"],
                _DOUBLE,
            ),
        ),
    ),
    # All cells of the CPU; this takes many hours.
    "full": Selection(2, (r"^(?!device\.|rates\.)",)),
}


def expression(name: str) -> str:
    """The regular expression of a selection for `asv run --bench`. Raises SystemExit for an unknown name."""
    if name not in SELECTIONS:
        raise SystemExit(f"unknown selection {name!r}; allowed: {', '.join(SELECTIONS)}")
    return "|".join(SELECTIONS[name].patterns)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: python -m benchmarks.selections {{{','.join(SELECTIONS)}}}")
    print(expression(sys.argv[1]))
