"""Every cell of the suite, supported or not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from autodiff_kernels.cases import Case
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS, DTYPES
from autodiff_kernels.problems import PROBLEMS


def cells(device: str = "cpu") -> Iterator[Case]:
    """Every cell of the suite on a device, supported or not, in the order of the support matrix.

    A backend with a compiler is also measured without it, on the CPU: the first formulation at the two smallest sizes,
    a loop at the smallest. At larger sizes the computation hides the cost of dispatch, or Python takes long. A GPU also
    has larger sizes; only backends that support GPUs have cells there.
    """
    for problem in PROBLEMS.values():
        for number, (formulation, form) in enumerate(problem.formulations.items()):
            for backend, offer in BACKENDS.items():
                if device not in offer.devices:
                    continue
                sizes = form.sizes + (form.gpu_sizes if device == "gpu" else ())
                for jit, dtype, mode in product(offer.jit if device == "cpu" else offer.jit[:1], DTYPES, MODES):
                    without_compiler = () if number else sizes[: 1 if form.steps else 2]
                    for size in sizes if jit == offer.jit[0] else without_compiler:
                        yield Case(problem.name, backend, mode, size, dtype, formulation, jit, device)
