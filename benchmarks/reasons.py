"""Why cells of the timed benchmarks do not run: `python -m benchmarks.reasons` prints {cell: reason} as JSON.

Imports no backend: the dashboard asks for this while it is made.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator

from autodiff_kernels import why_unsupported
from benchmarks import cells

#: The timed benchmark of each problem.
TIMED = {
    "gradients.RBFKernel.time_gradient": cells.RBFKernel,
    "gradients.RBFCovariance.time_gradient": cells.RBFCovariance,
    "gradients.RBFCovarianceJacobian.time_jacobian": cells.RBFCovarianceJacobian,
    "gradients.MVNLogDensity.time_gradient": cells.MVNLogDensity,
    "gradients.MVNSecondOrder.time_derivative": cells.MVNSecondOrder,
    "gradients.MVNTextbook.time_gradient": cells.MVNTextbook,
    "gradients.TimelineJacobian.time_jacobian": cells.TimelineJacobian,
    "gradients.ARDLogDensity.time_gradient": cells.ARDLogDensity,
    "gradients.DecayJacobian.time_jacobian": cells.DecayJacobian,
    "gradients.GPFit.time_fit": cells.GPFit,
    "gradients.SurvivalFit.time_fit": cells.SurvivalFit,
}


def reasons() -> Iterator[tuple[str, str]]:
    """Each cell that does not run, by the name that ASV gives it, with its reason."""
    for benchmark, kind in TIMED.items():
        for combination in itertools.product(*kind.params):
            try:
                reason = why_unsupported(kind().case(*combination))
            except NotImplementedError as error:
                case, _, words = str(error).partition(": ")
                reason = words if words and " " not in case else str(error)
            if reason:
                yield f"{benchmark}({', '.join(map(repr, combination))})", reason


if __name__ == "__main__":
    json.dump(dict(reasons()), sys.stdout)
