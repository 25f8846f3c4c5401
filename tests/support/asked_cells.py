"""The classes of the suite that time programs, and every cell that they ask for."""

import itertools

from benchmarks import gradients

CLASSES = list(gradients.CLASSES.values())


def asked(benchmark):
    """Every combination of a class in ASV, with its case, or None if the suite skips it."""
    for cell in itertools.product(*benchmark.params):
        try:
            yield cell, benchmark.row.case(*cell)
        except NotImplementedError as skipped:
            words = str(skipped)
            known = "measures it" in words or "measured on a GPU only" in words
            assert known, "today's code knows every cell that today's suite asks for"
            yield cell, None
