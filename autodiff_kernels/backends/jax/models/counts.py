"""Negative binomial regression with mean exp(X β) and r = exp(log r)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.special import digamma, gammaln

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def objective(parameters: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
        predictor, log_r = x @ parameters[:-1], parameters[-1]
        r = jnp.exp(log_r)
        log_sum = jnp.log(r + jnp.exp(predictor))
        gammas = gammaln(y + r) - gammaln(r) - gammaln(y + 1)
        return jnp.sum(gammas + r * (log_r - log_sum) + y * (predictor - log_sum))

    return Model(objective, lambda *arguments: value_and_gradient(*arguments)[1])


def value_and_gradient(parameters: jax.Array, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The log-likelihood and its gradient. The compiler removes the value if it is not used."""
    predictor, log_r = x @ parameters[:-1], parameters[-1]
    mean, r = jnp.exp(predictor), jnp.exp(log_r)
    log_sum = jnp.log(r + mean)
    residual = (y - mean) / (r + mean)
    in_r = jnp.sum(digamma(y + r) - digamma(r) + log_r - log_sum - residual)
    gammas = gammaln(y + r) - gammaln(r) - gammaln(y + 1)
    value = jnp.sum(gammas + r * (log_r - log_sum) + y * (predictor - log_sum))
    return value, r * jnp.append(residual @ x, in_r)
