"""The preimport of the suite."""

from benchmarks import preimport  # noqa: F401
