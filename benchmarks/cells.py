"""Which cells the suite asks for: a class a problem, whose parameters are size, backend, mode and precision.

Parameter lists are written out and not read from the package: an old commit is asked for the same cells as today's.
"""

from __future__ import annotations

from typing import Any

from autodiff_kernels import Case, InvalidCase, is_slow

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
]
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
    """The case, or NotImplementedError where the commit that is measured does not know it yet."""
    try:
        return Case(*fields, **options)
    except InvalidCase as error:
        raise NotImplementedError(f"this commit has no such cell: {error}") from error


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
    params = [[10, 100, 300, 1000], BACKENDS, MODES, DTYPES]


class RBFCovarianceJacobian(Cells):
    """An n × n covariance in full: n² outputs."""

    problem = "covariance"
    formulation = "full"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[10, 100, 300, 1000], BACKENDS, MODES, DTYPES]


class MVNLogDensity(Cells):
    """A Gaussian process likelihood of n points."""

    problem = "mvn"
    formulation = "cholesky"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300, 1000], BACKENDS, MODES, DTYPES]


class MVNTextbook(Cells):
    """The same with a determinant and general solves."""

    problem = "mvn"
    formulation = "textbook"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300, 1000], BACKENDS, MODES, DTYPES]


class TimelineJacobian(Cells):
    """A curve of m points and two parameters, without the cells of `TimelineReversePasses` in gradients.py."""

    problem = "timeline"
    param_names = ["m", "curve", "backend", "mode", "dtype"]
    params = [[400, 4_000, 40_000], ["linear", "cdf", "weibull"], BACKENDS, MODES, DTYPES]

    def case(self, *cell: Any) -> Case:
        size, curve, backend, mode, dtype = cell
        case = known_case("timeline", backend, mode, size, dtype=dtype, formulation=curve)
        if is_slow(case):
            raise NotImplementedError(f"{case}: one pull-back a point; TimelineReversePasses measures it once")
        return case
