"""Curves over a timeline of m points t in [1, 100], differentiated in two parameters: an m × 2 Jacobian.

Formulations
- `linear`: t·mu/sigma, t closed over.
- `linear_argument`: the same curve, t passed as an argument of the differentiated function.
- `cdf`: t·Phi(mu/sigma), Phi the standard normal distribution function.
- `weibull`: (t/lambda)^rho, the Weibull cumulative hazard; there the parameters are (lambda, rho).

Source: the linear and cdf curves are those of a question about a slow `autograd.jacobian`; the hazard is that of
Klein & Moeschberger, Survival Analysis (2003), table 2.2.
"""

import math
from dataclasses import replace

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem


def inputs(size: int, seed: int = 0) -> Inputs:
    """`size` points evenly spaced from 1 to 100. Nothing is random, so `seed` is not used."""
    # Both parameters differ from 1, so that a forgotten power or quotient shows.
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
    # A product a point, and two for the Jacobian; what is of the parameters alone is taken once.
    operations=lambda size: Operations(value=size, derivative=2 * size),
    output_shape=lambda size: (size,),
    positive=frozenset({"sigma"}),
)

PROBLEM = Problem(
    name="timeline",
    summary="curve over m time points in two parameters; its m × 2 Jacobian",
    size_name="m",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "linear": _LINEAR,
        # Once compiled or taped it is the program of `linear`, so one size tells.
        "linear_argument": replace(_LINEAR, sizes=(400,), gpu_sizes=(), data_as_argument=True),
        "cdf": _LINEAR,
        "weibull": replace(
            _LINEAR,
            parameter_names=("lambda", "rho"),
            positive=frozenset({"lambda", "rho", "t"}),
            # Quotient, logarithm, product and exponential a point; the Jacobian adds two products.
            operations=lambda size: Operations(value=4 * size, derivative=6 * size),
        ),
    },
)
