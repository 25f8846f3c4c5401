"""ARD log-density: the MVN log-density with one lengthscale for each of d dimensions.

log N(r; 0, S) = -½ n log 2π - ½ log det S - ½ rᵀ S⁻¹ r,   S = K + noise·I
K[i, j] = variance · exp(-½ Σₖ (x[i, k] - x[j, k])² / lengthscale[k]²)

∂/∂lengthscale[k] = ½ Σ (α αᵀ - S⁻¹) ∘ K ∘ Dₖ / lengthscale[k]³,   Dₖ[i, j] = (x[i, k] - x[j, k])²,   α = S⁻¹ r

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), section 5.1 and eq. 5.9.
"""

from collections.abc import Iterator

import numpy as np

from autodiff_kernels.conditioning import magnitudes, too_close_to_singular
from autodiff_kernels.problems.base import BY_CHOLESKY, Formulation, Inputs, Operations, Problem, Rounding

#: n, the same for every d, so that only the number of parameters varies.
POINTS = 200


def inputs(size: int, seed: int = 0, *, points: int = POINTS) -> Inputs:
    """Points uniform in the `size`-dimensional unit cube. The lengthscales are close to typical distances."""
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


def _kernel_matrix(inputs: Inputs) -> np.ndarray:
    """K, shape (n, n), summed over the dimensions."""
    exponent = np.zeros((len(inputs.data["x"]),) * 2)
    for column, lengthscale in zip(inputs.data["x"].T, inputs.parameters, strict=True):
        exponent -= 0.5 * (np.subtract.outer(column, column) / lengthscale) ** 2
    return inputs.data["variance"] * np.exp(exponent)


def _eigen(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of S. No backend uses this method: they all factorise by Cholesky."""
    kernel_matrix = _kernel_matrix(inputs)
    noisy_covariance = kernel_matrix + inputs.data["noise"] * np.eye(len(kernel_matrix))
    eigenvalues, eigenvectors = np.linalg.eigh(noisy_covariance)
    return eigenvalues, eigenvectors


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The log-density: shape ()."""
    eigenvalues, eigenvectors = _eigen(inputs)
    rotated = eigenvectors.T @ inputs.data["residual"]
    return -0.5 * np.sum(np.log(2 * np.pi * eigenvalues) + rotated**2 / eigenvalues)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in the lengthscales: shape (d,)."""
    quadratic, trace = _terms(inputs)
    return 0.5 * (quadratic - trace)


def _terms(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """αᵀ ∂K α and tr(S⁻¹ ∂K) for all lengthscales: shape (d,) each."""
    eigenvalues, eigenvectors = _eigen(inputs)
    alpha = eigenvectors @ (eigenvectors.T @ inputs.data["residual"] / eigenvalues)
    inverse = (eigenvectors / eigenvalues) @ eigenvectors.T
    pairs = [(alpha @ slope @ alpha, np.sum(inverse * slope)) for slope in _slopes(inputs)]
    quadratic, trace = np.array(pairs).T
    return quadratic, trace


def _slopes(inputs: Inputs) -> Iterator[np.ndarray]:
    """∂K/∂lengthscale[k] for each k: shape (n, n)."""
    kernel_matrix = _kernel_matrix(inputs)
    for column, lengthscale in zip(inputs.data["x"].T, inputs.parameters, strict=True):
        yield kernel_matrix * np.subtract.outer(column, column) ** 2 / lengthscale**3


def rounding(inputs: Inputs, formulation: str) -> Rounding:
    """Of the value and the gradient."""
    eigenvalues, eigenvectors = _eigen(inputs)
    # The relative error of what is divided by an eigenvalue is at most about epsilon times the condition number.
    relative = np.finfo(np.float64).eps * eigenvalues[-1] / eigenvalues[0]
    rotated = eigenvectors.T @ inputs.data["residual"] / eigenvalues
    quadratic = np.sum(rotated**2 * eigenvalues)
    logarithms = np.sum(np.abs(np.log(2 * np.pi * eigenvalues)))
    of_derivative = np.abs(_terms(inputs)).sum(axis=0)
    of_derivative += magnitudes(_slopes(inputs), eigenvectors @ rotated, eigenvalues[0])
    # Where distances come from a matrix product, those of equal points are not exactly zero.
    of_distances = np.finfo(np.float64).eps * _spread(inputs) * float(inputs.data["variance"]) / inputs.parameters
    of_distances *= np.linalg.norm(1 / eigenvalues) + rotated @ rotated
    return Rounding(np.asarray(relative * (1 + quadratic + logarithms)), relative * of_derivative + of_distances)


def _spread(inputs: Inputs) -> float:
    """The largest squared distance of a point to the mean of all, in lengthscales.

    A matrix product of the scaled points gives their distances, so its rounding grows with it.
    """
    x = inputs.data["x"]
    return float(np.max(np.sum(((x - x.mean(axis=0)) / inputs.parameters) ** 2, axis=1)))


def ill_conditioned(inputs: Inputs, epsilon: float, tolerance: float) -> str | None:
    """The reason if S is too close to singular for `tolerance` at the working precision `epsilon`; else None."""
    eigenvalues, _ = _eigen(inputs)
    extremes = eigenvalues[0], eigenvalues[-1]
    spread = _spread(inputs)
    if spread > 1 and epsilon * spread * extremes[1] >= 3 * tolerance * extremes[0]:
        return (
            f"the points are spread over {spread**0.5:.1e} lengthscales, and the condition number of their "
            f"covariance is {extremes[1] / extremes[0]:.1e}: too much for the tolerance {tolerance:.0e}; increase the "
            "lengthscales or the noise"
        )
    return too_close_to_singular(extremes, len(inputs.data["x"]), float(inputs.data["noise"]), epsilon, tolerance)


PROBLEM = Problem(
    name="ard",
    summary=f"ARD log-density of {POINTS} points in d dimensions; gradient in d lengthscales",
    size_name="d",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "cholesky": Formulation(
            ("lengthscale",),
            sizes=(1, 4, 16, 64),
            # As for mvn, plus two operations per dimension and entry for the distances, and two more for the gradient.
            operations=lambda size: Operations(
                value=POINTS**3 / 3 + (6 + 2 * size) * POINTS**2, derivative=POINTS**3 + (14 + 4 * size) * POINTS**2
            ),
            largest_array=lambda size: POINTS**2,
            positive=frozenset({"lengthscale", "variance"}),
            parameters_of_size=lambda size: size,
            # As for mvn.
            condition_number=lambda size: 17 * POINTS,
            float32_tolerance=1e-3,
            terms_of_difference=lambda size: POINTS,
            refusals=BY_CHOLESKY,
            lapack=frozenset({"jax"}),
        )
    },
    rounding=rounding,
    ill_conditioned=ill_conditioned,
)
