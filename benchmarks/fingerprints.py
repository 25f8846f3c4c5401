"""Is a problem still the same? Two commits with the same inputs and oracle for a problem have the same fingerprint."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from autodiff_kernels import PROBLEMS
from benchmarks.rows import known_case
from benchmarks.table import ROWS


def _measured_inputs(problem: Any, formulation: str, size: int) -> Any:
    """The inputs of a formulation; in an older commit, all formulations of a problem share them."""
    of_formulation = getattr(problem, "measured_inputs", None)
    return of_formulation(formulation, size) if of_formulation else problem.inputs(size, 0)


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
    params = [[f"{row.fixed['problem']}/{which}" for row in ROWS.values() for which in row.fingerprints]]

    def track_fingerprint(self, cell: str) -> int:
        name, formulation, size = cell.split("/")
        known_case(problem=name, backend="jax", mode="value", size=int(size), formulation=formulation)
        problem = PROBLEMS[name]
        inputs = _measured_inputs(problem, formulation, int(size))
        digest = sha256(inputs.parameters.astype(np.float32).tobytes())
        for key, array in sorted(inputs.data.items()):
            digest.update(key.encode() + array.astype(np.float32).tobytes())
        for oracle in (problem.value, problem.derivative):
            exact = np.ravel(oracle(inputs, formulation))
            digest.update(f"{exact @ np.cos(np.arange(exact.size)):.5e}".encode())
        return int.from_bytes(digest.digest()[:6], "big")
