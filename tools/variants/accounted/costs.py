"""The costs besides time: what the first benchmark of a cell that asks has to do."""

from benchmarks import costs
from benchmarks.costs import (  # noqa: F401, ASV finds them here
    MVNLogDensity,
    MVNTextbook,
    RBFCovariance,
    RBFCovarianceJacobian,
    RBFKernel,
    TimelineJacobian,
)

from . import accounted, enter, seconds_since_this_process_began

costs.costs = accounted("costs", costs.costs)
enter("start", seconds_since_this_process_began())
