"""The fingerprints. Only the start of their process takes time."""

from benchmarks.fingerprints import Fingerprint  # noqa: F401, ASV finds it here

from . import enter, seconds_since_this_process_began

enter("start", seconds_since_this_process_began())
