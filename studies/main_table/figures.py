"""The figures of the main table."""

from __future__ import annotations

from typing import Any

from autodiff_kernels import Case

Data = dict[str, Any]


def ratio(main: Data, problem: str, backend: str, mode: str, other: str) -> str:
    """The time of `mode` over that of `other`, in a row of the main table."""
    (seconds,) = (row["seconds"] for row in main["rows"] if (row["problem"], row["backend"]) == (problem, backend))
    return f"{seconds[mode] / seconds[other]:.1f}"


def timeline_reverse_memory(main: Data) -> str:
    """The memory that JAX's reverse mode would need for the timeline Jacobian, 40,000 × 2; computed, not measured."""
    case = Case.parse("timeline/jax/reverse/m=40000")
    return f"{case.output_count**2 * case.parameter_count * 8 / 1e9:.1f} GB"


def computed(main: Data) -> Data:
    """The provenance of a figure that is computed: the command that prints it, and neither commit nor date."""
    return {"command": "autodiff-kernels list --problem timeline", "commit": "", "date": ""}
