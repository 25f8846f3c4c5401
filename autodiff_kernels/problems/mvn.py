"""MVN log-density: a multivariate normal with an RBF kernel over the observed points themselves.

log N(x; mu, S) = -½ n log 2π - ½ log det S - ½ rᵀ S⁻¹ r,   r = x - mu,   S = K + noise·I
K[i, j] = variance · exp(-½ (x[i] - x[j])² / lengthscale²)

∂/∂θ = ½ αᵀ (∂K/∂θ) α - ½ tr(S⁻¹ ∂K/∂θ),   α = S⁻¹ r
∂²/∂θ∂η = ½ αᵀ Kθη α - αᵀ Kθ S⁻¹ Kη α - ½ tr(S⁻¹ Kθη) + ½ tr(S⁻¹ Kθ S⁻¹ Kη),   Kθ = ∂K/∂θ, Kθη = ∂²K/∂θ∂η

Formulations
- `cholesky`: one factorisation, triangular solves, log-determinant from its diagonal.
- `textbook`: determinant, factor and general solves; the determinant leaves the range of the dtype as n grows.

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), eq. 2.30 and 5.9.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from autodiff_kernels.conditioning import magnitudes, too_close_to_singular
from autodiff_kernels.expansion import Expansion, expanded
from autodiff_kernels.problems.base import BY_CHOLESKY, Formulation, Inputs, Intermediate, Operations, Problem, Rounding

NOISE = 0.1
#: Above this many points the oracle expands the kernel if it can, since a decomposition of S takes minutes.
DECOMPOSED = 1500


def inputs(size: int, seed: int = 0, *, noise: float = NOISE) -> Inputs:
    """`size` points uniform in [0, 1), means uniform in [-½, ½), and `noise` on the diagonal."""
    generator = np.random.default_rng(seed)
    return Inputs(
        np.array([0.3, 1.7]),
        {"x": generator.random(size), "mu": generator.random(size) - 0.5, "noise": np.array(float(noise))},
    )


def _kernel_matrix(inputs: Inputs) -> np.ndarray:
    """K, shape (n, n)."""
    lengthscale, variance = inputs.parameters
    x = inputs.data["x"]
    return variance * np.exp(-0.5 * (np.subtract.outer(x, x) / lengthscale) ** 2)


def noisy_covariance(inputs: Inputs) -> np.ndarray:
    """S, shape (n, n)."""
    return _kernel_matrix(inputs) + inputs.data["noise"] * np.eye(inputs.data["x"].size)


def _eigen(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of S. No backend uses this method: they all factorise by Cholesky."""
    return _eigen_cached(noisy_covariance(inputs).tobytes(), inputs.data["x"].size)


# The value, the derivative and the check of the condition number share one decomposition: 0.4 s at n = 1000.
@lru_cache(maxsize=1)
def _eigen_cached(entries: bytes, size: int) -> tuple[np.ndarray, np.ndarray]:
    eigenvalues, eigenvectors = np.linalg.eigh(np.frombuffer(entries).reshape(size, size))
    return eigenvalues, eigenvectors


@lru_cache(maxsize=1)
def _expanded_cached(entries: bytes, lengthscale: float, variance: float, noise: float) -> Expansion | None:
    return expanded(np.frombuffer(entries), lengthscale, variance, noise)


def expansion_of(inputs: Inputs) -> Expansion | None:
    """The expansion of S for many points, if it has one; None for few points."""
    if inputs.data["x"].size <= DECOMPOSED:
        return None
    return _expanded_cached(inputs.data["x"].tobytes(), *map(float, inputs.parameters), float(inputs.data["noise"]))


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The log-density: shape ()."""
    if expansion := expansion_of(inputs):
        return np.asarray(expansion.log_density(inputs.data["x"] - inputs.data["mu"]))
    eigenvalues, eigenvectors = _eigen(inputs)
    rotated = eigenvectors.T @ (inputs.data["x"] - inputs.data["mu"])
    return -0.5 * np.sum(np.log(2 * np.pi * eigenvalues) + rotated**2 / eigenvalues)


def _slopes(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """∂K/∂lengthscale and ∂K/∂variance: shape (n, n) each."""
    lengthscale, variance = inputs.parameters
    x = inputs.data["x"]
    kernel_matrix = _kernel_matrix(inputs)
    return kernel_matrix * np.subtract.outer(x, x) ** 2 / lengthscale**3, kernel_matrix / variance


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in (lengthscale, variance): shape (2,)."""
    if expansion := expansion_of(inputs):
        return expansion.gradient(inputs.data["x"] - inputs.data["mu"])
    quadratic, trace = _terms(inputs)
    return 0.5 * (quadratic - trace)


def _terms(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """αᵀ ∂K α and tr(S⁻¹ ∂K) for both parameters: shape (2,) each."""
    eigenvalues, eigenvectors = _eigen(inputs)
    alpha = eigenvectors @ (eigenvectors.T @ (inputs.data["x"] - inputs.data["mu"]) / eigenvalues)
    slopes = _slopes(inputs)
    # tr(S⁻¹ ∂K) = Σᵢ qᵢᵀ ∂K qᵢ / λᵢ
    traces = [np.sum(np.sum(eigenvectors * (slope @ eigenvectors), axis=0) / eigenvalues) for slope in slopes]
    return np.array([alpha @ slope @ alpha for slope in slopes]), np.array(traces)


def rounding(inputs: Inputs, formulation: str) -> Rounding:
    """Of the value and the gradient; zero for the expansion, which does not decompose S."""
    if expansion_of(inputs):
        return Rounding(np.zeros(()), np.zeros(2))
    eigenvalues, eigenvectors = _eigen(inputs)
    # The relative error of what is divided by an eigenvalue is at most about epsilon times the condition number.
    relative = np.finfo(np.float64).eps * eigenvalues[-1] / eigenvalues[0]
    rotated = eigenvectors.T @ (inputs.data["x"] - inputs.data["mu"]) / eigenvalues
    quadratic = np.sum(rotated**2 * eigenvalues)
    logarithms = np.sum(np.abs(np.log(2 * np.pi * eigenvalues)))
    of_derivative = np.abs(_terms(inputs)).sum(axis=0)
    of_derivative += magnitudes(_slopes(inputs), eigenvectors @ rotated, eigenvalues[0])
    return Rounding(np.asarray(relative * (1 + quadratic + logarithms)), relative * of_derivative)


def derivative_with_noise(inputs: Inputs) -> np.ndarray:
    """The gradient in (lengthscale, variance, noise): shape (3,)."""
    eigenvalues, eigenvectors = _eigen(inputs)
    scaled = eigenvectors.T @ (inputs.data["x"] - inputs.data["mu"]) / eigenvalues
    return np.append(derivative(inputs, "cholesky"), 0.5 * (scaled @ scaled - np.sum(1 / eigenvalues)))


def hessian(inputs: Inputs, formulation: str) -> np.ndarray:
    """The second derivatives in (lengthscale, variance): shape (2, 2)."""
    lengthscale, variance = inputs.parameters
    x = inputs.data["x"]
    eigenvalues, eigenvectors = _eigen(inputs)
    whitening = eigenvectors / np.sqrt(eigenvalues)
    beta = whitening.T @ (x - inputs.data["mu"])

    def whitened(matrix: np.ndarray) -> np.ndarray:
        # With S⁻¹ = W Wᵀ every term depends on Wᵀ ∂K W and β = Wᵀ r only.
        return whitening.T @ matrix @ whitening

    slopes = _slopes(inputs)
    distances = np.subtract.outer(x, x) ** 2
    curvatures = [
        [slopes[0] * (distances / lengthscale**3 - 3 / lengthscale), slopes[0] / variance],
        [slopes[0] / variance, np.zeros_like(distances)],
    ]
    first = [whitened(slope) for slope in slopes]
    result = np.empty((2, 2))
    for i, j in np.ndindex(2, 2):
        second = whitened(curvatures[i][j])
        result[i, j] = (
            0.5 * (beta @ second @ beta - np.trace(second))
            - (first[i] @ beta) @ (first[j] @ beta)
            + 0.5 * np.sum(first[i] * first[j])
        )
    return result


@lru_cache(maxsize=64)
def _log_determinant(size: int, noise: float) -> float:
    """The logarithm of det S at the measured inputs."""
    return float(np.linalg.slogdet(noisy_covariance(inputs(size, noise=noise)))[1])


def ill_conditioned(inputs: Inputs, epsilon: float, tolerance: float) -> str | None:
    """The reason if S is too close to singular for `tolerance` at the working precision `epsilon`; else None."""
    if expansion := expansion_of(inputs):
        extremes = expansion.noise, expansion.eigenvalues[0]
    else:
        eigenvalues = _eigen(inputs)[0]
        extremes = eigenvalues[0], eigenvalues[-1]
    noise = float(inputs.data["noise"])
    return too_close_to_singular(extremes, inputs.data["x"].size, noise, epsilon, tolerance)


def _cholesky_operations(size: int) -> Operations:
    # n³/3 for the factor and n² for its solve; the inverse for the traces takes another 2n³/3. Each entry takes five
    # operations for K and nine for its weighted slopes (Golub & Van Loan, Matrix Computations, 2013, section 4.2).
    return Operations(value=size**3 / 3 + 6 * size**2, derivative=size**3 + 14 * size**2)


def _textbook_operations(size: int) -> Operations:
    # A general solve with k right-hand sides is 2n³/3 + 2n²k. Value: factor, determinant and one solve. Derivative:
    # factor, two solves with k = 1 for α, and for each of two parameters two solves with k = n.
    return Operations(value=(1 / 3 + 2 / 3 + 2 / 3) * size**3, derivative=(1 / 3 + 4 / 3 + 4 * (2 / 3 + 2)) * size**3)


_CHOLESKY = Formulation(
    ("lengthscale", "variance"),
    sizes=(3, 100, 300, 1000),
    gpu_sizes=(4096, 16_384),
    operations=_cholesky_operations,
    largest_array=lambda size: size**2,
    positive=frozenset({"lengthscale", "variance"}),
    # It is below 17 n at the measured inputs. At n = 1000 a solve loses four of seven digits, slightly more or fewer
    # depending on the BLAS.
    condition_number=lambda size: 17 * size,
    float32_tolerance=1e-3,
    # The log-density is a difference of terms that grow with n.
    terms_of_difference=lambda size: size,
    refusals=BY_CHOLESKY,
    custom_rules=frozenset({"jax", "autograd"}),
    lapack=frozenset({"jax"}),
    checkpoints=frozenset({"jax", "autograd"}),
)

_TEXTBOOK = replace(
    _CHOLESKY,
    operations=_textbook_operations,
    gpu_sizes=(),
    # Two general solves lose more digits than two triangular ones.
    float32_tolerance=5e-3,
    intermediate=Intermediate(
        "the determinant of S",
        lambda size, settings: _log_determinant(size, settings["noise"]),
        "formulation=cholesky sums logarithms instead",
    ),
    custom_rules=frozenset(),
    checkpoints=frozenset(),
    lapack=frozenset(),
)

PROBLEM = Problem(
    name="mvn",
    summary="MVN log-density log N(x; mu, K + noise·I), RBF kernel; gradient in (lengthscale, variance)",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    hessian=hessian,
    formulations={
        "cholesky": _CHOLESKY,
        "textbook": _TEXTBOOK,
    },
    settings={"noise": NOISE},
    rounding=rounding,
    ill_conditioned=ill_conditioned,
)
