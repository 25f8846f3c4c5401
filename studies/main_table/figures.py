"""The figures of the main table: ratios of two modes."""

from __future__ import annotations

from typing import Any

from autodiff_kernels import Case

Data = dict[str, Any]
_LARGE, _TIMELINE = "MVN log-density, n = 1000", "timeline Jacobian, 40,000 × 2"


def _ratio(main: Data, problem: str, backend: str, mode: str, other: str = "explicit") -> str:
    """The time of `mode` over that of `other`, in a row of the main table."""
    (seconds,) = (row["seconds"] for row in main["rows"] if (row["problem"], row["backend"]) == (problem, backend))
    return f"{seconds[mode] / seconds[other]:.1f}"


def jax_reverse_over_explicit(main: Data) -> str:
    """MVN log-density, n = 1000."""
    return _ratio(main, _LARGE, "jax", "reverse")


def autograd_reverse_over_explicit(main: Data) -> str:
    """MVN log-density, n = 1000."""
    return _ratio(main, _LARGE, "autograd", "reverse")


def jax_custom_rule_over_explicit(main: Data) -> str:
    """MVN log-density, n = 1000."""
    return _ratio(main, _LARGE, "jax", "custom_rule")


def autograd_custom_rule_over_explicit(main: Data) -> str:
    """MVN log-density, n = 1000."""
    return _ratio(main, _LARGE, "autograd", "custom_rule")


def jax_forward_over_explicit(main: Data) -> str:
    """Timeline Jacobian, 40,000 × 2."""
    return _ratio(main, _TIMELINE, "jax", "forward")


def autograd_forward_over_explicit(main: Data) -> str:
    """Timeline Jacobian, 40,000 × 2."""
    return _ratio(main, _TIMELINE, "autograd", "forward")


def timeline_reverse_memory(main: Data) -> str:
    """The memory that JAX's reverse mode would need for the timeline Jacobian, 40,000 × 2; computed, not measured."""
    case = Case.parse("timeline/jax/reverse/m=40000")
    return f"{case.output_count**2 * case.parameter_count * 8 / 1e9:.1f} GB"


def computed(main: Data) -> Data:
    """The provenance of a figure that is computed: the command that prints it, and neither commit nor date."""
    return {"command": "autodiff-kernels list --problem timeline", "commit": "", "date": ""}
