"""Gaussian process fit to real data: the last n months of carbon dioxide at Mauna Loa.

θ = (log lengthscale, log variance, log noise) minimise -log N(y; 0, K + noise·I), with the kernel of `mvn` over the
years t. y holds the monthly means minus a fitted straight line, divided by their standard deviation; it is mostly the
seasonal cycle.

A program is the whole fit by L-BFGS with the gradients of its mode; in mode `value` it is one call of the objective.
The oracle is the point where the closed-form gradient is zero, found by Newton's method.

Source: Keeling & Whorf, Atmospheric CO2 concentrations from Mauna Loa (2004), as statsmodels bundles it
(docs/understand/data.md).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from autodiff_kernels.data import table
from autodiff_kernels.problems import mvn
from autodiff_kernels.problems.base import BY_CHOLESKY, Fit, Formulation, Inputs, Operations, Problem, Refusal
from autodiff_kernels.stationary import stationary_point


def inputs(size: int, seed: int = 0) -> Inputs:
    """The last `size` months. The fit starts at lengthscale ½ year, variance 1 and noise 0.1; nothing is random."""
    year, ppm = table("co2").T
    t, level = year[-size:] - year[-size], ppm[-size:]
    left = level - np.polynomial.Polynomial.fit(t, level, 1)(t)
    return Inputs(np.log([0.5, 1.0, 0.1]), {"t": t, "y": left / left.std()})


def _as_mvn(inputs: Inputs, point: np.ndarray) -> Inputs:
    """The inputs of `mvn` with the same log-density; its residual x - mu is y."""
    lengthscale, variance, noise = np.exp(point)
    t = inputs.data["t"]
    return Inputs(np.array([lengthscale, variance]), {"x": t, "mu": t - inputs.data["y"], "noise": np.array(noise)})


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The objective at the parameters: shape ()."""
    return -mvn.value(_as_mvn(inputs, inputs.parameters), "cholesky")


def gradient(inputs: Inputs, point: np.ndarray) -> np.ndarray:
    """The gradient of the objective in θ, in closed form: shape (3,)."""
    return -mvn.derivative_with_noise(_as_mvn(inputs, point)) * np.exp(point)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The fitted parameters: shape (3,)."""
    return np.array(_fitted(inputs.data["t"].tobytes(), inputs.data["y"].tobytes()))


# Cached for all modes: the finite-difference Hessians of this fit take 1 s at n = 240.
@lru_cache(maxsize=4)
def _fitted(t: bytes, y: bytes) -> tuple[float, ...]:
    inputs = Inputs(OPTIMUM, {"t": np.frombuffer(t), "y": np.frombuffer(y)})
    return tuple(stationary_point(lambda point: gradient(inputs, point), OPTIMUM))


#: A point near the minimum, for every size.
OPTIMUM = np.array([-1.7, 0.1, -4.6])

PROBLEM = Problem(
    name="gp_fit",
    summary="Gaussian process fit to n months of carbon dioxide by L-BFGS; the whole fit is timed",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "cholesky": Formulation(
            ("log lengthscale", "log variance", "log noise"),
            sizes=(60, 240),
            operations=lambda size: Operations(value=size**3 / 3 + 6 * size**2, derivative=size**3 + 14 * size**2),
            largest_array=lambda size: size**2,
            refusals=(
                Refusal(
                    "complex_step",
                    "a fit needs correct gradients, and complex step gives wrong ones for the log-density",
                    "scope",
                ),
                *BY_CHOLESKY,
            ),
            custom_rules=frozenset({"jax", "autograd"}),
            lapack=frozenset({"jax"}),
        )
    },
    fit=Fit(gradient, OPTIMUM),
    ill_conditioned=lambda inputs, epsilon, tolerance: mvn.ill_conditioned(
        _as_mvn(inputs, inputs.parameters), epsilon, tolerance
    ),
    size_limits=(12, 521),  # with fewer months some fits do not converge; the table has 521
)
