"""Did the question change? A number for each problem's inputs and oracle that two commits share when they agree."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from autodiff_kernels import PROBLEMS
from benchmarks.cells import known_case


class Fingerprint:
    """Are an old commit's inputs and oracle those of today? Any other value means that times are not comparable.

    48 bits of a hash: exact in a float, without order. The inputs enter as float32 holds them, the oracle's value and
    derivative as one projection each to six digits, since the last digits differ from one NumPy or LAPACK to another.
    """

    version = "1"
    timeout = 60
    unit = "hash"
    param_names = ["cell"]
    params = [
        [
            "rbf/standard/100",
            "covariance/contracted/100",
            "covariance/full/100",
            "mvn/cholesky/100",
            "mvn/textbook/100",
            "timeline/linear/400",
            "timeline/linear_argument/400",
            "timeline/cdf/400",
            "timeline/weibull/400",
            "ard/cholesky/4",
            "decays/standard/400",
            "gp_fit/cholesky/60",
            "survival_fit/weibull/69",
        ]
    ]

    def track_fingerprint(self, cell: str) -> int:
        name, formulation, size = cell.split("/")
        known_case(name, "jax", "value", int(size), formulation=formulation)
        problem = PROBLEMS[name]
        inputs = problem.inputs(int(size), 0)
        digest = sha256(inputs.parameters.astype(np.float32).tobytes())
        for key, array in sorted(inputs.data.items()):
            digest.update(key.encode() + array.astype(np.float32).tobytes())
        for oracle in (problem.value, problem.derivative):
            exact = np.ravel(oracle(inputs, formulation))
            digest.update(f"{exact @ np.cos(np.arange(exact.size)):.5e}".encode())
        return int.from_bytes(digest.digest()[:6], "big")
