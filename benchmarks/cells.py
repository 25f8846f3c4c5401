"""Which cells the suite asks for: a class a problem, whose parameters are size, backend, mode and precision.

Parameter lists are written out and not read from the package: an old commit is asked for the same cells as today's.
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
    """Cells of one problem; a subclass says which, and what is measured of them."""

    problem = ""
    formulation = ""
    param_names: list[str]
    params: list[list[Any]]

    def case(self, *cell: Any) -> Case:
        """The cell of one parameter combination, or NotImplementedError, which ASV shows as n/a."""
        size, backend, mode, dtype = cell
        return known_case(self.problem, backend, mode, size, dtype=dtype, formulation=self.formulation)


def known_case(*fields: Any, **options: Any) -> Case:
    """The case on the device that this run measures, or NotImplementedError, which ASV shows as n/a."""
    device = gpu.device()
    if device != "cpu":
        options["device"] = device
    try:
        case = Case(*fields, **options)
    except InvalidCase as error:
        raise NotImplementedError(f"this commit has no such cell: {error}") from error
    if device == "cpu" and case.size in getattr(case.form, "gpu_sizes", ()):
        raise NotImplementedError(f"{case}: it fills a GPU, and is measured there")
    return case


class RBFKernel(Cells):
    """A kernel of two points in d dimensions."""

    problem = "rbf"
    param_names = ["d", "backend", "mode", "dtype"]
    params = [[1, 100, 10_000], BACKENDS, MODES, DTYPES]


class RBFCovariance(Cells):
    """An n × n covariance, contracted to a number."""

    problem = "covariance"
    formulation = "contracted"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[10, 100, 300, 1000, 8192], BACKENDS, MODES, DTYPES]


class RBFCovarianceJacobian(Cells):
    """An n × n covariance in full: n² outputs."""

    problem = "covariance"
    formulation = "full"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[10, 100, 300, 1000, 4096], BACKENDS, MODES, DTYPES]


class MVNLogDensity(Cells):
    """A Gaussian process likelihood of n points."""

    problem = "mvn"
    formulation = "cholesky"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300, 1000, 4096, 16_384], BACKENDS, MODES, DTYPES]


class MVNSecondOrder(Cells):
    """Second derivatives of a Gaussian process likelihood of n points, beside its value and its gradient."""

    problem = "mvn"
    formulation = "cholesky"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300], BACKENDS, ["value", "reverse", *SECOND_ORDER], DTYPES]


class MVNTextbook(Cells):
    """The same with a determinant and general solves."""

    problem = "mvn"
    formulation = "textbook"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300, 1000], BACKENDS, MODES, DTYPES]


class TimelineJacobian(Cells):
    """A curve of m points and two parameters, without those that gradients.py measures by one call."""

    problem = "timeline"
    param_names = ["m", "curve", "backend", "mode", "dtype"]
    params = [[400, 4_000, 40_000, 10_000_000], ["linear", "cdf", "weibull"], BACKENDS, MODES, DTYPES]

    def case(self, *cell: Any) -> Case:
        size, curve, backend, mode, dtype = cell
        return quick(known_case("timeline", backend, mode, size, dtype=dtype, formulation=curve))


class ARDLogDensity(Cells):
    """A Gaussian process likelihood with a lengthscale for each of d dimensions."""

    problem = "ard"
    param_names = ["d", "backend", "mode", "dtype"]
    params = [[1, 4, 16, 64], BACKENDS, MODES, DTYPES]


class DecayJacobian(Cells):
    """A Jacobian of m rows and 80,000 / m columns, without those that gradients.py measures by one call."""

    problem = "decays"
    param_names = ["m", "backend", "mode", "dtype"]
    params = [[2, 100, 400, 2_000, 40_000], BACKENDS, MODES, DTYPES]

    def case(self, *cell: Any) -> Case:
        return quick(super().case(*cell))


class GPFit(Cells):
    """A Gaussian process fitted to n months of carbon dioxide."""

    problem = "gp_fit"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[60, 240], BACKENDS, MODES, ["float64"]]


class SurvivalFit(Cells):
    """A Weibull regression fitted to n heart transplants."""

    problem = "survival_fit"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[69], BACKENDS, MODES, ["float64"]]


def quick(case: Case) -> Case:
    """The case, or NotImplementedError where a call of it is slow."""
    if is_slow(case):
        raise NotImplementedError(f"{case}: a pass after the other; a class of its own measures it once")
    return case
