"""HIPS autograd: objectives in autograd.numpy, explicit derivatives in plain NumPy and LAPACK."""

from __future__ import annotations

from collections.abc import Callable

from autodiff_kernels.backends.autograd.counts import work
from autodiff_kernels.backends.autograd.models import MODELS
from autodiff_kernels.backends.autograd.modes import TRANSFORMS, program
from autodiff_kernels.backends.base import Prepared
from autodiff_kernels.cases import Case
from autodiff_kernels.problems import Inputs

__all__ = ["MODELS", "TRANSFORMS", "prepare"]


def prepare(case: Case, inputs: Inputs, clock: Callable[[], float]) -> Prepared:
    """Bind `inputs`, already in the dtype of `case`, to its program. Nothing is compiled, so no stage is timed."""
    model = MODELS[case.problem](case.formulation)
    arguments = (inputs.parameters, *inputs.data.values())
    return Prepared(
        run=program(case, model, arguments),
        work=lambda: work(lambda counted: program(case, counted, arguments), model),
    )
