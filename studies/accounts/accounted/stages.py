"""The stages of compilation. In each round, the first benchmark of a cell measures all stages."""

from benchmarks import stages

from . import accounted, enter, seconds_since_this_process_began

stages.round_of_builds = accounted("stages", stages.round_of_builds)
enter("start", seconds_since_this_process_began())
# ASV finds them here.
globals().update(stages.CLASSES)
