"""Log-density of a periodic Gaussian process on a regular grid of n points, by the Fourier transform.

log N(y; 0, K + noise·I),   K[i, j] = c[i - j],   c[d] = variance · exp(-2 sin²(π d / n) / lengthscale²)

K is circulant, so the Fourier transform of c has its eigenvalues, and with λ = F c + noise and the transform ŷ = F y

    log N = -½ Σ log(2π λ[k]) + |ŷ[k]|² / (n λ[k])

∂/∂c = F w, where w[k] = -½ (1 - |ŷ[k]|² / (n λ[k])) / λ[k]; ∂/∂noise = Σ w.

Formulations
- `fourier`: by the fast Fourier transform, in about n log n operations.
- `dense`: the same log-density by the Cholesky factor of the matrix.

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), eq. 4.31 and appendix B.3; Gray, Toeplitz
and Circulant Matrices (2006), chapter 3.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from autodiff_kernels.conditioning import too_close_to_singular
from autodiff_kernels.problems.base import BY_CHOLESKY, Formulation, Inputs, Operations, Problem, Refusal


def inputs(size: int, seed: int = 0) -> Inputs:
    """A noisy wave with two periods, and the process's lengthscale 0.4, on a circle."""
    angles = 2 * np.pi * np.arange(size) / size
    y = np.sin(2 * angles) + 0.5 * np.random.default_rng(seed).standard_normal(size)
    return Inputs(np.array([0.4, 1.7, 0.3]), {"y": y})


def _first_column(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """c / variance and 2 sin²(π d / n): shape (n,) each."""
    size = inputs.data["y"].size
    distances = 1 - np.cos(2 * np.pi * np.arange(size) / size)
    return np.exp(-distances / inputs.parameters[0] ** 2), distances


def _cosines(column: np.ndarray) -> np.ndarray:
    """The transform of a column c[d] = c[n - d], by sums of cosines: shape (n,). No backend uses this method."""
    half = column.size // 2
    if column.size % 2 == 0 and column.size > 2:
        # The cosine transform of type 1 takes the first half, whose ends count once.
        from scipy.fft import dct

        first = dct(column[: half + 1], type=1)
        return np.concatenate([first, first[half - 1 : 0 : -1]])
    frequencies = np.outer(np.arange(column.size), np.arange(column.size)) * (2 * np.pi / column.size)
    return np.cos(frequencies) @ column


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The log-density: shape ()."""
    eigenvalues, squares = _spectrum(inputs)
    return -0.5 * np.sum(np.log(2 * np.pi * eigenvalues) + squares / eigenvalues)


def _spectrum(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """λ, and the squares |ŷ|² / n of the amplitudes: shape (n,) each, by cosine and sine transforms of real numbers."""
    _, variance, noise = inputs.parameters
    y = inputs.data["y"]
    eigenvalues = variance * _cosines(_first_column(inputs)[0]) + noise
    mirrored = np.concatenate([y[:1], y[:0:-1]])
    even, odd = 0.5 * (y + mirrored), 0.5 * (y - mirrored)
    return eigenvalues, (_cosines(even) ** 2 + _sines(odd) ** 2) / y.size


def _sines(column: np.ndarray) -> np.ndarray:
    """The sums of sines of a column with c[d] = -c[n - d]: shape (n,)."""
    half = column.size // 2
    if column.size % 2 == 0 and column.size > 2:
        from scipy.fft import dst

        first = np.concatenate([[0.0], dst(column[1:half], type=1), [0.0]])
        return np.concatenate([first, -first[half - 1 : 0 : -1]])
    frequencies = np.outer(np.arange(column.size), np.arange(column.size)) * (2 * np.pi / column.size)
    return np.sin(frequencies) @ column


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in (lengthscale, variance, noise): shape (3,)."""
    lengthscale, variance, _ = inputs.parameters
    eigenvalues, squares = _spectrum(inputs)
    weights = -0.5 * (1 - squares / eigenvalues) / eigenvalues
    correlation, distances = _first_column(inputs)
    in_lengthscale = weights @ _cosines(2 * variance * correlation * distances / lengthscale**3)
    return np.array([in_lengthscale, weights @ _cosines(correlation), np.sum(weights)])


def ill_conditioned(inputs: Inputs, epsilon: float, tolerance: float) -> str | None:
    """Why no program can meet the tolerance, or None."""
    eigenvalues, noise = _spectrum(inputs)[0], float(inputs.parameters[2])
    extremes = float(np.min(eigenvalues)), float(np.max(eigenvalues))
    return too_close_to_singular(extremes, eigenvalues.size, noise, epsilon, tolerance)


def _condition_number(size: int) -> float:
    eigenvalues = _spectrum(inputs(size))[0]
    return float(np.max(eigenvalues) / np.min(eigenvalues))


_FOURIER = Formulation(
    ("lengthscale", "variance", "noise"),
    sizes=(16, 256, 4_096, 65_536),
    # A transform of n real numbers takes about 2.5 n log₂ n operations; the value takes two, the gradient a third.
    operations=lambda size: Operations(
        value=5 * size * math.log2(size) + 12 * size, derivative=7.5 * size * math.log2(size) + 24 * size
    ),
    positive=frozenset({"lengthscale", "variance", "noise"}),
    float32_tolerance=1e-3,
    condition_number=_condition_number,
    terms_of_difference=lambda size: size,
    refusals=(
        Refusal("forward", "autograd has no forward-mode rule for the Fourier transform", "raises", "autograd", "fft"),
        Refusal(
            "complex_step",
            "the Fourier transform of JAX that takes half of the frequencies does not accept complex numbers",
            "raises",
            "jax",
            "only real valued inputs supported for rfft",
        ),
        Refusal(
            "complex_step",
            "silently wrong: the eigenvalues are the real part of a transform, which is not analytic",
            "wrong",
            "autograd",
        ),
    ),
)

PROBLEM = Problem(
    name="grid",
    summary="log-density of a periodic Gaussian process on a regular grid of n points, by the Fourier transform",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "fourier": _FOURIER,
        "dense": replace(
            _FOURIER,
            sizes=(16, 256, 1_024),
            operations=lambda size: Operations(value=size**3 / 3 + 6 * size**2, derivative=size**3 + 12 * size**2),
            largest_array=lambda size: size**2,
            refusals=BY_CHOLESKY,
        ),
    },
    size_limits=(2, 10**8),
    ill_conditioned=ill_conditioned,
)
