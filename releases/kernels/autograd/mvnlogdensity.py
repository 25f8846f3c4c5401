import math

import autograd
import autograd.numpy as anp
import numpy as np
from autograd.scipy.linalg import solve_triangular


def program(n, dtype):
    """Gradient of the multivariate normal log-density of n points with an RBF kernel, by a Cholesky factor."""
    generator = np.random.default_rng(0)
    x, mu = generator.random(n).astype(dtype), (generator.random(n) - 0.5).astype(dtype)

    def objective(parameters):
        lengthscale, variance = parameters
        covariance = variance * anp.exp(-0.5 / lengthscale**2 * (x[:, None] - x[None, :]) ** 2)
        factor = anp.linalg.cholesky(covariance + 0.1 * np.eye(n))
        whitened = solve_triangular(factor, x - mu, lower=True)
        diagonal = anp.diagonal(factor, axis1=-1, axis2=-2)
        return -0.5 * n * math.log(2 * math.pi) - anp.sum(anp.log(diagonal)) - 0.5 * anp.dot(whitened, whitened)

    return autograd.grad(objective), (np.array([0.3, 1.7], dtype),)
