"""Log-density of a periodic Gaussian process on a regular grid, by the Fourier transform or a Cholesky factor."""

from __future__ import annotations

import math

import autograd.numpy as anp
import numpy as np
import scipy.fft
from autograd.scipy.linalg import solve_triangular

from autodiff_kernels.backends.autograd.lapack import inverted
from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "dense":
        return Model(_dense_objective, _dense_explicit)
    return Model(_objective, _explicit)


def _distances(y: np.ndarray) -> np.ndarray:
    """2 sin²(π d / n) for d = 0 … n - 1."""
    return 2 * np.sin(np.pi * np.arange(y.size) / y.size) ** 2


def _objective(parameters: np.ndarray, y: np.ndarray) -> np.ndarray:
    lengthscale, variance, noise = parameters
    correlation = anp.exp(-_distances(y) / lengthscale**2)
    # autograd's transform of real numbers has no rule for an odd n, so that of complex ones takes all frequencies.
    eigenvalues = variance * anp.real(anp.fft.fft(correlation)) + noise
    squares = np.abs(np.fft.fft(y)) ** 2 / y.size
    return -0.5 * anp.sum(anp.log(2 * math.pi * eigenvalues) + squares / eigenvalues)


def _explicit(parameters: np.ndarray, y: np.ndarray) -> np.ndarray:
    lengthscale, variance, noise = parameters
    distances = _distances(y)
    correlation = np.exp(-distances / lengthscale**2)
    transformed = scipy.fft.rfft(np.stack([correlation, correlation * distances, y]), axis=1)
    in_variance, in_lengthscale = transformed[:2].real
    eigenvalues, squares = variance * in_variance + noise, np.abs(transformed[2]) ** 2 / y.size
    weights = (squares / eigenvalues - 1) / eigenvalues
    # All frequencies but the first, and the last of an even n, occur twice.
    weights[0] *= 0.5
    weights[-1] *= 0.5 if y.size % 2 == 0 else 1
    return np.array([2 * variance / lengthscale**3 * (weights @ in_lengthscale), weights @ in_variance, weights.sum()])


def _numbers(size: int) -> np.ndarray:
    """Where each entry of a circulant matrix stands in its first column, shape (n, n)."""
    return np.subtract.outer(np.arange(size), np.arange(size)) % size


def _dense_objective(parameters: np.ndarray, y: np.ndarray) -> np.ndarray:
    lengthscale, variance, noise = parameters
    distances = _distances(y)[_numbers(y.size)]
    factor = anp.linalg.cholesky(variance * anp.exp(-distances / lengthscale**2) + noise * np.eye(y.size))
    whitened = solve_triangular(factor, y, lower=True)
    # autograd differentiates a diagonal along the last two axes only.
    diagonal = anp.diagonal(factor, axis1=-1, axis2=-2)
    normalisation = -0.5 * y.size * math.log(2 * math.pi)
    return normalisation - anp.sum(anp.log(diagonal)) - 0.5 * anp.dot(whitened, whitened)


def _dense_explicit(parameters: np.ndarray, y: np.ndarray) -> np.ndarray:
    lengthscale, variance, noise = parameters
    distances, numbers = _distances(y), _numbers(y.size)
    matrix = np.exp(-distances / lengthscale**2)[numbers]
    noisy_covariance = variance * matrix
    noisy_covariance.flat[:: y.size + 1] += noise
    inverse, alpha, _ = inverted(noisy_covariance, y)
    # Only the lower triangle of the inverse is there. On the diagonal the distance is 0 and the correlation 1.
    below = np.tril(np.outer(alpha, alpha) - inverse, -1)
    below *= matrix
    in_noise = 0.5 * (alpha @ alpha - np.trace(inverse))
    in_lengthscale = 2 * variance / lengthscale**3 * np.vdot(below, distances[numbers])
    return np.array([in_lengthscale, below.sum() + in_noise, in_noise])
