"""Is a problem still the same? Two commits with the same inputs and oracle for a problem have the same fingerprint."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from autodiff_kernels import PROBLEMS
from benchmarks.cells import known_case


class Fingerprint:
    """Did the inputs or the oracle of a problem change? Times before and after such a change are not comparable.

    The fingerprint is 48 bits of a hash: a float holds it exactly, and its order has no meaning. The hash covers the
    inputs as float32, and one projection each of the oracle's value and derivative. It uses six digits of a projection,
    since the last digits depend on the release of NumPy and LAPACK. Leaves out the backends.
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
