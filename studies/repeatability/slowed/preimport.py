"""Import the backends once, before ASV forks the measuring processes, as the suite does."""

from benchmarks import preimport  # noqa: F401
