"""The stages of compilation: each round's makings, for the first benchmark that asks."""

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

stages._round = accounted("stages", stages._round)
enter("start", seconds_since_this_process_began())
