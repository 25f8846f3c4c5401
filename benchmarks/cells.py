"""The cells of the suite: one class for each problem, with size, backend, mode and dtype as parameters.

The parameter lists are written out here, not read from the package, so that every commit is measured with the same
cells.
"""

from __future__ import annotations

from typing import Any

from autodiff_kernels import Case, InvalidCase, is_slow
from benchmarks import gpu

BACKENDS = ["jax", "autograd"]
MODES = [
    "value",
    "explicit",
    "reverse",
    "forward",
    "linearize",
    "double_reverse",
    "finite_difference",
    "complex_step",
    "custom_rule",
    "chunked_reverse",
    "checkpoint",
]
SECOND_ORDER = ["forward_over_reverse", "reverse_over_reverse", "hessian_vector_product"]
DTYPES = ["float64", "float32"]


class Cells:
    """Cells of one problem. A subclass sets the problem and its parameters, and adds the benchmark methods."""

    problem = ""
    formulation = ""
    param_names: list[str]
    params: list[list[Any]]

    def case(self, *cell: Any) -> Case:
        """The case of one parameter combination. Raises NotImplementedError, shown by ASV as n/a, if there is none."""
        size, backend, mode, dtype = cell
        return known_case(self.problem, backend, mode, size, dtype=dtype, formulation=self.formulation)


def known_case(*fields: Any, **options: Any) -> Case:
    """The case on the device of this run. Raises NotImplementedError, shown by ASV as n/a, if there is none."""
    device = gpu.device()
    if device != "cpu":
        options["device"] = device
    try:
        case = Case(*fields, **options)
    except InvalidCase as error:
        raise NotImplementedError(f"this commit has no such cell: {error}") from error
    if device == "cpu" and case.size in getattr(case.form, "gpu_sizes", ()):
        raise NotImplementedError(f"{case}: this size is measured on a GPU only")
    return case


class RBFKernel(Cells):
    """RBF kernel: one pair of points in d dimensions."""

    problem = "rbf"
    param_names = ["d", "backend", "mode", "dtype"]
    params = [[1, 100, 10_000], BACKENDS, MODES, DTYPES]


class RBFCovariance(Cells):
    """RBF matrix of n points, contracted to a number by fixed weights."""

    problem = "covariance"
    formulation = "contracted"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[10, 100, 300, 1000, 8192], BACKENDS, MODES, DTYPES]


class RBFCovarianceJacobian(Cells):
    """RBF matrix Jacobian: all n² entries of the kernel matrix."""

    problem = "covariance"
    formulation = "full"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[10, 100, 300, 1000, 4096], BACKENDS, MODES, DTYPES]


class MVNLogDensity(Cells):
    """MVN log-density of n points."""

    problem = "mvn"
    formulation = "cholesky"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300, 1000, 4096, 16_384], BACKENDS, MODES, DTYPES]


class MVNSecondOrder(Cells):
    """Second derivatives of the MVN log-density of n points, with its objective and gradient for comparison."""

    problem = "mvn"
    formulation = "cholesky"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300], BACKENDS, ["value", "reverse", *SECOND_ORDER], DTYPES]


class MVNTextbook(Cells):
    """MVN log-density by the textbook formula: a determinant and general solves."""

    problem = "mvn"
    formulation = "textbook"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300, 1000], BACKENDS, MODES, DTYPES]


class TimelineJacobian(Cells):
    """Timeline Jacobian: m points in time, two parameters. Leaves out slow cells; gradients.py calls those once."""

    problem = "timeline"
    param_names = ["m", "curve", "backend", "mode", "dtype"]
    params = [[400, 4_000, 40_000, 10_000_000], ["linear", "cdf", "weibull"], BACKENDS, MODES, DTYPES]

    def case(self, *cell: Any) -> Case:
        size, curve, backend, mode, dtype = cell
        return quick(known_case("timeline", backend, mode, size, dtype=dtype, formulation=curve))


class ARDLogDensity(Cells):
    """ARD log-density: one lengthscale for each of d dimensions."""

    problem = "ard"
    param_names = ["d", "backend", "mode", "dtype"]
    params = [[1, 4, 16, 64], BACKENDS, MODES, DTYPES]


class DecayJacobian(Cells):
    """Decay Jacobian: m rows, 80,000 / m columns. Leaves out slow cells; gradients.py calls those once."""

    problem = "decays"
    param_names = ["m", "backend", "mode", "dtype"]
    params = [[2, 100, 400, 2_000, 40_000], BACKENDS, MODES, DTYPES]

    def case(self, *cell: Any) -> Case:
        return quick(super().case(*cell))


class GPFit(Cells):
    """Gaussian process fit to n months of carbon dioxide concentrations."""

    problem = "gp_fit"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[60, 240], BACKENDS, MODES, ["float64"]]


class SurvivalFit(Cells):
    """Survival fit: a Weibull regression on n heart transplant patients."""

    problem = "survival_fit"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[69], BACKENDS, MODES, ["float64"]]


def quick(case: Case) -> Case:
    """Return `case`, or raise NotImplementedError if one call of it is slow."""
    if is_slow(case):
        raise NotImplementedError(f"{case}: runs its passes one after the other; a separate class measures it once")
    return case
