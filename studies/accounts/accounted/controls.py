"""The controls, with the same account as the gradients."""

from benchmarks import protocol
from benchmarks.controls import Control  # noqa: F401, ASV finds it here
from benchmarks.processes import in_forked_process

from . import accounted, enter, seconds_since_this_process_began

vars(protocol)["in_forked_process"] = accounted("processes", in_forked_process)
enter("start", seconds_since_this_process_began())
