"""Decay Jacobian: sums of n exponential decays at m times, in the n rates, with m n = 80,000; from wide to tall.

y[i] = Σₖ exp(-rate[k] t[i]),   ∂y[i]/∂rate[k] = -t[i] exp(-rate[k] t[i])

For every shape the objective evaluates m n exponentials and the Jacobian has m n entries. Only the number of passes
differs: n forward or m reverse.
"""

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem

#: m n, the same for every m.
ENTRIES = 80_000


def inputs(size: int, seed: int = 0, *, entries: int = ENTRIES) -> Inputs:
    """`size` times in [1, 2] and `entries` / `size` rates, uniform in [½, 3/2)."""
    generator = np.random.default_rng(seed)
    return Inputs(generator.random(max(entries // size, 1)) + 0.5, {"t": np.linspace(1, 2, size)})


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The sums: shape (m,)."""
    return np.array([np.sum(np.exp(-inputs.parameters * t)) for t in inputs.data["t"]])


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The Jacobian in the rates: shape (m, n)."""
    return np.array([-t * np.exp(-inputs.parameters * t) for t in inputs.data["t"]])


PROBLEM = Problem(
    name="decays",
    summary=f"decay Jacobian: sums of n exponential decays at m times, in n rates; m n = {ENTRIES:,}",
    size_name="m",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "standard": Formulation(
            ("rate",),
            sizes=(2, 100, 400, 2_000, 40_000),
            # A product, an exponential and a sum for each entry; the Jacobian has a second product and no sum.
            operations=lambda size: Operations(value=3 * ENTRIES, derivative=3 * ENTRIES),
            output_shape=lambda size: (size,),
            # A compiler sums without storing the terms. Without a compiler the array has m n entries, which is small.
            largest_array=lambda size: size,
            positive=frozenset({"rate"}),
            parameters_of_size=lambda size: max(ENTRIES // size, 1),
            # One decay is a small part of its sum.
            terms_of_difference=lambda size: max(ENTRIES // size, 1),
        )
    },
)
