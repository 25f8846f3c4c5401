"""Log-likelihood of a logistic regression with p coefficients on 1,000 rows.

ℓ = Σ y[i] η[i] - log(1 + exp(η[i])),   η = X β

∂ℓ/∂β = Xᵀ (y - s),   ∂²ℓ/∂β² v = -Xᵀ (s (1 - s) X v),   s = 1 / (1 + exp(-η))

Source: McCullagh & Nelder, Generalized Linear Models (1989), section 4.4.
"""

from __future__ import annotations

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem, Refusal

ROWS = 1_000


def inputs(size: int, seed: int = 0) -> Inputs:
    """`size` coefficients, normal covariates whose predictors have about the variance 1, and outcomes 0 or 1."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((ROWS, size)) / np.sqrt(size)
    beta = generator.uniform(-2, 2, size)
    return Inputs(beta, {"x": x, "y": (generator.random(ROWS) < _logistic(x @ beta)).astype(np.float64)})


def _logistic(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The log-likelihood, from the probability of each outcome: shape ()."""
    x, y = inputs.data["x"], inputs.data["y"]
    predictor = x @ inputs.parameters
    # log s and log(1 - s), each of which is exact for a large predictor of one sign.
    small = np.log1p(np.exp(-np.abs(predictor)))
    return np.sum(y * (np.minimum(predictor, 0) - small) + (1 - y) * (np.minimum(-predictor, 0) - small))


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient: shape (p,)."""
    x, y = inputs.data["x"], inputs.data["y"]
    return np.einsum("ij,i->j", x, y - _logistic(x @ inputs.parameters))


def _weights(inputs: Inputs) -> np.ndarray:
    """-s (1 - s): shape (rows,)."""
    return -0.25 / np.cosh(0.5 * inputs.data["x"] @ inputs.parameters) ** 2


def hessian(inputs: Inputs, formulation: str) -> np.ndarray:
    """The second derivatives: shape (p, p)."""
    x = inputs.data["x"]
    return np.einsum("ij,i,ik->jk", x, _weights(inputs), x, optimize=True)


def hessian_product(inputs: Inputs, formulation: str, vector: np.ndarray) -> np.ndarray:
    """The second derivatives times a vector: shape (p,)."""
    x = inputs.data["x"]
    return np.einsum("ij,i->j", x, _weights(inputs) * (x @ vector))


PROBLEM = Problem(
    name="glm",
    summary=f"log-likelihood of a logistic regression with p coefficients on {ROWS:,} rows",
    size_name="p",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "logistic": Formulation(
            ("beta",),
            sizes=(5, 100, 1_000, 10_000),
            # A product of the matrix and a vector; the gradient takes a second one.
            operations=lambda size: Operations(value=2 * ROWS * size, derivative=4 * ROWS * size),
            largest_array=lambda size: ROWS,
            data_entries=lambda size: ROWS * size,
            parameters_of_size=lambda size: size,
            blocks=lambda size: (size,),
            terms_of_difference=lambda size: ROWS,
            float32_tolerance=1e-4,
            refusals=(
                Refusal(
                    "complex_step",
                    "silently wrong: jax.numpy.logaddexp loses an imaginary part that is small",
                    "wrong",
                    "jax",
                ),
                Refusal(
                    "complex_step",
                    "NumPy has no logaddexp of complex numbers",
                    "raises",
                    "autograd",
                    "logaddexp",
                ),
            ),
        )
    },
    hessian=hessian,
    hessian_product=hessian_product,
)
