"""Mean-field magnetisation: a fixed point of n equations, found by iteration.

m = tanh(coupling · W m + field · b),   f = mean of m

With D = diag(1 - m²), the implicit function theorem gives

    λ = 1/n + coupling · Wᵀ D λ,   ∂f/∂coupling = λᵀ D W m,   ∂f/∂field = λᵀ D b

Formulations
- `until`: m ← tanh(…) from m = 0, until no entry changes by more than a few times epsilon.
- `bounded`: the same for a fixed number of iterations.

Source: Opper & Saad, Advanced Mean Field Methods (2001), chapter 2; Griewank & Walther, Evaluating Derivatives (2008),
chapter 15.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem, Refusal

#: The iterations of `bounded`, and the largest contraction for which they are enough.
ITERATIONS, CONTRACTION = 64, 0.6


def inputs(size: int, seed: int = 0) -> Inputs:
    """Weights whose rows add up to one, and b uniform in [½, 1)."""
    generator = np.random.default_rng(seed)
    weights = generator.random((size, size))
    return Inputs(
        np.array([0.55, 0.4]),
        {"weights": weights / weights.sum(axis=1, keepdims=True), "b": 0.5 + 0.5 * generator.random(size)},
    )


def _fixed_point(inputs: Inputs) -> np.ndarray:
    """m by Newton's method: shape (n,). No backend uses this method."""
    coupling, field = inputs.parameters
    weights, b = inputs.data["weights"], inputs.data["b"]
    m = np.tanh(field * b)
    for _ in range(50):
        reached = np.tanh(coupling * weights @ m + field * b)
        change = np.linalg.solve(_jacobian(inputs, reached), reached - m)
        m = m + change
        if np.max(np.abs(change)) < 1e-15:
            break
    return m


def _jacobian(inputs: Inputs, m: np.ndarray) -> np.ndarray:
    """∂(m - tanh(…))/∂m: shape (n, n)."""
    return np.eye(m.size) - inputs.parameters[0] * (1 - m**2)[:, None] * inputs.data["weights"]


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The mean of m: shape ()."""
    return np.mean(_fixed_point(inputs))


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in (coupling, field), by a linear system: shape (2,)."""
    m = _fixed_point(inputs)
    slopes = (1 - m**2)[:, None] * np.column_stack([inputs.data["weights"] @ m, inputs.data["b"]])
    return np.mean(np.linalg.solve(_jacobian(inputs, m), slopes), axis=0)


def invalid(inputs: Inputs, formulation: str) -> str | None:
    """Why the iteration may not converge, or not within the fixed number of iterations."""
    contraction = abs(inputs.parameters[0]) * np.max(np.sum(np.abs(inputs.data["weights"]), axis=1))
    if contraction > CONTRACTION:
        return (
            f"coupling times the largest sum of a row of weights is {contraction:.3g}: expected at most {CONTRACTION}, "
            "so that the iteration converges"
        )
    return None


_UNTIL = Formulation(
    ("coupling", "field"),
    sizes=(10, 100, 1_000),
    # Some 40 products of W and a vector; the adjoint iterates as often.
    operations=lambda size: Operations(value=80 * size**2, derivative=160 * size**2),
    largest_array=lambda size: size,
    data_entries=lambda size: size**2,
    float32_tolerance=1e-4,
    custom_rules=frozenset({"jax", "autograd"}),
    refusals=tuple(
        Refusal(
            mode,
            "JAX has no reverse mode for while_loop, whose number of iterations is not known before it runs",
            "raises",
            "jax",
            "Reverse-mode differentiation does not work for lax.while_loop",
            only_compiled=True,
        )
        for mode in ("reverse", "double_reverse")
    ),
)

PROBLEM = Problem(
    name="fixed_point",
    summary="mean-field magnetisation: a fixed point of n equations by iteration; gradient in (coupling, field)",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "until": _UNTIL,
        "bounded": replace(
            _UNTIL,
            operations=lambda size: Operations(
                value=2 * ITERATIONS * size**2, derivative=2 * ITERATIONS * size**2 + 80 * size**2
            ),
            custom_rules=frozenset(),
            refusals=(),
        ),
    },
    invalid=invalid,
)
