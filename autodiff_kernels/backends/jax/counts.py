"""What a JAX program costs without a clock: counted in its trace, its optimised text and its memory plan."""

from __future__ import annotations

import re
from hashlib import sha256
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
    return {"equations": _equations(closed.jaxpr), "float64_values": _float64_values(str(closed))}


def compiled_work(traced: Any, lowered: Any, compiled: Any) -> dict[str, int]:
    """What a program's three texts tell: as it was traced, as the compiler got it and as it was optimised.

    Equations are blind to how often a loop runs and to the size of anything, so the lowered program, where both stand,
    has a hash: 48 bits, exact in a float. Instructions include those inside fusions.
    """
    given, optimised = lowered.as_text(), compiled.as_text()
    work = traced_work(traced.jaxpr)
    return {
        "equations": work["equations"],
        "float64_values": work["float64_values"] + _float64_values(given) + _float64_values(optimised),
        "program_hash": int.from_bytes(sha256(given.encode()).digest()[:6], "big"),
        "instructions": len(re.findall(r"^\s+(?:ROOT )?%?[\w.-]+ = ", optimised, re.MULTILINE)),
    }


def _float64_values(text: str) -> int:
    """Values of type f64 or c128, as a jaxpr (f64[3]), StableHLO (tensor<3xf64>, complex<f64>) and HLO write it."""
    return len(re.findall(r"\b(?:f64|c128)\[|f64>", text))


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
