"""The stages of compilation: each round's making, for the first benchmark that asks."""

from benchmarks import stages
from benchmarks.stages import (  # noqa: F401, ASV finds them here
    MVNLogDensity,
    MVNTextbook,
    RBFCovariance,
    RBFCovarianceJacobian,
    RBFKernel,
    TimelineJacobian,
)

from . import accounted, enter, seconds_since_this_process_began

stages._making = accounted("stages", stages._making)
enter("start", seconds_since_this_process_began())
