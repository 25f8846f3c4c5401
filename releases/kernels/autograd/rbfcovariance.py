import autograd
import autograd.numpy as anp
import numpy as np


def program(n, dtype):
    """Gradient of sum(C * K): K is the RBF kernel matrix of n points, C holds fixed weights."""
    generator = np.random.default_rng(0)
    x, weights = generator.random(n).astype(dtype), generator.random((n, n)).astype(dtype)

    def objective(parameters):
        lengthscale, variance = parameters
        return anp.sum(weights * (variance * anp.exp(-0.5 / lengthscale**2 * (x[:, None] - x[None, :]) ** 2)))

    return autograd.grad(objective), (np.array([0.3, 1.7], dtype),)
