"""The suite, the settings and the change of the site that test_pages.py opens."""

import math

from studies.synthetic_repository import Bench

SETTINGS = """
[cost]
title = "What it costs"
series = ["backend", "mode"]
denominators = { objective = { mode = "value" } }
unranked = { mode = "value" }

[[cost.problems]]
title = "A kernel"
size = "n"
time = "time.Kernel.time_call"
compile = "stages.Kernel.time_stage"

[[cost.problems]]
title = "A matrix"
size = "n"
time = "time.Matrix.time_call"
"""
PARAMETERS = {"n": [1, 10, 100], "backend": ["fast", "slow"], "mode": ["value", "auto"], "dtype": ["f8", "f4"]}


def _time(n, backend, mode, dtype):
    if (backend, mode, n) == ("slow", "auto", 100):
        return math.nan
    passes = 3.0 if mode == "auto" else 1.0
    return passes * (1e-4 + 1e-6 * n if backend == "fast" else 2e-5 * n) * (0.5 if dtype == "f4" else 1.0)


BENCHMARKS = {
    "time.Kernel.time_call": Bench("seconds", PARAMETERS, _time),
    "time.Matrix.time_call": Bench("seconds", PARAMETERS, lambda *cell: (12 if "auto" in cell else 10) * _time(*cell)),
    "stages.Kernel.time_stage": Bench("seconds", PARAMETERS, lambda n, *cell: 0.3 if cell[0] == "fast" else 0.001),
}
CHANGE = {
    "cell": "time.Kernel.time_call(1, 'fast', 'auto', 'f8')",
    "environment": "virtualenv-py3.11",
    "baseline": "previous",
    "state": "confirmed",
    "effect": "regression",
    "ratio": 1.1,
    "interval": [1.08, 1.12],
    "threshold": 0.03,
    "before": 3e-4,
    "after": 3.3e-4,
    "unit": "seconds",
    "packages": ["jax 0.7.2 → 0.8.0"],
    "accepted": "",
    "plot": "finding-1.png",
}
