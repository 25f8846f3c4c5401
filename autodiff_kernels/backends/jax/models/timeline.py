"""Timeline: t·mu/sigma, t·Phi(mu/sigma) or (t/lambda)^rho."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""

    def linear(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return t * (mu / sigma)

    def linear_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return t[:, None] * jnp.stack([1 / sigma, -mu / sigma**2])

    def cdf(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return t * norm.cdf(mu / sigma)

    def cdf_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        density = norm.pdf(mu / sigma)
        return t[:, None] * (density * jnp.stack([1 / sigma, -mu / sigma**2]))

    def weibull(parameters: jax.Array, t: jax.Array) -> jax.Array:
        lambda_, rho = parameters
        return jnp.exp(rho * jnp.log(t / lambda_))  # a power takes longer than exp and log together

    def weibull_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        lambda_, rho = parameters
        logarithm = jnp.log(t / lambda_)
        return jnp.exp(rho * logarithm)[:, None] * jnp.stack(
            [jnp.full_like(logarithm, -rho / lambda_), logarithm], axis=-1
        )

    models = {"cdf": Model(cdf, cdf_explicit), "weibull": Model(weibull, weibull_explicit)}
    return models.get(formulation, Model(linear, linear_explicit))
