import math

import jax
import jax.numpy as jnp
import numpy as np


def program(n, dtype):
    """Gradient of the multivariate normal log-density of n points with an RBF kernel, by a Cholesky factor."""
    generator = np.random.default_rng(0)
    x, mu = generator.random(n).astype(dtype), (generator.random(n) - 0.5).astype(dtype)

    def objective(parameters, x, mu, noise):
        lengthscale, variance = parameters
        covariance = variance * jnp.exp(-0.5 * (x[:, None] - x[None, :]) ** 2 / lengthscale**2)
        factor = jnp.linalg.cholesky(covariance + noise * jnp.eye(n, dtype=dtype))
        whitened = jax.scipy.linalg.solve_triangular(factor, x - mu, lower=True)
        return -0.5 * n * math.log(2 * math.pi) - jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened

    return jax.grad(objective), (np.array([0.3, 1.7], dtype), x, mu, np.array(0.1, dtype))
