"""Why timed cells and their stages do not run: `python -m benchmarks.reasons` prints {cell: reason} as JSON.

This module imports no backend, because `asv publish` runs it while it builds the dashboard.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator

from autodiff_kernels import why_unsupported
from benchmarks import cells
from benchmarks.stages import STAGES

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
    """Each cell that does not run, by its name in ASV, with its reason."""
    for benchmark, kind in TIMED.items():
        for combination in itertools.product(*kind.params):
            try:
                case = kind().case(*combination)
            except NotImplementedError as error:
                subject, _, words = str(error).partition(": ")
                yield _name(benchmark, combination), words if words and " " not in subject else str(error)
                continue
            if reason := why_unsupported(case):
                yield _name(benchmark, combination), reason
            elif not case.jit:
                staged = f"stages.{kind.__name__}.time_stage"
                for stage in STAGES[:-1]:  # every program has a first call
                    yield _name(staged, (*combination, stage)), f"{case.backend} has no stage {stage}"


def _name(benchmark: str, combination: Iterable[object]) -> str:
    return f"{benchmark}({', '.join(map(repr, combination))})"


if __name__ == "__main__":
    json.dump(dict(reasons()), sys.stdout)
