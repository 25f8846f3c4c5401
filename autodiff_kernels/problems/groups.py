"""Log-likelihood of a Poisson regression with random effects for each of G groups, ten rows in a group on average.

ℓ = Σ_rows y η - exp(η) - ½ Σ u²,   η[i] = Σ_j z[i, j] u[group[i], j]

∂ℓ/∂u[g, j] = Σ_{i in group g} z[i, j] (y[i] - exp(η[i])) - u[g, j]

The objective gathers the effects of each row's group; the gradient adds the rows of each group up.

Formulations
- `intercepts`: one effect for each group, z = 1.
- `slopes`: q = 3 effects for each group.
- `interpolated`: not groups but values u at the G knots of a grid; y is read between the knots at x,

    f = -½ Σ_rows (y[i] - (1 - w) u[k] - w u[k + 1])² - ½ Σ u²,   k = floor(x[i]),   w = x[i] - k

Source: McCulloch, Searle & Neuhaus, Generalized, Linear, and Mixed Models (2008), section 7.4.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem

#: Rows for each group, on average.
ROWS = 10
#: The largest predictor: exp of more leaves the range of float32.
LARGEST = 80.0


def inputs(size: int, seed: int = 0, *, effects: int = 1) -> Inputs:
    """Effects normal around 0, of groups that the rows draw at random; the effects of a group stand in a row."""
    generator = np.random.default_rng(seed)
    group = generator.integers(0, size, ROWS * size, dtype=np.int32)
    z = np.ones((ROWS * size, effects))
    z[:, 1:] = generator.uniform(-1, 1, (ROWS * size, effects - 1))
    u = 0.5 * generator.standard_normal(size * effects)
    counts = generator.poisson(2.0, ROWS * size).astype(np.float64)
    return Inputs(u, {"group": group, "z": z, "y": counts})


def inputs_of_knots(size: int, seed: int = 0) -> Inputs:
    """Values normal around 0 at `size` knots, and rows uniform between the first and the last one."""
    generator = np.random.default_rng(seed)
    knots = generator.standard_normal(size)
    x = generator.uniform(0, size - 1, ROWS * size)
    return Inputs(knots, {"knot": np.floor(x).astype(np.int32), "w": x - np.floor(x), "y": generator.random(x.size)})


def _design(inputs: Inputs, formulation: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each term of the predictor: the number of the effect in each row, and what it is multiplied by."""
    data = inputs.data
    if formulation == "interpolated":
        return [(data["knot"], 1 - data["w"]), (data["knot"] + 1, data["w"])]
    effects = data["z"].shape[1]
    return [(data["group"].astype(np.int64) * effects + effect, data["z"][:, effect]) for effect in range(effects)]


def _predictor(inputs: Inputs, formulation: str) -> np.ndarray:
    terms = [np.take(inputs.parameters, number) * times for number, times in _design(inputs, formulation)]
    return np.sum(terms, axis=0)


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The log-likelihood, without the constant: shape ()."""
    predictor, y, u = _predictor(inputs, formulation), inputs.data["y"], inputs.parameters
    rows = -0.5 * (y - predictor) ** 2 if formulation == "interpolated" else y * predictor - np.exp(predictor)
    return np.asarray(rows.sum() - 0.5 * u @ u)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in all effects, from rows in the order of their groups: shape (G q,)."""
    predictor, y = _predictor(inputs, formulation), inputs.data["y"]
    residual = y - (predictor if formulation == "interpolated" else np.exp(predictor))
    total = -inputs.parameters
    for number, times in _design(inputs, formulation):
        order = np.argsort(number, kind="stable")
        first = np.searchsorted(number[order], np.arange(total.size + 1))
        sums = np.concatenate([[0.0], np.cumsum((residual * times)[order].astype(np.longdouble))])
        total = total + (sums[first[1:]] - sums[first[:-1]]).astype(np.float64)
    return total


def invalid(inputs: Inputs, formulation: str) -> str | None:
    """A group or a knot that does not exist, a count that is none, or a predictor out of range."""
    data = inputs.data
    name, count = ("knot", inputs.parameters.size - 1) if formulation == "interpolated" else ("group", None)
    count = inputs.parameters.size // data["z"].shape[1] if count is None else count
    if np.any((data[name] < 0) | (data[name] >= count)):
        wrong = data[name][(data[name] < 0) | (data[name] >= count)][0]
        return f"{name} contains {wrong}: expected numbers from 0 to {count - 1}"
    if formulation == "interpolated":
        return None
    if np.any((data["y"] < 0) | (data["y"] != np.floor(data["y"]))):
        wrong = data["y"][(data["y"] < 0) | (data["y"] != np.floor(data["y"]))][0]
        return f"y contains {wrong:g}: expected counts, whole numbers of at least 0"
    if np.max(predictor := _predictor(inputs, formulation)) > LARGEST:
        return f"the largest predictor is {np.max(predictor):.3g}: expected at most {LARGEST:g}"
    return None


def _of(effects: int) -> Formulation:
    return Formulation(
        ("u",),
        sizes=(10, 100, 10_000, 100_000),
        # For each row: a product and a sum for each effect, an exponential, and three more; the gradient as many again.
        operations=lambda size: Operations(
            value=ROWS * size * (2 * effects + 4), derivative=ROWS * size * (4 * effects + 3)
        ),
        inputs=partial(inputs, effects=effects),
        largest_array=lambda size: ROWS * size * effects,
        parameters_of_size=lambda size: size * effects,
        blocks=lambda size: (size * effects,),
        float32_tolerance=1e-4,
        terms_of_difference=lambda size: ROWS * size,
    )


PROBLEM = Problem(
    name="groups",
    summary="log-likelihood of a Poisson regression with random effects for each of G groups",
    size_name="G",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "intercepts": _of(1),
        "slopes": _of(3),
        "interpolated": replace(
            _of(1),
            inputs=inputs_of_knots,
            # Two reads for each row, whose addresses count too, two products, and a square; the gradient writes two.
            operations=lambda size: Operations(value=ROWS * size * 12, derivative=ROWS * size * 18),
        ),
    },
    size_limits=(2, 10**8),
    invalid=invalid,
)
