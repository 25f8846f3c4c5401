"""The deterministic metrics of a JAX program, from its traced, lowered and optimised texts and its memory plan."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any


def _equations(jaxpr: Any) -> int:
    """The number of equations in a jaxpr and in every jaxpr inside it."""
    inner = (
        candidate
        for equation in jaxpr.eqns
        for parameter in equation.params.values()
        for candidate in (parameter if isinstance(parameter, tuple | list) else (parameter,))
    )
    jaxprs = (getattr(candidate, "jaxpr", candidate) for candidate in inner)
    return len(jaxpr.eqns) + sum(_equations(nested) for nested in jaxprs if hasattr(nested, "eqns"))


def traced_work(closed: Any) -> dict[str, int]:
    """The equations and the float64 or complex128 values of a closed jaxpr."""
    return {"equations": _equations(closed.jaxpr), "float64_values": float64_values(str(closed))}


def compiled_work(traced: Any, lowered: Any, compiled: Any) -> dict[str, int]:
    """Counts from three texts of a program: traced, lowered and optimised.

    The number of equations does not depend on loop lengths and array sizes. The lowered program contains both, so its
    hash is a metric too: 48 bits, exact in a float. Instructions include those inside fusions.
    """
    given, optimised = lowered.as_text(), compiled.as_text()
    work = traced_work(traced.jaxpr)
    return {
        "equations": work["equations"],
        "float64_values": work["float64_values"] + float64_values(given) + float64_values(optimised),
        "program_hash": int.from_bytes(sha256(given.encode()).digest()[:6], "big"),
        "instructions": len(re.findall(r"^\s+(?:ROOT )?%?[\w.-]+ = ", optimised, re.MULTILINE)),
    }


def float64_values(text: str) -> int:
    """Values of type f64 or c128 in a jaxpr (f64[3]), StableHLO (tensor<3xf64>, complex<f64>) or HLO."""
    return len(re.findall(r"\b(?:f64|c128)\[|f64>", text))


def predicted_memory(compiled: Any) -> dict[str, int]:
    """The bytes that the compiler predicts; empty if it predicts none."""
    memory = compiled.memory_analysis()
    if memory is None:
        return {}
    return {
        "temporary_bytes": memory.temp_size_in_bytes,
        "argument_bytes": memory.argument_size_in_bytes,
        "output_bytes": memory.output_size_in_bytes,
    }
