"""What a JAX program costs without a clock: counted in its trace, its optimised text and its memory plan."""

from __future__ import annotations

import re
from typing import Any


def _equations(jaxpr: Any) -> int:
    """Equations of a jaxpr and of every jaxpr inside it."""
    inner = (
        candidate
        for equation in jaxpr.eqns
        for parameter in equation.params.values()
        for candidate in (parameter if isinstance(parameter, tuple | list) else (parameter,))
    )
    jaxprs = (getattr(candidate, "jaxpr", candidate) for candidate in inner)
    return len(jaxpr.eqns) + sum(_equations(nested) for nested in jaxprs if hasattr(nested, "eqns"))


def traced_work(closed: Any) -> dict[str, int]:
    """Equations of a closed jaxpr, and how often a float64 or complex128 value stands in it."""
    wide = re.findall(r"\b(?:f64|c128)\[", str(closed))
    return {"equations": _equations(closed.jaxpr), "float64_values": len(wide)}


def instructions(compiled: Any) -> dict[str, int]:
    """Instructions of the optimised program, those inside its fusions included."""
    return {"instructions": len(re.findall(r"^\s+(?:ROOT )?%?[\w.-]+ = ", compiled.as_text(), re.MULTILINE))}


def predicted_memory(compiled: Any) -> dict[str, int]:
    """Bytes that the compiler predicts, or nothing where it does not say."""
    memory = compiled.memory_analysis()
    if memory is None:
        return {}
    return {
        "temporary_bytes": memory.temp_size_in_bytes,
        "argument_bytes": memory.argument_size_in_bytes,
        "output_bytes": memory.output_size_in_bytes,
    }
