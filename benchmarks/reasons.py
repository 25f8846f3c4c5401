"""Why timed cells and their stages do not run: `python -m benchmarks.reasons` prints {cell: reason} as JSON.

This module imports no backend, because `asv publish` runs it while it builds the dashboard.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator

from autodiff_kernels import why_unsupported
from benchmarks.quantities import STAGES
from benchmarks.table import ROWS


def reasons() -> Iterator[tuple[str, str]]:
    """Each cell that does not run, by its name in ASV, with its reason."""
    for row in ROWS.values():
        if not row.stages:
            continue
        benchmark = f"gradients.{row.name}.{row.method}"
        for combination in itertools.product(*row.parameters.values()):
            try:
                case = row.case(*combination)
            except NotImplementedError as error:
                subject, _, words = str(error).partition(": ")
                yield _name(benchmark, combination), words if words and " " not in subject else str(error)
                continue
            if reason := why_unsupported(case):
                yield _name(benchmark, combination), reason
            elif not case.jit:
                staged = f"stages.{row.name}.time_stage"
                for stage in STAGES[:-1]:  # every program has a first call
                    yield _name(staged, (*combination, stage)), f"{case.backend} has no stage {stage}"


def _name(benchmark: str, combination: Iterable[object]) -> str:
    return f"{benchmark}({', '.join(map(repr, combination))})"


if __name__ == "__main__":
    json.dump(dict(reasons()), sys.stdout)
