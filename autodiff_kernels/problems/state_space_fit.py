"""State-space fit to real data: the flow of the Nile in n years as a Gaussian process with noise.

θ = (log lengthscale, log variance, log noise) minimise -log N(y; 0, K + noise·I), with the kernel `matern12` of
`state_space` over the years t. y is the flow minus its mean, divided by its standard deviation.

A program is the whole fit by L-BFGS with the gradients of its mode; in mode `value` it is one call of the objective.
The oracle is the point where the closed-form gradient is zero, found by Newton's method.

Source: Cobb, The problem of the Nile (1978), as statsmodels bundles it (docs/understand/data.md); Durbin & Koopman,
Time Series Analysis by State Space Methods (2012), chapter 2.
"""

from __future__ import annotations

import numpy as np

from autodiff_kernels.data import table
from autodiff_kernels.problems import state_space
from autodiff_kernels.problems.base import Fit, Formulation, Inputs, Problem
from autodiff_kernels.stationary import stationary_point

KERNEL = "matern12"


def inputs(size: int, seed: int = 0) -> Inputs:
    """The first `size` years. The fit starts at lengthscale 10 years, variance 1 and noise ½; nothing is random."""
    year, flow = table("nile")[:size].T
    return Inputs(np.log([10.0, 1.0, 0.5]), {"t": year - year[0], "y": (flow - flow.mean()) / flow.std()})


def _at(inputs: Inputs, point: np.ndarray) -> Inputs:
    """The inputs of `state_space` with the same log-density."""
    return Inputs(np.exp(point), inputs.data)


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The objective at the parameters: shape ()."""
    return -state_space.value(_at(inputs, inputs.parameters), KERNEL)


def gradient(inputs: Inputs, point: np.ndarray) -> np.ndarray:
    """The gradient of the objective in θ, in closed form: shape (3,)."""
    return -state_space.derivative(_at(inputs, point), KERNEL) * np.exp(point)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The fitted parameters: shape (3,)."""
    return stationary_point(lambda point: gradient(inputs, point), OPTIMUM)


#: A point near the minimum for all years.
OPTIMUM = np.array([1.9, -0.5, -0.9])

PROBLEM = Problem(
    name="state_space_fit",
    summary="state-space fit: the flow of the Nile in n years by a Kalman filter and L-BFGS; the whole fit is timed",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        KERNEL: Formulation(
            ("log lengthscale", "log variance", "log noise"),
            sizes=(100,),
            operations=state_space.PROBLEM.formulations[KERNEL].operations,
            steps=lambda size: size,
        )
    },
    fit=Fit(gradient, OPTIMUM),
    size_limits=(50, 100),  # with fewer years some fits do not converge; the table has 100
    invalid=lambda inputs, formulation: state_space.invalid(_at(inputs, inputs.parameters), KERNEL),
    ill_conditioned=lambda inputs, epsilon, tolerance: state_space.ill_conditioned(
        _at(inputs, inputs.parameters), epsilon, tolerance
    ),
)
