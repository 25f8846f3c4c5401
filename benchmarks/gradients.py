"""How long does one call take? The call computes the derivative and waits for it; protocol.py says how it is timed."""

from __future__ import annotations

from functools import cache
from typing import Any

import autodiff_kernels
from autodiff_kernels import Case, build, is_slow
from benchmarks import cells, device
from benchmarks.clock import clock_of_work, pin_to_core
from benchmarks.processes import in_forked_process
from benchmarks.protocol import Replayed, samples_of_round


class _Timed(cells.Cells, Replayed):
    # Up to version 4 the value was the shortest call of all.
    version = "5"

    def setup(self, *cell: object) -> None:
        self.take(_samples(self.case(*cell)))


@cache
def _samples(case: Case) -> list[float]:
    if case.device != "cpu":
        return device.samples_of(case, "call")
    # An older commit has no `preload`; it imports and checks in each forked process.
    getattr(autodiff_kernels, "preload", lambda case: None)(case)
    return samples_of_round(f"gradients {case}", lambda: build(case).run)


class RBFKernel(cells.RBFKernel, _Timed):
    """What does the gradient of the RBF kernel cost? Mostly dispatch, so it shows the minimum cost of any call."""

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class RBFCovariance(cells.RBFCovariance, _Timed):
    """What does the gradient of the RBF matrix cost? Memory traffic and exp dominate. Leaves out linear algebra."""

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class RBFCovarianceJacobian(cells.RBFCovarianceJacobian, _Timed):
    """What does the RBF matrix Jacobian cost, with n² outputs and two parameters? It favours forward mode."""

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class MVNLogDensity(cells.MVNLogDensity, _Timed):
    """What does the gradient of the MVN log-density cost? Cholesky and solves do n³ work for two parameters."""

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class MVNSecondOrder(cells.MVNSecondOrder, _Timed):
    """What do second derivatives of the MVN log-density cost? The whole Hessian, or its product with a vector.

    Leaves out n above 300 and explicit Hessians.
    """

    def time_derivative(self, *cell: object) -> None:
        self.replay()


class MVNTextbook(cells.MVNTextbook, _Timed):
    """What does the textbook formula of the MVN log-density cost? It takes a determinant and general solves.

    Leaves out every n at which the determinant underflows. The explicit gradient has no determinant and runs at all n.
    """

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class TimelineJacobian(cells.TimelineJacobian, _Timed):
    """What does the timeline Jacobian, m × 2, cost? Forward mode needs two passes and reverse mode m.

    Leaves out the slow cells, which TimelineReversePasses and TimelineChunks measure.
    """

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class TimelineArgument(_Timed):
    """Does it matter whether the function closes over the data? Here it takes them as an argument.

    Compare with TimelineJacobian, curve `linear`, whose program is the same. Leaves out all m except 400.
    """

    problem = "timeline"
    formulation = "linear_argument"
    param_names = ["m", "backend", "mode", "dtype"]
    params = [[400], cells.BACKENDS, cells.MODES, cells.DTYPES]

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class ARDLogDensity(cells.ARDLogDensity, _Timed):
    """From how many parameters on is reverse mode fastest? The ARD log-density has 1 to 64 lengthscales.

    The alternatives are forward mode and finite differences. Leaves out all n except 200.
    """

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class DecayJacobian(cells.DecayJacobian, _Timed):
    """At which shape of the decay Jacobian do forward and reverse mode cross? Five shapes, 2 × 40,000 to 40,000 × 2.

    Leaves out the slow cells, which DecayPasses measures.
    """

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class GPFit(cells.GPFit, _Timed):
    """How long does a Gaussian process fit take in each mode? It is a whole fit to real data by L-BFGS.

    Mode `value` is one call of the objective, so a ratio to it counts calls of the objective. Leaves out float32.
    """

    def time_fit(self, *cell: object) -> None:
        self.replay()


class SurvivalFit(cells.SurvivalFit, _Timed):
    """How long does a survival fit of 69 patients take? L-BFGS makes many calls with little work in each.

    Leaves out float32.
    """

    def time_fit(self, *cell: object) -> None:
        self.replay()


class _OneCall(_Timed):
    """One process and one call: the call that was checked is also the sample."""

    version = "4"
    timeout = 600
    rounds = 1

    def setup(self, *cell: object) -> None:
        self.take(_first_call(self.case(*cell)))

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class TimelineReversePasses(_OneCall):
    """How slow is `autograd.jacobian` of a timeline of 40,000 points? It runs one reverse pass for each point.

    Leaves out repeated calls: the call that was checked is the only sample.
    """

    param_names = ["curve"]
    params = [["linear", "cdf", "weibull"]]

    def case(self, *cell: Any) -> Case:
        (curve,) = cell
        return cells.known_case("timeline", "autograd", "reverse", 40_000, formulation=curve)


class TimelineChunks(_OneCall):
    """How slow is the timeline Jacobian of 40,000 rows in chunked reverse mode? One float64 batch needs 25.6 GB.

    Leaves out repeated calls: the call that was checked is the only sample.
    """

    param_names = ["curve", "dtype"]
    params = [["linear", "cdf", "weibull"], cells.DTYPES]

    def case(self, *cell: Any) -> Case:
        curve, dtype = cell
        return cells.known_case("timeline", "jax", "chunked_reverse", 40_000, dtype=dtype, formulation=curve)


class DecayPasses(_OneCall):
    """How slow is the wrong mode for a 2 × 40,000 or 40,000 × 2 decay Jacobian? It needs a pass for each row or column.

    Leaves out repeated calls: the call that was checked is the only sample.
    """

    param_names = ["m", "backend", "mode", "dtype"]
    params = [[2, 40_000], cells.BACKENDS, ["reverse", "forward", "complex_step", "chunked_reverse"], cells.DTYPES]

    def case(self, *cell: Any) -> Case:
        m, backend, mode, dtype = cell
        case = cells.known_case("decays", backend, mode, m, dtype=dtype)
        if not is_slow(case):
            raise NotImplementedError(f"{case}: DecayJacobian measures it")
        return case


@cache
def _first_call(case: Case) -> list[float]:
    def first_call() -> float:
        pin_to_core(0)
        return build(case, clock=clock_of_work()).seconds["first_call"]

    return [in_forked_process(first_call)]


class WithoutJIT(_Timed):
    """How much does JAX's compiler save? These cells run with `jax_disable_jit`, one operation at a time.

    Leaves out large sizes: there, dispatch is a small part of the time.
    """

    param_names = ["cell", "mode", "dtype"]
    params = [["rbf/d=1", "covariance/n=100", "mvn/n=3", "mvn/n=100", "timeline/m=400"], cells.MODES, cells.DTYPES]

    def case(self, *cell: Any) -> Case:
        program, mode, dtype = cell
        problem, size = program.split("/")
        return cells.known_case(problem, "jax", mode, int(size.partition("=")[2]), dtype=dtype, jit=False)

    def time_derivative(self, *cell: object) -> None:
        self.replay()
