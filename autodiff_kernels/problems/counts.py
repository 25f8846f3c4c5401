"""Log-likelihood of a negative binomial regression on n rows: counts that scatter more than those of Poisson.

ℓ = Σ log Γ(y + r) - log Γ(r) - log Γ(y + 1) + r log(r / (r + μ)) + y log(μ / (r + μ)),   μ = exp(X β),   r = exp(log r)

∂ℓ/∂β = Xᵀ (y - μ) r / (r + μ)
∂ℓ/∂log r = r Σ ψ(y + r) - ψ(r) + log(r / (r + μ)) + (μ - y) / (r + μ),   ψ = (log Γ)′

Source: Hilbe, Negative Binomial Regression (2011), section 8.2.
"""

from __future__ import annotations

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem, Refusal

#: Coefficients: an intercept and two slopes.
COEFFICIENTS = 3
#: The oracle adds up as many terms in a row, and the largest predictor.
MOST, LARGEST = 100_000, 80.0


def inputs(size: int, seed: int = 0) -> Inputs:
    """An intercept and two normal covariates, counts around 2, and r = 1.5."""
    generator = np.random.default_rng(seed)
    x = np.ones((size, COEFFICIENTS))
    x[:, 1:] = 0.5 * generator.standard_normal((size, COEFFICIENTS - 1))
    beta = np.array([0.6, 0.8, -0.5])
    y = generator.negative_binomial(1.5, 1.5 / (1.5 + np.exp(x @ beta))).astype(np.float64)
    return Inputs(np.append(beta + 0.1, np.log(1.5)), {"x": x, "y": y})


def _terms(inputs: Inputs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """μ, the share μ / (r + μ), and how many rows have a count above 0, 1, 2, …: the latter count terms log(r + j)."""
    mean = np.exp(inputs.data["x"] @ inputs.parameters[:-1])
    r, counts = np.exp(inputs.parameters[-1]), np.sort(inputs.data["y"].astype(np.int64))
    above = counts.size - np.searchsorted(counts, np.arange(int(counts[-1])), side="right")
    return mean, mean / (r + mean), above


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The log-likelihood, with Γ(y + r) / Γ(r) = r (r + 1) … (r + y - 1) and no gamma function: shape ()."""
    _, share, above = _terms(inputs)
    r, y, j = np.exp(inputs.parameters[-1]), inputs.data["y"], np.arange(above.size)
    products = above @ (np.log(r + j) - np.log(j + 1))
    return np.asarray(products + np.sum(r * np.log1p(-share) + y * np.log(share)))


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in β and log r, with ψ(y + r) - ψ(r) = Σ 1 / (r + j): shape (4,)."""
    mean, share, above = _terms(inputs)
    r, y = np.exp(inputs.parameters[-1]), inputs.data["y"]
    in_beta = np.einsum("ij,i->j", inputs.data["x"], (y - mean) * (1 - share))
    sums = above @ (1 / (r + np.arange(above.size)))
    return np.append(in_beta, r * (sums + np.sum(np.log1p(-share) + (mean - y) / (r + mean))))


def invalid(inputs: Inputs, formulation: str) -> str | None:
    """A count that is none, or a predictor out of range."""
    y = inputs.data["y"]
    if np.any(wrong := (y < 0) | (y != np.floor(y)) | (y > MOST)):
        return f"y contains {y[wrong][0]:g}: expected counts, whole numbers from 0 to {MOST:,}"
    largest = max(np.max(np.abs(inputs.data["x"] @ inputs.parameters[:-1])), abs(inputs.parameters[-1]))
    if largest > LARGEST:
        return f"the largest predictor or log r is {largest:.3g}: expected at most {LARGEST:g}"
    return None


def _refused(backend: str, mode: str, reason: str, error: str) -> Refusal:
    return Refusal(mode, reason, "raises", backend, error)


PROBLEM = Problem(
    name="counts",
    summary="log-likelihood of a negative binomial regression on n rows; gradient in (beta, log r)",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "negative_binomial": Formulation(
            ("beta_0", "beta_1", "beta_2", "log r"),
            sizes=(10, 100, 10_000, 1_000_000),
            # For each row: two gamma functions of 55 operations and twenty more; a digamma function of 80 and thirty.
            operations=lambda size: Operations(value=130 * size, derivative=110 * size),
            data_entries=lambda size: (COEFFICIENTS + 1) * size,
            float32_tolerance=1e-3,
            terms_of_difference=lambda size: size,
            refusals=(
                _refused("jax", "complex_step", "jax.scipy.special.gammaln does not accept complex numbers", "complex"),
                _refused(
                    "autograd", "complex_step", "scipy.special.gammaln does not accept complex numbers", "gammaln"
                ),
                _refused("autograd", "forward", "autograd has no forward-mode rule for gammaln", "gammaln"),
            ),
        )
    },
    invalid=invalid,
)
