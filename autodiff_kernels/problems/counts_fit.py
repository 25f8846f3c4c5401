"""Fit of counts to real data: a negative binomial regression of visits to a doctor, of n people.

(β, log r) minimise the negative log-likelihood of `counts`. The covariates are one, the logarithm of the coinsurance
rate, and the number of chronic diseases divided by ten.

A program is the whole fit by L-BFGS with the gradients of its mode; in mode `value` it is one call of the objective.
The oracle is the point where the closed-form gradient is zero, found by Newton's method.

Source: the RAND Health Insurance Experiment, as statsmodels bundles it (docs/understand/data.md); Cameron & Trivedi,
Regression Analysis of Count Data (2013), section 3.3.
"""

from __future__ import annotations

import numpy as np

from autodiff_kernels.data import table
from autodiff_kernels.problems import counts
from autodiff_kernels.problems.base import Fit, Formulation, Inputs, Operations, Problem
from autodiff_kernels.stationary import stationary_point

FORMULATION = "negative_binomial"


def inputs(size: int, seed: int = 0) -> Inputs:
    """The first `size` people. The fit starts at β = 0 and r = 1; nothing is random."""
    visits, coinsurance, diseases = table("randhie")[:size].T
    return Inputs(np.zeros(4), {"x": np.column_stack([np.ones(size), coinsurance, diseases / 10]), "y": visits})


def _at(inputs: Inputs, point: np.ndarray) -> Inputs:
    return Inputs(point, inputs.data)


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The objective at the parameters: shape ()."""
    return -counts.value(inputs, FORMULATION)


def gradient(inputs: Inputs, point: np.ndarray) -> np.ndarray:
    """The gradient of the objective, in closed form: shape (4,)."""
    return -counts.derivative(_at(inputs, point), FORMULATION)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The fitted parameters: shape (4,)."""
    return stationary_point(lambda point: gradient(inputs, point), OPTIMUM)


#: A point near the minimum for all people.
OPTIMUM = np.array([0.6, -0.04, 0.43, -0.28])

PROBLEM = Problem(
    name="counts_fit",
    summary="fit of counts: a negative binomial regression of the visits of n people by L-BFGS; the whole fit is timed",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        FORMULATION: Formulation(
            ("beta_0", "beta_1", "beta_2", "log r"),
            sizes=(1_010,),
            # A step needs the value and the gradient.
            operations=lambda size: Operations(value=130 * size, derivative=240 * size),
            data_entries=counts.PROBLEM.formulations[FORMULATION].data_entries,
            refusals=counts.PROBLEM.formulations[FORMULATION].refusals,
        )
    },
    fit=Fit(gradient, OPTIMUM),
    size_limits=(100, 1_010),  # with fewer people some fits do not converge; the table has 1,010
    invalid=counts.invalid,
)
