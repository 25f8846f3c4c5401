import jax
import numpy as np


def program(n, dtype):
    """The n × 2 Jacobian of the curve t * mu / sigma at n points in time."""

    def objective(parameters, t):
        mu, sigma = parameters
        return t * mu / sigma

    return jax.jacfwd(objective), (np.array([1.3, 1.6], dtype), np.linspace(1.0, 100.0, n, dtype=dtype))
