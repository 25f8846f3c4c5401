"""jax 0.4.38 → 0.5.3: gradients.TimelineJacobian.time_jacobian(40000, 'linear', 'jax', 'forward', 'float64') takes 0.33 times as long.

    python3.12 -m venv old && old/bin/pip install jax==0.4.38 jaxlib==0.4.38 numpy==2.5.5 scipy==1.18.1
    python3.12 -m venv new && new/bin/pip install jax==0.5.3 jaxlib==0.5.3 numpy==2.5.5 scipy==1.18.1
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 old/bin/python jax-0.5.3-after-0.4.38-gradients-timelinejacobian-time-jacobian-40000-linear-jax-forward-float64.py new/bin/python

The last command measures both environments alternately on one core and prints both times and new / old.
The release history measured a ratio of 0.33 (99 % interval 0.30 to 0.36) on this processor:
AMD EPYC
"""

import math
import os
import subprocess
import sys
import time

import jax
import numpy as np


def program(n, dtype):
    """The n × 2 Jacobian of the curve t * mu / sigma at n points in time."""

    def objective(parameters, t):
        mu, sigma = parameters
        return t * mu / sigma

    return jax.jacfwd(objective), (np.array([1.3, 1.6], dtype), np.linspace(1.0, 100.0, n, dtype=dtype))



def seconds():
    jax.config.update("jax_enable_x64", True)
    function, arguments = program(40000, "float64")
    arguments = [jax.device_put(argument) for argument in arguments]
    lowered = jax.jit(function).lower(*arguments)
    compiled = lowered.compile()
    run = lambda: compiled(*arguments).block_until_ready()
    best, end = math.inf, time.perf_counter() + 2
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


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
