"""The backends, imported once: ASV imports this with the suite, and every process that measures is forked from there.

Imported and not started, since a started backend does not survive a fork (tests/test_forks.py).
"""

from contextlib import suppress
from importlib import import_module

for _backend in ("jax", "autograd"):
    # Cells of a backend that is not there, or not of one piece (a RuntimeError where jaxlib is too old for jax), fail
    # with that reason when they import it, and the others go on.
    with suppress(Exception):
        import_module(f"autodiff_kernels.backends.{_backend}")
