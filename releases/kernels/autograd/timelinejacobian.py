import numpy as np
from autograd.differential_operators import make_jvp


def program(n, dtype):
    """The n × 2 Jacobian of the curve t * mu / sigma at n points in time."""
    t = np.linspace(1.0, 100.0, n, dtype=dtype)

    def objective(parameters):
        mu, sigma = parameters
        return t * mu / sigma

    def jacobian(parameters):
        push_forward = make_jvp(objective)(parameters)
        return np.stack([push_forward(direction)[1] for direction in np.eye(2)], axis=-1)

    return jacobian, (np.array([1.3, 1.6], dtype),)
