"""How long does one call take? The derivative and the wait for it, by the protocol of this folder."""

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
    version = "4"

    def setup(self, *cell: object) -> None:
        self.take(_samples(self.case(*cell)))


@cache
def _samples(case: Case) -> list[float]:
    if case.device != "cpu":
        return device.samples_of(case, "call")
    # A commit from before `preload` imports and checks in each process anew.
    getattr(autodiff_kernels, "preload", lambda case: None)(case)
    return samples_of_round(f"gradients {case}", lambda: build(case).run)


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


class MVNSecondOrder(cells.MVNSecondOrder, _Timed):
    """What do second derivatives of a Gaussian process likelihood cost? All of them, or their product with a vector.

    Leaves out n above 400 and Hessians by hand.
    """

    def time_derivative(self, *cell: object) -> None:
        self.replay()


class MVNTextbook(cells.MVNTextbook, _Timed):
    """What does a textbook's log-density cost, with a determinant and general solves? More, where it runs at all.

    Leaves out every n at which the determinant underflows; the gradient by hand has none and runs at all sizes.
    """

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class TimelineJacobian(cells.TimelineJacobian, _Timed):
    """What does an m × 2 Jacobian cost? Forward needs two passes and reverse m, so the mode matters most here.

    Leaves out the cells of TimelineReversePasses and TimelineChunks.
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


class ARDLogDensity(cells.ARDLogDensity, _Timed):
    """From how many parameters on does reverse mode beat forward mode and finite differences? One to 64, at n = 200."""

    def time_gradient(self, *cell: object) -> None:
        self.replay()


class DecayJacobian(cells.DecayJacobian, _Timed):
    """Where do forward and reverse mode cross? Jacobians of 80,000 entries, from 2 × 40,000 to 40,000 × 2.

    Leaves out the cells of DecayPasses.
    """

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class GPFit(cells.GPFit, _Timed):
    """What do users wait for? A whole fit of a Gaussian process to real data by L-BFGS, by the mode of its gradients.

    The mode `value` is one objective, so that a fit over it says how many objectives a fit is worth.
    """

    def time_fit(self, *cell: object) -> None:
        self.replay()


class SurvivalFit(cells.SurvivalFit, _Timed):
    """What do users of small data wait for? A whole fit of 69 survival times: many calls that hardly compute."""

    def time_fit(self, *cell: object) -> None:
        self.replay()


class _OneCall(_Timed):
    """One process, one call: the call that was checked."""

    timeout = 600
    rounds = 1

    def setup(self, *cell: object) -> None:
        self.take(_first_call(self.case(*cell)))

    def time_jacobian(self, *cell: object) -> None:
        self.replay()


class TimelineReversePasses(_OneCall):
    """How slow is `autograd.jacobian` of 40,000 points? One process, one call: the call that was checked."""

    param_names = ["curve"]
    params = [["linear", "cdf", "weibull"]]

    def case(self, *cell: Any) -> Case:
        (curve,) = cell
        return cells.known_case("timeline", "autograd", "reverse", 40_000, formulation=curve)


class TimelineChunks(_OneCall):
    """How slow is a Jacobian of 40,000 rows, pulled back a chunk after the other? All at once would take 25.6 GB."""

    param_names = ["curve", "dtype"]
    params = [["linear", "cdf", "weibull"], cells.DTYPES]

    def case(self, *cell: Any) -> Case:
        curve, dtype = cell
        return cells.known_case("timeline", "jax", "chunked_reverse", 40_000, dtype=dtype, formulation=curve)


class DecayPasses(_OneCall):
    """How slow is the wrong mode for a Jacobian of 2 × 40,000 or 40,000 × 2? It takes a pass for each row or column."""

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
    """What does the compiler buy? JAX with `jax_disable_jit`, an operation at a time, where that still matters."""

    param_names = ["cell", "mode", "dtype"]
    params = [["rbf/d=1", "covariance/n=100", "mvn/n=3", "mvn/n=100", "timeline/m=400"], cells.MODES, cells.DTYPES]

    def case(self, *cell: Any) -> Case:
        program, mode, dtype = cell
        problem, size = program.split("/")
        return cells.known_case(problem, "jax", mode, int(size.partition("=")[2]), dtype=dtype, jit=False)

    def time_derivative(self, *cell: object) -> None:
        self.replay()
