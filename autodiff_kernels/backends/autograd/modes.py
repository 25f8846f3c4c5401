"""Every mode, by autograd's own operators. Each takes a function and its arguments, parameters first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import autograd
import numpy as np
from autograd.differential_operators import make_jvp, make_jvp_reversemode

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.fitting import minimise
from autodiff_kernels.cases import Case

Function = Callable[..., np.ndarray]


def program(case: Case, model: Model, arguments: Sequence[np.ndarray]) -> Callable[[], np.ndarray]:
    """The call that is timed. All choices are made here, so that the call makes none."""
    if case.is_fit:
        return _fit(case, model, arguments)
    if case.mode == "explicit":
        return partial(model.explicit, *arguments)
    scalar = case.form.output_shape(case.size) == ()
    transform = _gradient if scalar and case.mode in PULLED_BACK else TRANSFORMS[case.mode]
    objective = model.differentiated(case.mode)
    if case.form.data_as_argument:
        return partial(transform, objective, *arguments)
    parameters, *data = arguments
    return partial(transform, lambda parameters: objective(parameters, *data), parameters)


def _fit(case: Case, model: Model, arguments: Sequence[np.ndarray]) -> Callable[[], np.ndarray]:
    start, *data = arguments
    objective = model.differentiated(case.mode)

    def of_parameters(parameters: np.ndarray) -> np.ndarray:
        return objective(parameters, *data)

    def value_and_gradient(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        return float(of_parameters(parameters)), TRANSFORMS[case.mode](of_parameters, parameters)

    if case.mode == "explicit":
        return lambda: minimise(lambda parameters: model.explicit(parameters, *data), start)
    if case.mode in PULLED_BACK:
        return lambda: minimise(autograd.value_and_grad(of_parameters), start)
    return lambda: minimise(value_and_gradient, start)


def _gradient(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    return autograd.grad(function)(parameters, *data)


def _jacobian(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    return autograd.jacobian(function)(parameters, *data)


def _columns(column: Function, parameters: np.ndarray) -> np.ndarray:
    """`column` of each basis vector of the parameters, stacked on the last axis."""
    return np.stack([column(direction) for direction in np.eye(parameters.size)], axis=-1)


def _forward(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    push_forward = make_jvp(function)(parameters, *data)
    return _columns(lambda direction: push_forward(direction)[1], parameters)


def _double_reverse(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    return _columns(make_jvp_reversemode(function)(parameters, *data), parameters)


def _finite_difference(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    # For a central difference the cube root of epsilon balances truncation and rounding errors.
    steps = np.finfo(parameters.dtype).eps ** (1 / 3) * np.where(parameters == 0, 1, parameters)

    def column(direction: np.ndarray) -> np.ndarray:
        above, below = parameters + steps * direction, parameters - steps * direction
        return (function(above, *data) - function(below, *data)) / np.sum(above - below)

    return _columns(column, parameters)


def _complex_step(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    step = 1e-20
    return _columns(lambda direction: function(parameters + 1j * step * direction, *data).imag / step, parameters)


def _forward_over_reverse(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    return _forward(autograd.grad(function), parameters, *data)


def _reverse_over_reverse(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    return autograd.hessian(function)(parameters, *data)


def _hessian_vector_product(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    # autograd pulls back the product of gradient and vector, because it lacks many forward-mode rules.
    return autograd.hessian_vector_product(function)(parameters, *data, parameters)


#: Modes that need one pull-back if the objective is a scalar.
PULLED_BACK = ("reverse", "custom_rule", "checkpoint")
TRANSFORMS: dict[str, Function] = {
    "value": lambda function, parameters, *data: function(parameters, *data),
    "reverse": _jacobian,
    "forward": _forward,
    "double_reverse": _double_reverse,
    "finite_difference": _finite_difference,
    "complex_step": _complex_step,
    "custom_rule": _forward,
    "checkpoint": _jacobian,
    "forward_over_reverse": _forward_over_reverse,
    "reverse_over_reverse": _reverse_over_reverse,
    "hessian_vector_product": _hessian_vector_product,
}
