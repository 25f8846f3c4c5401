"""The short tables of docs/findings/releases.md: the largest findings about releases.

Each number comes from the summary.json that `python -m releases` wrote for a package.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from studies.documents import ROOT, Table

COLUMNS = ("cell", "from → to", "new ÷ old", "slower up to")


class Step(NamedTuple):
    """A cell, and the two releases of a package between which it changed."""

    label: str
    cell: str
    before: str
    after: str
    package: str = "jax"


_MATRIX_32 = "gradients.RBFCovariance.time_gradient(300, 'jax', 'reverse', 'float32')"
_KERNEL, _MVN = (
    "gradients.RBFKernel.time_gradient(1, '{}', 'reverse', 'float64')",
    ("gradients.MVNLogDensity.time_gradient(3, '{}', 'reverse', 'float64')"),
)
_COMPILE = "stages.MVNLogDensity.time_stage(3, 'jax', 'reverse', 'float64', 'compile')"
_EXP = "controls.Control.time_control('exponential')"
_MATRIX_LABEL = "RBF matrix, reverse, n = 300, float32"
_KERNEL_LABEL, _MVN_LABEL = "RBF kernel, reverse, d = 1", "MVN log-density, reverse, n = 3"

JAX = (
    *(
        Step(_MATRIX_LABEL, _MATRIX_32, before, after)
        for before, after in (
            ("0.4.31", "0.4.38"),
            ("0.4.38", "0.5.3"),
            ("0.5.3", "0.6.2"),
            ("0.7.2", "0.8.2"),
            ("0.8.2", "0.9.2"),
            ("0.4.31", "0.12.0.1"),
        )
    ),
    Step(_KERNEL_LABEL, _KERNEL.format("jax"), "0.7.2", "0.8.2"),
    Step(_KERNEL_LABEL, _KERNEL.format("jax"), "0.8.2", "0.9.2"),
    Step(_KERNEL_LABEL, _KERNEL.format("jax"), "0.4.31", "0.12.0.1"),
    Step(_MVN_LABEL, _MVN.format("jax"), "0.7.2", "0.12.0.1"),
    Step(_MVN_LABEL, _MVN.format("jax"), "0.4.31", "0.12.0.1"),
    Step("compiling the MVN log-density, reverse, n = 3", _COMPILE, "0.4.31", "0.12.0.1"),
)
OTHERS = (
    Step(f"{_KERNEL_LABEL}, autograd", _KERNEL.format("autograd"), "1.8.0", "1.9.1", "autograd"),
    Step(f"{_MVN_LABEL}, autograd", _MVN.format("autograd"), "1.5", "1.9.1", "autograd"),
    Step(f"{_KERNEL_LABEL}, autograd", _KERNEL.format("autograd"), "2.1.3", "2.2.6", "numpy"),
    Step(f"{_KERNEL_LABEL}, autograd", _KERNEL.format("autograd"), "1.26.0", "2.5.5", "numpy"),
    Step(f"{_MVN_LABEL}, autograd", _MVN.format("autograd"), "2.1.3", "2.2.6", "numpy"),
    Step("`np.exp` of 100,000 numbers", _EXP, "1.26.4", "2.0.1", "numpy"),
    Step("`np.exp` of 100,000 numbers", _EXP, "1.26.0", "2.5.5", "numpy"),
)
PACKAGES = {"jax": "JAX", "autograd": "autograd", "numpy": "NumPy"}


def jax(data: dict[str, Any]) -> list[Table]:
    """The table of findings about JAX."""
    return [_table(JAX)]


def others(data: dict[str, Any]) -> list[Table]:
    """The table of findings about autograd and NumPy."""
    return [_table(OTHERS)]


def jax_shape() -> tuple[tuple[int, int], ...]:
    """A row for each step of JAX."""
    return ((len(JAX), len(COLUMNS)),)


def others_shape() -> tuple[tuple[int, int], ...]:
    """A row for each step of autograd and NumPy."""
    return ((len(OTHERS), len(COLUMNS)),)


def _table(steps: Sequence[Step]) -> Table:
    return Table(COLUMNS, [_row(step) for step in steps])


def _row(step: Step) -> list[str]:
    found = finding(step)
    low, high = found["interval"]
    slower = (found["last_slow"] or "now") if found["effect"] == "regression" else ""
    versions = f"{PACKAGES[step.package]} {step.before} → {step.after}"
    return [step.label, versions, f"{found['ratio']:.2f} ({low:.2f} to {high:.2f})", slower]


def finding(step: Step) -> dict[str, Any]:
    """The confirmed finding about a step; raises LookupError if the summary has none."""
    summary = json.loads((ROOT / "docs" / "findings" / step.package / "summary.json").read_text(encoding="utf-8"))
    for found in summary["findings"]:
        if (found["cell"], found["before"], found["after"]) == step[1:4] and found["state"] == "confirmed":
            return dict(found)
    raise LookupError(f"{step.package}: no confirmed finding about {step.cell} from {step.before} to {step.after}")


def jax_matrix_slowest(data: dict[str, Any]) -> str:
    """The largest slowdown of the float32 gradient of the RBF matrix: JAX 0.4.38 over 0.4.31."""
    return f"{finding(JAX[0])['ratio']:.2f}"
