"""The classes of the suite that time programs, and every cell that they ask for."""

import inspect
import itertools

from benchmarks import gradients

CLASSES = [
    value
    for value in vars(gradients).values()
    if inspect.isclass(value) and issubclass(value, gradients._Timed) and value.__name__[0] != "_"
]


def asked(benchmark):
    """Every combination of a class in ASV, with its case, or None if the suite skips it."""
    for cell in itertools.product(*benchmark.params):
        try:
            yield cell, benchmark().case(*cell)
        except NotImplementedError as skipped:
            words = str(skipped)
            known = "measures it" in words or "measured on a GPU only" in words
            assert known, "today's code knows every cell that today's suite asks for"
            yield cell, None
