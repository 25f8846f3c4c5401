"""State-space log-likelihood: a Gaussian process with a Matérn kernel over n times, by a Kalman filter.

log N(y; 0, S), S = K + noise·I, with a = √(2ν) |t - t′| / lengthscale and

    ν = 1/2: K = variance · exp(-a)
    ν = 3/2: K = variance · (1 + a) exp(-a)
    ν = 5/2: K = variance · (1 + a + a²/3) exp(-a)

The process and its first ν - ½ derivatives x form a Markov process. With a[i] = √(2ν) (t[i] - t[i-1]) / lengthscale,
the transition A[i] = exp(a[i] F), and the stationary covariance C,

    m⁻ = A m,   P⁻ = A (P - C) Aᵀ + C,   s = P⁻[0, 0] + noise,   v = y - m⁻[0],   g = P⁻[:, 0] / s
    m = m⁻ + g v,   P = P⁻ - g P⁻[0, :],   log N = -½ Σ log(2π s) + v² / s

Formulations
- `matern32`, `matern12`, `matern52`: the filter as a loop over the times.
- `unrolled`: the filter of `matern32`, its steps written one after the other.
- `dense`: the same log-density as `matern32`, by the Cholesky factor of S.

Source: Hartikainen & Särkkä, Kalman filtering and smoothing solutions to temporal Gaussian process regression models
(2010), and Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), section 4.2.1.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from autodiff_kernels.banded import LogDensity, log_density
from autodiff_kernels.conditioning import too_close_to_singular
from autodiff_kernels.problems.base import BY_CHOLESKY, Formulation, Inputs, Operations, Problem

#: ν - ½ of each formulation: the number of derivatives in the state.
ORDERS = {"matern32": 1, "matern12": 0, "matern52": 2, "unrolled": 1, "dense": 1}
#: The kernel is zero to working precision where a is larger.
REACH = 48.0
#: The most points within reach of each other that the oracle takes.
MOST_NEIGHBOURS = 2000


def inputs(size: int, seed: int = 0) -> Inputs:
    """`size` times, 0.1 to 0.4 apart, and a noisy sine."""
    generator = np.random.default_rng(seed)
    t = np.cumsum(generator.uniform(0.1, 0.4, size))
    y = np.sin(2 * t) + 0.5 * generator.standard_normal(size)
    return Inputs(np.array([0.8, 1.7, 0.3]), {"t": t, "y": y})


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The log-density: shape ()."""
    return np.asarray(_log_density(inputs, formulation).value)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in (lengthscale, variance, noise): shape (3,)."""
    return _log_density(inputs, formulation).gradient


def _log_density(inputs: Inputs, formulation: str) -> LogDensity:
    """By the covariance matrix, which vanishes for times that are far apart. No backend uses this method."""
    data = inputs.data
    return _cached(ORDERS[formulation], *map(float, inputs.parameters), data["t"].tobytes(), data["y"].tobytes())


@lru_cache(maxsize=2)
def _cached(order: int, lengthscale: float, variance: float, noise: float, t: bytes, y: bytes) -> LogDensity:
    times, rate = np.frombuffer(t), math.sqrt(2 * order + 1) / lengthscale

    def distances(rows: slice, columns: slice) -> np.ndarray:
        return rate * np.abs(np.subtract.outer(times[rows], times[columns]))

    def correlation(rows: slice, columns: slice) -> np.ndarray:
        a = distances(rows, columns)
        return (1.0, 1 + a, 1 + a + a**2 / 3)[order] * np.exp(-a)

    def identity(rows: slice, columns: slice) -> np.ndarray:
        return np.equal.outer(np.arange(times.size)[rows], np.arange(times.size)[columns]).astype(np.float64)

    def covariance(rows: slice, columns: slice) -> np.ndarray:
        return variance * correlation(rows, columns) + noise * identity(rows, columns)

    def in_lengthscale(rows: slice, columns: slice) -> np.ndarray:
        a = distances(rows, columns)
        return variance / lengthscale * (a, a**2, a**2 * (1 + a) / 3)[order] * np.exp(-a)

    block = _neighbours(times, REACH / rate)
    return log_density(np.frombuffer(y), block, covariance, [in_lengthscale, correlation, identity])


def _neighbours(times: np.ndarray, reach: float) -> int:
    """The largest number of points within `reach` after a point, and at least one."""
    return max(1, int(np.max(np.searchsorted(times, times + reach, side="right") - np.arange(times.size) - 1)))


def invalid(inputs: Inputs, formulation: str) -> str | None:
    """Times that decrease, or more points close together than the oracle takes."""
    t, lengthscale = inputs.data["t"], inputs.parameters[0]
    if np.any(np.diff(t) < 0):
        return "t decreases: expected times in ascending order"
    neighbours = _neighbours(t.astype(np.float64), REACH * float(lengthscale) / math.sqrt(2 * ORDERS[formulation] + 1))
    if neighbours > MOST_NEIGHBOURS:
        return (
            f"lengthscale = {lengthscale:g} reaches over {neighbours} of these times: expected at most "
            f"{MOST_NEIGHBOURS}, which the check of the result takes"
        )
    return None


def ill_conditioned(inputs: Inputs, epsilon: float, tolerance: float) -> str | None:
    """Why no program can meet the tolerance, or None. The largest eigenvalue is at most the largest sum of a row."""
    lengthscale, variance, noise = map(float, inputs.parameters)
    t = inputs.data["t"]
    largest = noise + variance * min(t.size, 2 * _neighbours(t, 3 * lengthscale) + 1)
    return too_close_to_singular((noise, largest), t.size, noise, epsilon, tolerance)


def _operations(order: int) -> Operations:
    """For each step: of the state x with k entries, two products of k × k matrices, and the update.

    The explicit gradient has a filter, and tangents in two parameters, each of which needs one more product.
    """
    k = order + 1
    step = 4 * k**3 + 6 * k**2 + 6 * k + 8
    return Operations(value=step, derivative=3 * step + 4 * k**3)


def _filter(order: int) -> Formulation:
    operations = _operations(order)
    return Formulation(
        ("lengthscale", "variance", "noise"),
        sizes=(10, 100, 1_000, 10_000),
        operations=lambda size: Operations(size * operations.value, size * operations.derivative),
        steps=lambda size: size,
        # The transitions of all steps.
        largest_array=lambda size: size * (order + 1) ** 2,
        positive=frozenset({"lengthscale", "variance", "noise"}),
        float32_tolerance=1e-3,
        terms_of_difference=lambda size: size,
        checkpoints=frozenset({"jax", "autograd"}),
    )


_MATERN32 = _filter(1)

PROBLEM = Problem(
    name="state_space",
    summary="state-space log-likelihood: a Gaussian process with a Matérn kernel over n times, by a Kalman filter",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "matern32": _MATERN32,
        "matern12": replace(_filter(0), sizes=(10, 100, 10_000)),
        "matern52": replace(_filter(2), sizes=(10, 100, 10_000)),
        "unrolled": replace(_MATERN32, sizes=(10, 100), checkpoints=frozenset()),
        "dense": replace(
            _MATERN32,
            sizes=(10, 100, 1_000),
            operations=lambda size: Operations(value=size**3 / 3 + 8 * size**2, derivative=size**3 + 16 * size**2),
            steps=None,
            largest_array=lambda size: size**2,
            checkpoints=frozenset(),
            refusals=BY_CHOLESKY,
        ),
    },
    invalid=invalid,
    ill_conditioned=ill_conditioned,
)
