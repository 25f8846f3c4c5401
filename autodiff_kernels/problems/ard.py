"""Log-density of a multivariate normal with one lengthscale for each input dimension (ARD): d parameters at one size.

log N(r; 0, S) = -½ n log 2π - ½ log det S - ½ rᵀ S⁻¹ r,   S = K + noise·I
K[i, j] = variance · exp(-½ Σₖ (x[i, k] - x[j, k])² / lengthscale[k]²)

∂/∂lengthscale[k] = ½ Σ (α αᵀ - S⁻¹) ∘ K ∘ Dₖ / lengthscale[k]³,   Dₖ[i, j] = (x[i, k] - x[j, k])²,   α = S⁻¹ r

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), section 5.1 and eq. 5.9.
"""

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem

#: n, whatever d is: so the number of parameters alone makes the difference.
POINTS = 200


def inputs(size: int, seed: int = 0, *, points: int = POINTS) -> Inputs:
    """Points uniform in the `size`-dimensional unit cube, with lengthscales of about the distance between two."""
    generator = np.random.default_rng(seed)
    return Inputs(
        0.3 * np.sqrt(size) * (1 + np.arange(size) / size),
        {
            "x": generator.random((points, size)),
            "residual": generator.random(points) - 0.5,
            "variance": np.array(1.7),
            "noise": np.array(0.1),
        },
    )


def _signal(inputs: Inputs) -> np.ndarray:
    """K: shape (n, n), a dimension after the other."""
    exponent = np.zeros((len(inputs.data["x"]),) * 2)
    for column, lengthscale in zip(inputs.data["x"].T, inputs.parameters, strict=True):
        exponent -= 0.5 * (np.subtract.outer(column, column) / lengthscale) ** 2
    return inputs.data["variance"] * np.exp(exponent)


def _eigen(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of S. No backend takes this road: they all factorise by Cholesky."""
    signal = _signal(inputs)
    eigenvalues, eigenvectors = np.linalg.eigh(signal + inputs.data["noise"] * np.eye(len(signal)))
    return eigenvalues, eigenvectors


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The log-density: shape ()."""
    eigenvalues, eigenvectors = _eigen(inputs)
    rotated = eigenvectors.T @ inputs.data["residual"]
    return -0.5 * np.sum(np.log(2 * np.pi * eigenvalues) + rotated**2 / eigenvalues)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in the lengthscales: shape (d,)."""
    signal = _signal(inputs)
    eigenvalues, eigenvectors = _eigen(inputs)
    alpha = eigenvectors @ (eigenvectors.T @ inputs.data["residual"] / eigenvalues)
    inverse = (eigenvectors / eigenvalues) @ eigenvectors.T
    weights = (np.outer(alpha, alpha) - inverse) * signal
    return np.array(
        [
            0.5 * np.sum(weights * np.subtract.outer(column, column) ** 2) / lengthscale**3
            for column, lengthscale in zip(inputs.data["x"].T, inputs.parameters, strict=True)
        ]
    )


PROBLEM = Problem(
    name="ard",
    summary=f"log N(r; 0, K + noise·I) of {POINTS} points in d dimensions; gradient in d lengthscales",
    size_name="d",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "cholesky": Formulation(
            ("lengthscale",),
            sizes=(1, 4, 16, 64),
            # As mvn, and two operations a dimension for each entry of the distances and of the gradient's products.
            operations=lambda size: Operations(
                value=POINTS**3 / 3 + (6 + 2 * size) * POINTS**2, derivative=POINTS**3 + (14 + 4 * size) * POINTS**2
            ),
            largest_array=lambda size: POINTS**2,
            positive=frozenset({"lengthscale", "variance"}),
            parameters_of_size=lambda size: size,
        )
    },
)
