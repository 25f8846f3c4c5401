"""jax 0.4.31 → 0.12.0.1: the compilation in stages.MVNLogDensity.time_stage(3, 'jax', 'reverse', 'float64', 'compile') takes 2.96 times as long.

    python3.12 -m venv old && old/bin/pip install jax==0.4.31 jaxlib==0.4.31 numpy==2.5.5 scipy==1.18.1
    python3.12 -m venv new && new/bin/pip install jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5 scipy==1.18.1
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 old/bin/python jax-0.12.0.1-after-0.4.31-stages-mvnlogdensity-time-stage-3-jax-reverse-float64-compile.py new/bin/python

The last command measures both environments alternately on one core and prints both times and new / old.
The release history measured a ratio of 2.96 (99 % interval 2.77 to 3.16) on this processor:
AMD EPYC
"""

import math
import os
import subprocess
import sys
import time

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



def seconds():
    jax.config.update("jax_enable_x64", True)
    function, arguments = program(3, "float64")
    arguments = [jax.device_put(argument) for argument in arguments]
    lowered = jax.jit(function).lower(*arguments)
    start = time.perf_counter()
    lowered.compile()
    return time.perf_counter() - start


if sys.argv[1:] == ["once"]:
    print(seconds())
else:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    times = {python: [] for python in (sys.executable, *sys.argv[1:])}
    for _ in range(5):
        for python, found in times.items():
            done = subprocess.run([python, __file__, "once"], capture_output=True, text=True, check=True)
            found.append(float(done.stdout))
    for python, found in times.items():
        print(f"{python}: {1e6 * min(found):.1f} µs")
    old, *new = [min(found) for found in times.values()]
    print(*(f"new / old: {one / old:.2f}" for one in new))
