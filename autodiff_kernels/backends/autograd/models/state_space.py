"""State-space log-likelihood log N(y; 0, K + noise·I) with a Matérn kernel, by a Kalman filter or a Cholesky factor."""

from __future__ import annotations

import math
from functools import partial

import autograd.numpy as anp
import numpy as np
from autograd.differential_operators import checkpoint
from autograd.scipy.linalg import solve_triangular

from autodiff_kernels.backends.autograd.lapack import inverted
from autodiff_kernels.backends.base import Model
from autodiff_kernels.markov import MATERN, Markov


def model(formulation: str) -> Model:
    """The objective and its explicit derivative. A loop in Python is always unrolled."""
    if formulation == "dense":
        return Model(_dense_objective, _dense_explicit)
    markov = MATERN[{"matern12": 0, "matern52": 2}.get(formulation, 1)]
    return Model(
        objective=partial(_objective, markov),
        explicit=partial(_explicit, markov),
        checkpointed=None if formulation == "unrolled" else partial(_checkpointed, markov),
    )


def _steps(t: np.ndarray) -> np.ndarray:
    """The time since the last point; 0 for the first."""
    return np.diff(t, prepend=t[:1])


def _transitions(markov: Markov, scaled: np.ndarray) -> np.ndarray:
    """A = exp(-a) Σ Nʲ aʲ / j! for each a of `scaled`, shape (n, k, k)."""
    decay = anp.exp(-scaled)[:, None, None]
    transitions, power = decay * markov.powers[0], anp.ones_like(decay)
    for order in range(1, markov.size):
        power = power * scaled[:, None, None] / order
        transitions = transitions + decay * power * markov.powers[order]
    return transitions


def _objective(markov: Markov, parameters: np.ndarray, t: np.ndarray, y: np.ndarray) -> np.ndarray:
    start = _start(markov, parameters)
    return -0.5 * (len(t) * math.log(2 * math.pi) + _filtered(markov, start, _steps(t), y)[-1])


def _checkpointed(markov: Markov, parameters: np.ndarray, t: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The objective that stores its state after every √n-th step only."""
    segment, length, steps = checkpoint(partial(_filtered, markov)), math.isqrt(len(t)), _steps(t)
    state = _start(markov, parameters)
    for first in range(0, len(t), length):
        part = slice(first, first + length)
        state = segment(state, steps[part], y[part])
    return -0.5 * (len(t) * math.log(2 * math.pi) + state[-1])


def _start(markov: Markov, parameters: np.ndarray) -> np.ndarray:
    """The parameters, the mean and the covariance before the first time, and the sum of the terms so far.

    In one array, since a checkpoint recomputes a segment for each of its arguments.
    """
    covariance = parameters[1] * markov.stationary.ravel()
    return anp.concatenate([parameters, np.zeros(markov.size), covariance, np.zeros(1)])


def _filtered(markov: Markov, state: np.ndarray, steps: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The state after some steps."""
    k = markov.size
    parameters, mean, total = state[:3], state[3 : 3 + k], state[-1]
    lengthscale, variance, noise = parameters
    covariance = anp.reshape(state[3 + k : -1], (k, k))
    transitions, stationary = _transitions(markov, markov.rate / lengthscale * steps), variance * markov.stationary
    for index, observed in enumerate(y):
        transition = transitions[index]
        mean = anp.dot(transition, mean)
        covariance = anp.dot(anp.dot(transition, covariance - stationary), transition.T) + stationary
        column = covariance[0]
        scale = column[0] + noise
        innovation = observed - mean[0]
        gain = column / scale
        mean = mean + gain * innovation
        covariance = covariance - gain[:, None] * column
        total = total + anp.log(scale) + innovation**2 / scale
    return anp.concatenate([parameters, mean, anp.ravel(covariance), anp.reshape(total, (1,))])


def _explicit(markov: Markov, parameters: np.ndarray, t: np.ndarray, y: np.ndarray) -> np.ndarray:
    return value_and_gradient(markov, parameters, t, y)[1]


def value_and_gradient(
    markov: Markov, parameters: np.ndarray, t: np.ndarray, y: np.ndarray
) -> tuple[float, np.ndarray]:
    """The log-density and the adjoint of the filter: a loop back over the steps, with only what has to be in a loop.

    A bar over a letter is the derivative in it. With p = P⁻[:, 0] and u = y - m⁻[0],

        s̄ = -½ (1/s - u²/s²) - (m̄·p) u/s² + pᵀP̄p / s²,   ū = (m̄·p - u) / s,   p̄ = (m̄ u - 2 P̄ p) / s

    give m̄⁻ and P̄⁻; then, for the step before, m̄ = Aᵀ m̄⁻ and P̄ = Aᵀ P̄⁻ A. Sums over the steps follow from these.
    """
    lengthscale, variance, noise = parameters
    k, scaled = markov.size, markov.rate / lengthscale * _steps(t)
    transitions, stationary = _transitions(markov, scaled), variance * markov.stationary
    means, covariances = np.empty((len(t), k)), np.empty((len(t), k, k))
    mean, covariance = np.zeros(k), stationary
    for index, (transition, observed) in enumerate(zip(transitions, y, strict=True)):
        means[index] = mean = transition @ mean
        covariances[index] = covariance = transition @ (covariance - stationary) @ transition.T + stationary
        column = covariance[0]
        gain = column / (column[0] + noise)
        mean = mean + gain * (observed - mean[0])
        covariance = covariance - gain[:, None] * column
    scales, innovations = covariances[:, 0, 0] + noise, y - means[:, 0]
    of_means, of_covariances, of_scales = np.empty_like(means), np.empty_like(covariances), np.empty_like(scales)
    mean, covariance = np.zeros(k), np.zeros((k, k))
    for index in range(len(t) - 1, -1, -1):
        column, scale, innovation = covariances[index, 0], scales[index], innovations[index]
        pulled = covariance @ column
        along, ratio = mean @ column, innovation / scale
        of_scales[index] = of_scale = (column @ pulled / scale - along * ratio - 0.5) / scale + 0.5 * ratio**2
        half = (0.5 * innovation * mean - pulled) / scale
        half[0] += 0.5 * of_scale
        mean[0] += ratio - along / scale
        covariance[0] += half
        covariance[:, 0] += half
        of_means[index], of_covariances[index], transition = mean, covariance, transitions[index]
        mean, covariance = mean @ transition, transition.T @ covariance @ transition
    # What a change of a[i] does to m⁻ and P⁻ is F m⁻ and F (P⁻ - C) + (F (P⁻ - C))ᵀ.
    of_scaled = np.einsum("ni,ij,nj->n", of_means, markov.generator, means)
    of_scaled += 2 * np.einsum("nik,nik->n", of_covariances, markov.generator @ (covariances - stationary))
    turned = transitions.transpose(0, 2, 1) @ of_covariances @ transitions
    turned[0] = 0
    in_variance = np.sum((of_covariances - turned) * markov.stationary)
    value = -0.5 * float(np.sum(np.log(2 * math.pi * scales) + innovations**2 / scales))
    return value, np.array([-np.sum(of_scaled * scaled) / lengthscale, in_variance, np.sum(of_scales)])


def _dense_objective(parameters: np.ndarray, t: np.ndarray, y: np.ndarray) -> np.ndarray:
    lengthscale, variance, noise = parameters
    distances = math.sqrt(3) / lengthscale * np.abs(t[:, None] - t)
    kernel_matrix = variance * (1 + distances) * anp.exp(-distances)
    factor = anp.linalg.cholesky(kernel_matrix + noise * np.eye(len(t)))
    whitened = solve_triangular(factor, y, lower=True)
    # autograd differentiates a diagonal along the last two axes only.
    diagonal = anp.diagonal(factor, axis1=-1, axis2=-2)
    normalisation = -0.5 * len(t) * math.log(2 * math.pi)
    return normalisation - anp.sum(anp.log(diagonal)) - 0.5 * anp.dot(whitened, whitened)


def _dense_explicit(parameters: np.ndarray, t: np.ndarray, y: np.ndarray) -> np.ndarray:
    lengthscale, variance, noise = parameters
    distances = math.sqrt(3) / lengthscale * np.abs(t[:, None] - t)
    decay = np.exp(-distances)
    correlation = (1 + distances) * decay
    noisy_covariance = variance * correlation
    noisy_covariance.flat[:: len(t) + 1] += noise
    inverse, alpha, _ = inverted(noisy_covariance, y)
    # Only the lower triangle of the inverse is there. On the diagonal the distance is 0 and the correlation 1.
    below = np.tril(np.outer(alpha, alpha) - inverse, -1)
    in_noise = 0.5 * (alpha @ alpha - np.trace(inverse))
    in_lengthscale = variance / lengthscale * np.sum(below * distances**2 * decay)
    return np.array([in_lengthscale, np.sum(below * correlation) + in_noise, in_noise])
