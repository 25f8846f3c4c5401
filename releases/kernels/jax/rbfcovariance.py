import jax
import jax.numpy as jnp
import numpy as np


def program(n, dtype):
    """Gradient of sum(C * K): K is the RBF kernel matrix of n points, C holds fixed weights."""
    generator = np.random.default_rng(0)
    x, weights = generator.random(n).astype(dtype), generator.random((n, n)).astype(dtype)

    def objective(parameters, x, weights):
        lengthscale, variance = parameters
        return jnp.sum(weights * (variance * jnp.exp(-0.5 * (x[:, None] - x[None, :]) ** 2 / lengthscale**2)))

    return jax.grad(objective), (np.array([0.3, 1.7], dtype), x, weights)
