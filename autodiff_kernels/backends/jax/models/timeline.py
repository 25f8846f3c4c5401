"""t·mu/sigma, t·Phi(mu/sigma) or (t/lambda)^rho."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its derivative by hand."""

    def linear(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return t * mu / sigma

    def linear_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return jnp.stack([t / sigma, -t * mu / sigma**2], axis=-1)

    def cdf(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return t * norm.cdf(mu / sigma)

    def cdf_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        density = norm.pdf(mu / sigma)
        return jnp.stack([t * density / sigma, -t * density * mu / sigma**2], axis=-1)

    def weibull(parameters: jax.Array, t: jax.Array) -> jax.Array:
        lambda_, rho = parameters
        return (t / lambda_) ** rho

    def weibull_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        lambda_, rho = parameters
        ratio = t / lambda_
        hazard = ratio**rho
        return jnp.stack([-rho / lambda_ * hazard, hazard * jnp.log(ratio)], axis=-1)

    models = {"cdf": Model(cdf, cdf_explicit), "weibull": Model(weibull, weibull_explicit)}
    return models.get(formulation, Model(linear, linear_explicit))
