"""How long does one call take? The derivative and the wait for it, by the protocol of this folder."""

from __future__ import annotations

from functools import cache
from typing import Any

import autodiff_kernels
from autodiff_kernels import Case, build
from benchmarks import cells
from benchmarks.clock import clock_of_work, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.protocol import Replayed, samples_of_round


class _Timed(cells.Cells, Replayed):
    version = "4"

    def setup(self, *cell: object) -> None:
        self.take(_samples(self.case(*cell)))


@cache
def _samples(case: Case) -> list[float]:
    # A commit from before `preload` imports and checks in each process anew.
    getattr(autodiff_kernels, "preload", lambda case: None)(case)
    return samples_of_round(f"gradients {case}", lambda: build(case).run, case.device)


class RBFKernel(cells.RBFKernel, _Timed):
    """What does the gradient of a tiny function cost? Mostly dispatch, so it shows what a call costs at least."""

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class RBFCovariance(cells.RBFCovariance, _Timed):
    """What does the gradient of an elementwise n × n computation cost? Memory traffic and exp; no linear algebra."""

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class RBFCovarianceJacobian(cells.RBFCovarianceJacobian, _Timed):
    """What does a full Jacobian cost with n² outputs and two inputs? Made for forward mode, hard on reverse."""

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class MVNLogDensity(cells.MVNLogDensity, _Timed):
    """What does the gradient of a Gaussian process likelihood cost? Cholesky and solves: n³ work, two parameters."""

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class MVNTextbook(cells.MVNTextbook, _Timed):
    """What does a textbook's log-density cost, with a determinant and general solves? More, where it runs at all.

    Leaves out every n at which the determinant underflows; the gradient by hand has none and runs at all sizes.
    """

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class TimelineJacobian(cells.TimelineJacobian, _Timed):
    """What does an m × 2 Jacobian cost? Forward needs two passes and reverse m, so the mode matters most here.

    Leaves out the cells of TimelineReversePasses.
    """

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class TimelineArgument(_Timed):
    """Does it matter whether the data are closed over or an argument? The same program in another dress; m = 400."""

    problem = "timeline"
    formulation = "linear_argument"
    param_names = ["m", "backend", "mode", "dtype"]
    params = [[400], cells.BACKENDS, cells.MODES, cells.DTYPES]

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class TimelineReversePasses(_Timed):
    """How slow is `autograd.jacobian` of 40,000 points? One process, one call: the call that was checked."""

    timeout = 600
    rounds = 1
    param_names = ["curve"]
    params = [["linear", "cdf", "weibull"]]

    def case(self, *cell: Any) -> Case:
        (curve,) = cell
        return cells.known_case("timeline", "autograd", "reverse", 40_000, formulation=curve)

    def setup(self, *cell: object) -> None:
        self.take(_first_call(self.case(*cell)))

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


@cache
def _first_call(case: Case) -> list[float]:
    def first_call() -> float:
        pin_to_core(0)
        return build(case, clock=clock_of_work()).seconds["first_call"]

    return [in_forked_process(first_call)]


class WithoutJIT(_Timed):
    """What does the compiler buy? JAX with `jax_disable_jit`, an operation at a time, where that still matters."""

    param_names = ["cell", "mode", "dtype"]
    params = [["rbf/d=1", "covariance/n=100", "mvn/n=3", "mvn/n=100", "timeline/m=400"], cells.MODES, cells.DTYPES]

    def case(self, *cell: Any) -> Case:
        program, mode, dtype = cell
        problem, size = program.split("/")
        return cells.known_case(problem, "jax", mode, int(size.partition("=")[2]), dtype=dtype, jit=False)

    def time_derivative(self, *cell: object) -> None:
        self.replay()
