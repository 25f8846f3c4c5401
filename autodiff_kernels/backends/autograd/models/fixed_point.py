"""Mean-field magnetisation m = tanh(coupling · W m + field · b), by iteration."""

from __future__ import annotations

from collections.abc import Callable

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive
from autograd.tracer import getval

from autodiff_kernels.backends.base import Model
from autodiff_kernels.problems.fixed_point import ITERATIONS

#: Iterations after which `until` gives up; the check then finds a wrong result.
MOST = 1000


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "bounded":
        return Model(
            lambda *arguments: anp.mean(_bounded(*arguments)), lambda *arguments: _explicit(_bounded, *arguments)
        )
    return Model(
        objective=lambda *arguments: anp.mean(_until(*arguments)),
        explicit=lambda *arguments: _explicit(_until, *arguments),
        custom_rule=_mean_with_rule,
    )


def _step(parameters: np.ndarray, weights: np.ndarray, b: np.ndarray, m: np.ndarray) -> np.ndarray:
    coupling, field = parameters
    return anp.tanh(coupling * anp.dot(weights, m) + field * b)


def _converged(step: Callable[[np.ndarray], np.ndarray], start: np.ndarray) -> np.ndarray:
    """The fixed point of `step`, up to a few roundings of numbers up to one."""
    few, before, now = 8 * np.finfo(start.dtype).eps, start, step(start)
    for _ in range(MOST):
        # The numbers decide, not their derivatives.
        if np.max(np.abs(getval(now) - getval(before))) <= few:
            break
        before, now = now, step(now)
    return now


def _until(parameters: np.ndarray, weights: np.ndarray, b: np.ndarray) -> np.ndarray:
    return _converged(lambda m: _step(parameters, weights, b, m), np.zeros_like(b))


def _bounded(parameters: np.ndarray, weights: np.ndarray, b: np.ndarray) -> np.ndarray:
    m = np.zeros_like(b)
    for _ in range(ITERATIONS):
        m = _step(parameters, weights, b, m)
    return m


def _pulled(m: np.ndarray, parameters: np.ndarray, weights: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The gradient of the mean of m, by the implicit function theorem; n λ is a fixed point too."""
    slopes = 1 - m**2
    adjoint = _converged(lambda adjoint: 1 + parameters[0] * ((slopes * adjoint) @ weights), np.ones_like(m))
    scaled = slopes * adjoint / m.size
    return np.array([scaled @ (weights @ m), scaled @ b])


def _explicit(
    solve: Callable[..., np.ndarray], parameters: np.ndarray, weights: np.ndarray, b: np.ndarray
) -> np.ndarray:
    return _pulled(solve(parameters, weights, b), parameters, weights, b)


#: The mean of m, with the derivative in the parameters by the implicit function theorem.
_mean_with_rule = primitive(lambda parameters, weights, b: np.mean(_until(parameters, weights, b)))


def _rule(
    result: np.ndarray, parameters: np.ndarray, weights: np.ndarray, b: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    return lambda cotangent: cotangent * _explicit(_until, parameters, weights, b)


defvjp(_mean_with_rule, _rule, argnums=[0])
