"""As in the suite."""

from benchmarks import preimport  # noqa: F401
