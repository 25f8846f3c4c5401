"""Import the backends once: ASV imports this module with the suite, then forks every measuring process.

The backends are imported but not started, since a started backend does not survive a fork
(tests/benchmarks/test_forks.py).
"""

from contextlib import suppress
from importlib import import_module

from benchmarks.rows import BACKENDS

for _backend in BACKENDS:
    # If a backend is missing or broken (jaxlib too old for jax raises a RuntimeError), its cells fail with that reason
    # when they import it. The cells of other backends are still measured.
    with suppress(Exception):
        import_module(f"autodiff_kernels.backends.{_backend}")
