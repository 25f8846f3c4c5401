"""Mean-field magnetisation m = tanh(coupling · W m + field · b), by iteration."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from autodiff_kernels.backends.base import Model
from autodiff_kernels.problems.fixed_point import ITERATIONS

#: Iterations after which `until` gives up; the check then finds a wrong result.
MOST = 1000


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "bounded":
        return Model(
            lambda *arguments: jnp.mean(_bounded(*arguments)), lambda *arguments: _explicit(_bounded, *arguments)
        )
    return Model(
        objective=lambda *arguments: jnp.mean(_until(*arguments)),
        explicit=lambda *arguments: _explicit(_until, *arguments),
        custom_rule=_mean_with_rule,
    )


def _step(parameters: jax.Array, weights: jax.Array, b: jax.Array, m: jax.Array) -> jax.Array:
    coupling, field = parameters
    return jnp.tanh(coupling * (weights @ m) + field * b)


def _converged(step: Callable[[jax.Array], jax.Array], start: jax.Array) -> jax.Array:
    """The fixed point of `step`, up to a few roundings of numbers up to one."""
    few = 8 * float(np.finfo(start.dtype).eps)

    def goes_on(carry: tuple[jax.Array, jax.Array, int]) -> jax.Array:
        before, now, count = carry
        return (jnp.max(jnp.abs(now - before)) > few) & (count < MOST)

    def once(carry: tuple[jax.Array, jax.Array, int]) -> tuple[jax.Array, jax.Array, int]:
        _, now, count = carry
        return now, step(now), count + 1

    return jax.lax.while_loop(goes_on, once, (start, step(start), 0))[1]


def _until(parameters: jax.Array, weights: jax.Array, b: jax.Array) -> jax.Array:
    return _converged(lambda m: _step(parameters, weights, b, m), jnp.zeros(b.shape, parameters.dtype))


def _bounded(parameters: jax.Array, weights: jax.Array, b: jax.Array) -> jax.Array:
    def once(_: int, m: jax.Array) -> jax.Array:
        return _step(parameters, weights, b, m)

    return jax.lax.fori_loop(0, ITERATIONS, once, jnp.zeros(b.shape, parameters.dtype))


def _pulled(m: jax.Array, parameters: jax.Array, weights: jax.Array, b: jax.Array) -> jax.Array:
    """The gradient of the mean of m, by the implicit function theorem; n λ is a fixed point too."""
    slopes = 1 - m**2
    adjoint = _converged(lambda adjoint: 1 + parameters[0] * ((slopes * adjoint) @ weights), jnp.ones_like(m))
    scaled = slopes * adjoint / m.size
    return jnp.stack([scaled @ (weights @ m), scaled @ b])


def _explicit(solve: Callable[..., jax.Array], parameters: jax.Array, weights: jax.Array, b: jax.Array) -> jax.Array:
    return _pulled(solve(parameters, weights, b), parameters, weights, b)


@jax.custom_vjp
def _mean_with_rule(parameters: jax.Array, weights: jax.Array, b: jax.Array) -> jax.Array:
    """The mean of m, with the derivative in the parameters by the implicit function theorem."""
    return jnp.mean(_until(parameters, weights, b))


def _forth(parameters: jax.Array, weights: jax.Array, b: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    m = _until(parameters, weights, b)
    return jnp.mean(m), (m, parameters, weights, b)


def _back(kept: tuple[jax.Array, ...], cotangent: jax.Array) -> tuple[jax.Array, None, None]:
    return cotangent * _pulled(*kept), None, None


_mean_with_rule.defvjp(_forth, _back)
