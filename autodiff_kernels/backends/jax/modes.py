"""Every mode, by JAX's own transformations. Each turns a function of (parameters, *data) into its derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autodiff_kernels.backends.base import Model
from autodiff_kernels.cases import Case
from autodiff_kernels.offers import CHUNK


def program(case: Case, model: Model) -> Callable[..., Any]:
    """The whole program as a function of its inputs, so that no input is a constant for the compiler."""
    if case.mode in BY_HAND:
        return model.by_hand(case.mode)
    if case.is_fit:
        return _with_value(case, model)
    scalar = case.form.output_shape(case.size) == ()
    transform = jax.grad if scalar and case.mode in PULLED_BACK else TRANSFORMS[case.mode]
    objective = model.differentiated(case.mode)
    if case.form.data_as_argument:
        return transform(objective)

    def compute(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        return transform(lambda parameters: objective(parameters, *data))(parameters)

    return compute


def _with_value(case: Case, model: Model) -> Callable[..., tuple[jax.Array, jax.Array]]:
    """The value and the gradient, which each step of a fit needs."""
    objective = model.differentiated(case.mode)
    if case.mode in PULLED_BACK:
        return jax.value_and_grad(objective)

    def value_and_gradient(parameters: jax.Array, *data: jax.Array) -> tuple[jax.Array, jax.Array]:
        def of_parameters(parameters: jax.Array) -> jax.Array:
            return objective(parameters, *data)

        return of_parameters(parameters), TRANSFORMS[case.mode](of_parameters)(parameters)

    return value_and_gradient


def _columns(column: Callable[[jax.Array], jax.Array], parameters: jax.Array) -> jax.Array:
    """`column` of each basis vector of the parameters, stacked on the last axis."""
    basis = jnp.eye(parameters.size, dtype=parameters.dtype)
    return jax.vmap(column, out_axes=-1)(basis)


def _linearize(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        _, linear = jax.linearize(lambda parameters: function(parameters, *data), parameters)
        return _columns(linear, parameters)

    return derivative


def _double_reverse(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        outputs, pull_back = jax.vjp(lambda parameters: function(parameters, *data), parameters)
        # The pull-back is linear, so its own pull-back is its transpose at every point.
        _, push_forward = jax.vjp(lambda cotangent: pull_back(cotangent)[0], jnp.zeros_like(outputs))
        return _columns(lambda tangent: push_forward(tangent)[0], parameters)

    return derivative


def _finite_difference(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        # For a central difference the cube root of epsilon balances truncation and rounding errors.
        epsilon = float(np.finfo(parameters.dtype).eps)
        steps = epsilon ** (1 / 3) * jnp.diag(jnp.where(parameters == 0, 1, parameters))
        points = jnp.stack([parameters + steps, parameters - steps])
        # All points form one batch: on two cores JAX 0.10.2 can hang forever in two independent factorisations.
        above, below = jax.vmap(jax.vmap(lambda point: function(point, *data)))(points)
        widths = jnp.diagonal(points[0] - points[1])
        return jnp.moveaxis(above - below, 0, -1) / widths

    return derivative


def _complex_step(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    step = 1e-20

    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        return _columns(lambda direction: function(parameters + 1j * step * direction, *data).imag / step, parameters)

    return derivative


def _chunked_reverse(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        outputs, pull_back = jax.vjp(lambda parameters: function(parameters, *data), parameters)

        def rows(first: jax.Array) -> jax.Array:
            # The basis is created chunk by chunk: the whole basis would need the memory that this mode saves.
            chosen = jax.nn.one_hot(first + jnp.arange(CHUNK), outputs.size, dtype=outputs.dtype)
            return jax.vmap(lambda cotangent: pull_back(cotangent.reshape(outputs.shape))[0])(chosen)

        # The last chunk can extend beyond the outputs; there, a one-hot row is zero.
        jacobian = jax.lax.map(rows, jnp.arange(0, outputs.size, CHUNK))
        return jacobian.reshape(-1, parameters.size)[: outputs.size].reshape(*outputs.shape, parameters.size)

    return derivative


def _hessian_vector_product(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    return lambda parameters: jax.jvp(jax.grad(function), (parameters,), (parameters,))[1]


#: Modes that transform no function.
BY_HAND = ("explicit", "lapack")
#: Modes that need one pull-back if the objective is a scalar.
PULLED_BACK = ("reverse", "custom_rule", "checkpoint")
TRANSFORMS: dict[str, Callable[[Callable[..., jax.Array]], Callable[..., jax.Array]]] = {
    "value": lambda function: function,
    "reverse": jax.jacrev,
    "forward": jax.jacfwd,
    "linearize": _linearize,
    "double_reverse": _double_reverse,
    "finite_difference": _finite_difference,
    "complex_step": _complex_step,
    "custom_rule": jax.jacfwd,
    "chunked_reverse": _chunked_reverse,
    "checkpoint": jax.jacrev,
    "forward_over_reverse": lambda function: jax.jacfwd(jax.grad(function)),
    "reverse_over_reverse": lambda function: jax.jacrev(jax.grad(function)),
    "hessian_vector_product": _hessian_vector_product,
}
