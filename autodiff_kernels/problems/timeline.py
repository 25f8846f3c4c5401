"""Timeline Jacobian: a curve over m points in time, t in [1, 100], in two parameters; an m × 2 Jacobian.

Formulations
- `linear`: t·mu/sigma; the differentiated function closes over t.
- `linear_argument`: the same curve; t is an argument of the differentiated function.
- `cdf`: t·Phi(mu/sigma), Phi the standard normal distribution function.
- `weibull`: (t/lambda)^rho, the Weibull cumulative hazard, with the parameters (lambda, rho).

Source: the linear and cdf curves come from a question about a slow `autograd.jacobian`; the hazard comes from Klein &
Moeschberger, Survival Analysis (2003), table 2.2.
"""

import math
from dataclasses import replace

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem, Refusal


def inputs(size: int, seed: int = 0) -> Inputs:
    """`size` points evenly spaced from 1 to 100. Nothing is random, so `seed` is not used."""
    # Both parameters differ from 1, so that a missing power or quotient is visible.
    return Inputs(np.array([1.3, 1.6]), {"t": np.linspace(1.0, 100.0, size)})


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The curve: shape (m,)."""
    first, second = (float(parameter) for parameter in inputs.parameters)
    t = inputs.data["t"]
    if formulation == "weibull":
        return np.exp(second * (np.log(t) - math.log(first)))
    if formulation == "cdf":
        return t * 0.5 * math.erfc(-first / second / math.sqrt(2))
    return t * (first / second)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The Jacobian in the two parameters: shape (m, 2)."""
    first, second = (float(parameter) for parameter in inputs.parameters)
    t = inputs.data["t"]
    if formulation == "weibull":
        hazard = value(inputs, formulation)
        return np.column_stack([-second / first * hazard, (np.log(t) - math.log(first)) * hazard])
    slope = 1.0
    if formulation == "cdf":
        slope = math.exp(-0.5 * (first / second) ** 2) / math.sqrt(2 * math.pi)
    return np.column_stack([t * slope / second, -t * slope * first / second**2])


_LINEAR = Formulation(
    ("mu", "sigma"),
    sizes=(400, 4_000, 40_000),
    gpu_sizes=(10_000_000,),
    # One product for each point, two for the Jacobian; terms of the parameters alone are computed once.
    operations=lambda size: Operations(value=size, derivative=2 * size),
    output_shape=lambda size: (size,),
    positive=frozenset({"sigma"}),
)

PROBLEM = Problem(
    name="timeline",
    summary="timeline Jacobian: a curve over m points in time, in two parameters; m × 2",
    size_name="m",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "linear": _LINEAR,
        # Once compiled or taped it is the same program as `linear`, so one size is enough.
        "linear_argument": replace(_LINEAR, sizes=(400,), gpu_sizes=(), data_as_argument=True),
        "cdf": replace(
            _LINEAR,
            refusals=(
                Refusal(
                    "forward",
                    "autograd has no forward-mode rule for norm.cdf; mode custom_rule registers one",
                    "raises",
                    "autograd",
                    "cdf",
                ),
                Refusal(
                    "complex_step",
                    "jax.scipy.stats.norm.cdf does not accept complex numbers",
                    "raises",
                    "jax",
                    "complex",
                ),
            ),
            custom_rules=frozenset({"autograd"}),
        ),
        "weibull": replace(
            _LINEAR,
            parameter_names=("lambda", "rho"),
            positive=frozenset({"lambda", "rho", "t"}),
            # A quotient, a logarithm, a product and an exponential for each point; the Jacobian adds two products.
            operations=lambda size: Operations(value=4 * size, derivative=6 * size),
        ),
    },
)
