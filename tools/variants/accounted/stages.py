"""The stages of compilation: the first benchmark of a cell measures the builds of a round for all of them."""

from benchmarks import stages
from benchmarks.stages import MVNLogDensity, RBFCovariance  # noqa: F401, ASV finds them here

from . import accounted, enter, seconds_since_this_process_began

stages._round = accounted("stages", stages._round)
enter("start", seconds_since_this_process_began())
