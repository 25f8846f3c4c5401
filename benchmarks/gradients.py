"""What does a derivative cost? One class a model; parameters are size, backend, mode and precision.

Parameter lists are written out and not read from the package: an old commit is asked for the same cells as today's.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from autodiff_kernels import Case, InvalidCase, build, is_slow
from benchmarks.clock import BestCallClock, pin_to_one_core

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

CLOCK = BestCallClock(seconds=0.2)


class _Derivative:
    """A sample is the best single call of 0.2 s of calls, each waited for.

    Four samples in each of two processes: with fewer than six a side, the test by which `asv compare` and
    `asv continuous` tell noise from change cannot call anything a change.
    """

    version = "1"
    timeout = 120
    rounds = 2
    # At least one sample, at most four, and no further one after a second.
    repeat = (1, 4, 1.0)
    number = 1
    min_run_count = 1
    warmup_time = 0
    timer = CLOCK.now

    problem = ""
    formulation = ""

    def setup(self, *cell: object) -> None:
        # ASV calls this before every sample; after the first call in a process it looks up and nothing else.
        pin_to_one_core()
        self.program = build(self.case(*cell), clock=perf_counter)

    def case(self, *cell: Any) -> Case:
        """The cell of one parameter combination, or NotImplementedError, which ASV shows as n/a."""
        size, backend, mode, dtype = cell
        return known_case(self.problem, backend, mode, size, dtype=dtype, formulation=self.formulation)

    def measure(self) -> None:
        CLOCK.measure(self.program.run)


def known_case(*fields: Any, **options: Any) -> Case:
    """The case, or NotImplementedError where the commit that is measured does not know it yet."""
    try:
        return Case(*fields, **options)
    except InvalidCase as error:
        raise NotImplementedError(f"this commit has no such cell: {error}") from error


class RBFKernel(_Derivative):
    """What does the gradient of a tiny function cost? Mostly dispatch, so it shows what a call costs at least."""

    problem = "rbf"
    param_names = ["d", "backend", "mode", "dtype"]
    params = [[1, 100, 10_000], BACKENDS, MODES, DTYPES]

    def time_gradient(self, *cell: object) -> None:
        self.measure()


class RBFCovariance(_Derivative):
    """What does the gradient of an elementwise n × n computation cost? Memory traffic and exp; no linear algebra."""

    problem = "covariance"
    formulation = "contracted"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[10, 100, 300, 1000], BACKENDS, MODES, DTYPES]

    def time_gradient(self, *cell: object) -> None:
        self.measure()


class RBFCovarianceJacobian(_Derivative):
    """What does a full Jacobian cost with n² outputs and two inputs? Made for forward mode, hard on reverse."""

    problem = "covariance"
    formulation = "full"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[10, 100, 300, 1000], BACKENDS, MODES, DTYPES]

    def time_jacobian(self, *cell: object) -> None:
        self.measure()


class MVNLogDensity(_Derivative):
    """What does the gradient of a Gaussian process likelihood cost? Cholesky and solves: n³ work, two parameters."""

    problem = "mvn"
    formulation = "cholesky"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300, 1000], BACKENDS, MODES, DTYPES]

    def time_gradient(self, *cell: object) -> None:
        self.measure()


class MVNTextbook(_Derivative):
    """What does a textbook's log-density cost, with a determinant and general solves? More, where it runs at all.

    Leaves out every n at which the determinant underflows; the gradient by hand has none and runs at all sizes.
    """

    problem = "mvn"
    formulation = "textbook"
    param_names = ["n", "backend", "mode", "dtype"]
    params = [[3, 100, 300, 1000], BACKENDS, MODES, DTYPES]

    def time_gradient(self, *cell: object) -> None:
        self.measure()


class TimelineJacobian(_Derivative):
    """What does an m × 2 Jacobian cost? Forward needs two passes and reverse m, so the mode matters most here.

    Leaves out the cells of TimelineReversePasses.
    """

    problem = "timeline"
    param_names = ["m", "curve", "backend", "mode", "dtype"]
    params = [[400, 4_000, 40_000], ["linear", "cdf", "weibull"], BACKENDS, MODES, DTYPES]

    def case(self, *cell: Any) -> Case:
        size, curve, backend, mode, dtype = cell
        case = known_case("timeline", backend, mode, size, dtype=dtype, formulation=curve)
        if is_slow(case):
            raise NotImplementedError(f"{case}: one pull-back a point; TimelineReversePasses measures it once")
        return case

    def time_jacobian(self, *cell: object) -> None:
        self.measure()


class TimelineArgument(_Derivative):
    """Does it matter whether the data are closed over or an argument? The same program in another dress; m = 400."""

    problem = "timeline"
    formulation = "linear_argument"
    param_names = ["m", "backend", "mode", "dtype"]
    params = [[400], BACKENDS, MODES, DTYPES]

    def time_jacobian(self, *cell: object) -> None:
        self.measure()


class TimelineReversePasses(_Derivative):
    """How slow is `autograd.jacobian` of 40,000 points? One process, one call: the call that was checked."""

    rounds = 1
    repeat = (1, 1, 1.0)
    timeout = 600
    param_names = ["curve"]
    params = [["linear", "cdf", "weibull"]]

    def case(self, *cell: Any) -> Case:
        (curve,) = cell
        return known_case("timeline", "autograd", "reverse", 40_000, formulation=curve)

    def time_jacobian(self, *cell: object) -> None:
        CLOCK.advance(self.program.seconds["first_call"])


class WithoutJIT(_Derivative):
    """What does the compiler buy? JAX with `jax_disable_jit`, an operation at a time, where that still matters."""

    param_names = ["cell", "mode", "dtype"]
    params = [["rbf/d=1", "covariance/n=100", "mvn/n=3", "mvn/n=100", "timeline/m=400"], MODES, DTYPES]

    def case(self, *cell: Any) -> Case:
        program, mode, dtype = cell
        problem, size = program.split("/")
        return known_case(problem, "jax", mode, int(size.partition("=")[2]), dtype=dtype, jit=False)

    def time_derivative(self, *cell: object) -> None:
        self.measure()
