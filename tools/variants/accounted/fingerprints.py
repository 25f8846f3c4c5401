"""The fingerprints, which only start."""

from benchmarks.fingerprints import Fingerprint  # noqa: F401, ASV finds it here

from . import enter, seconds_since_this_process_began

enter("start", seconds_since_this_process_began())
