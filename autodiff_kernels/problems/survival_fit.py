"""Survival fit to real data: a Weibull regression of the Stanford heart transplants on age.

S(t) = exp(-(t / λ)^ρ), λ = exp(level + slope · a), a = (age - 50) / 10; θ = (level, slope, log ρ) minimise
-Σ died · (log ρ - log t + z) + Σ exp(z),   z = ρ (log t - level - slope · a)

A program is the whole fit by L-BFGS with the gradients of its mode; in mode `value` it is one call of the objective.
The oracle is the point where the closed-form gradient is zero, found by Newton's method.

Source: Miller, Least squares regression with censored data, Biometrika 63 (1976), as statsmodels bundles it
(docs/understand/data.md); the model is that of Klein & Moeschberger, Survival Analysis (2003), section 12.2.
"""

from __future__ import annotations

import numpy as np

from autodiff_kernels.data import table
from autodiff_kernels.problems.base import Fit, Formulation, Inputs, Operations, Problem
from autodiff_kernels.stationary import stationary_point


def inputs(size: int, seed: int = 0) -> Inputs:
    """The first `size` patients. The fit starts at λ = exp(6) = 403 days and ρ = 1; nothing is random."""
    days, died, age = table("heart")[:size].T
    return Inputs(np.array([6.0, 0.0, 0.0]), {"t": days, "died": died, "a": (age - 50) / 10})


def _scaled(inputs: Inputs, point: np.ndarray) -> np.ndarray:
    """z: shape (n,)."""
    level, slope, log_rho = point
    return np.exp(log_rho) * (np.log(inputs.data["t"]) - level - slope * inputs.data["a"])


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The objective at the parameters: shape ()."""
    z, died, t = _scaled(inputs, inputs.parameters), inputs.data["died"], inputs.data["t"]
    return np.asarray(np.sum(np.exp(z)) - died @ (inputs.parameters[2] - np.log(t) + z))


def gradient(inputs: Inputs, point: np.ndarray) -> np.ndarray:
    """The gradient of the objective in θ, in closed form: shape (3,)."""
    z, died = _scaled(inputs, point), inputs.data["died"]
    weights = np.exp(z) - died
    rho = np.exp(point[2])
    return np.array([-rho * weights.sum(), -rho * (weights @ inputs.data["a"]), weights @ z - died.sum()])


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The fitted parameters: shape (3,)."""
    return stationary_point(lambda point: gradient(inputs, point), OPTIMUM)


#: A point near the minimum for all patients.
OPTIMUM = np.array([6.0, -1.0, -0.5])

PROBLEM = Problem(
    name="survival_fit",
    summary="survival fit: a Weibull regression of n heart transplants by L-BFGS; the whole fit is timed",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "weibull": Formulation(
            ("level", "slope", "log rho"),
            sizes=(69,),
            # About ten per patient: a logarithm, an exponential, three products, and sums. The gradient takes six more.
            operations=lambda size: Operations(value=10 * size, derivative=16 * size),
            positive=frozenset({"t"}),
        )
    },
    fit=Fit(gradient, OPTIMUM),
    size_limits=(15, 69),  # with fewer patients some fits do not converge; the table has 69
)
