"""State-space log-likelihood log N(y; 0, K + noise·I) with a Matérn kernel, by a Kalman filter or a Cholesky factor."""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.loops import Scan, checkpointed_scan, unrolled_scan
from autodiff_kernels.backends.jax.solving import by_own_functions
from autodiff_kernels.markov import MATERN, Markov


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "dense":
        return Model(_dense_objective, _dense_explicit)
    if formulation == "unrolled":
        return Model(partial(_objective, MATERN[1], unrolled_scan), partial(_explicit, MATERN[1], unrolled_scan))
    markov = MATERN[{"matern12": 0, "matern32": 1, "matern52": 2}[formulation]]
    return Model(
        objective=partial(_objective, markov, jax.lax.scan),
        explicit=partial(_explicit, markov, jax.lax.scan),
        checkpointed=partial(_objective, markov, checkpointed_scan),
    )


def _steps(t: jax.Array) -> jax.Array:
    """The time since the last point; 0 for the first."""
    return jnp.diff(t, prepend=t[:1])


def _transitions(markov: Markov, scaled: jax.Array) -> jax.Array:
    """A = exp(-a) Σ Nʲ aʲ / j! for each a of `scaled`, shape (n, k, k)."""
    powers = [jnp.ones_like(scaled)]
    for order in range(1, markov.size):
        powers.append(powers[-1] * scaled / order)
    terms = jnp.asarray(markov.powers, scaled.dtype)
    return jnp.einsum("jn,jkl->nkl", jnp.exp(-scaled) * jnp.stack(powers), terms)


def _predicted(
    markov: Markov, scan: Scan, parameters: jax.Array, transitions: jax.Array, y: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """m⁻ and P⁻ of all steps, shapes (n, k) and (n, k, k), by a loop over them."""
    _, variance, noise = parameters
    stationary = variance * jnp.asarray(markov.stationary, parameters.dtype)

    def step(
        carry: tuple[jax.Array, jax.Array], given: tuple[jax.Array, jax.Array]
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
        mean, covariance = carry
        transition, observed = given
        mean = transition @ mean
        covariance = transition @ (covariance - stationary) @ transition.T + stationary
        gain = covariance[:, 0] / (covariance[0, 0] + noise)
        after = (mean + gain * (observed - mean[0]), covariance - gain[:, None] * covariance[0])
        return after, (mean, covariance)

    start = (jnp.zeros(markov.size, parameters.dtype), stationary)
    return scan(step, start, (transitions, y))[1]


def _objective(markov: Markov, scan: Scan, parameters: jax.Array, t: jax.Array, y: jax.Array) -> jax.Array:
    lengthscale, _, noise = parameters
    transitions = _transitions(markov, markov.rate / lengthscale * _steps(t))
    means, covariances = _predicted(markov, scan, parameters, transitions, y)
    scales, innovations = covariances[:, 0, 0] + noise, y - means[:, 0]
    return -0.5 * jnp.sum(jnp.log(2 * math.pi * scales) + innovations**2 / scales)


def _explicit(markov: Markov, scan: Scan, parameters: jax.Array, t: jax.Array, y: jax.Array) -> jax.Array:
    return value_and_gradient(markov, scan, parameters, t, y)[1]


def value_and_gradient(
    markov: Markov, scan: Scan, parameters: jax.Array, t: jax.Array, y: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The log-density and the adjoint of the filter: a loop back over the steps, with only what has to be in a loop.

    A bar over a letter is the derivative in it. With p = P⁻[:, 0] and u = y - m⁻[0],

        s̄ = -½ (1/s - u²/s²) - (m̄·p) u/s² + pᵀP̄p / s²,   ū = (m̄·p - u) / s,   p̄ = (m̄ u - 2 P̄ p) / s

    give m̄⁻ and P̄⁻; then, for the step before, m̄ = Aᵀ m̄⁻ and P̄ = Aᵀ P̄⁻ A. Sums over the steps follow from these.
    """
    lengthscale, variance, noise = parameters
    scaled = markov.rate / lengthscale * _steps(t)
    transitions = _transitions(markov, scaled)
    means, covariances = _predicted(markov, scan, parameters, transitions, y)

    first = jnp.asarray(np.eye(markov.size)[0], t.dtype)

    def back(
        carry: tuple[jax.Array, jax.Array], given: tuple[jax.Array, ...]
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, ...]]:
        of_mean, of_covariance = carry
        transition, innovation, column, scale = given
        pulled = of_covariance @ column
        along, ratio = of_mean @ column, innovation / scale
        of_scale = (column @ pulled / scale - along * ratio - 0.5) / scale + 0.5 * ratio**2
        of_column = (of_mean * innovation - 2 * pulled) / scale
        of_mean = of_mean + (ratio - along / scale) * first
        half = 0.5 * (of_column + of_scale * first)
        of_covariance = of_covariance + half[:, None] * first + first[:, None] * half
        before = (transition.T @ of_mean, transition.T @ of_covariance @ transition)
        return before, (of_mean, of_covariance, of_scale)

    zeros = jnp.zeros_like(means[0]), jnp.zeros_like(covariances[0])
    scales, innovations = covariances[:, 0, 0] + noise, y - means[:, 0]
    given = (transitions, innovations, covariances[:, :, 0], scales)
    backwards = jax.tree.map(lambda array: array[::-1], given)
    _, outputs = scan(back, zeros, backwards)
    of_means, of_covariances, of_scales = jax.tree.map(lambda array: array[::-1], outputs)
    stationary, generator = (jnp.asarray(matrix, t.dtype) for matrix in (markov.stationary, markov.generator))
    # What a change of a[i] does to m⁻ and P⁻ is F m⁻ and F (P⁻ - C) + (F (P⁻ - C))ᵀ.
    of_scaled = jnp.einsum("ni,ij,nj->n", of_means, generator, means)
    of_scaled += 2 * jnp.einsum("nik,ij,njk->n", of_covariances, generator, covariances - variance * stationary)
    turned = jnp.einsum("nij,nik,njl->nkl", of_covariances, transitions, transitions)
    in_variance = jnp.sum((of_covariances - turned.at[0].set(0)) * stationary)
    value = -0.5 * jnp.sum(jnp.log(2 * math.pi * scales) + innovations**2 / scales)
    return value, jnp.stack([-jnp.sum(of_scaled * scaled) / lengthscale, in_variance, jnp.sum(of_scales)])


def _distances(lengthscale: jax.Array, t: jax.Array) -> jax.Array:
    """a for all pairs of times, shape (n, n), of two times that are in order."""
    return math.sqrt(3) / lengthscale * jnp.abs(t[:, None] - t)


def _dense_objective(parameters: jax.Array, t: jax.Array, y: jax.Array) -> jax.Array:
    lengthscale, variance, noise = parameters
    distances = _distances(lengthscale, t)
    kernel_matrix = variance * (1 + distances) * jnp.exp(-distances)
    factor = jnp.linalg.cholesky(kernel_matrix + noise * jnp.eye(len(t), dtype=t.dtype))
    # A complex step makes the factor complex, and the solve needs one dtype.
    whitened = solve_triangular(factor, y.astype(factor.dtype), lower=True)
    normalisation = -0.5 * len(t) * math.log(2 * math.pi)
    return normalisation - jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened


def _dense_explicit(parameters: jax.Array, t: jax.Array, y: jax.Array) -> jax.Array:
    lengthscale, variance, noise = parameters
    distances = _distances(lengthscale, t)
    decay = jnp.exp(-distances)
    correlation = (1 + distances) * decay
    inverse, alpha, _ = by_own_functions(variance * correlation + noise * jnp.eye(len(t), dtype=t.dtype), y)
    # Only the lower triangle of the inverse is correct. On the diagonal the distance is 0 and the correlation 1.
    below = jnp.tril(jnp.outer(alpha, alpha) - inverse, -1)
    in_noise = 0.5 * (alpha @ alpha - jnp.trace(inverse))
    in_lengthscale = variance / lengthscale * jnp.sum(below * distances**2 * decay)
    return jnp.stack([in_lengthscale, jnp.sum(below * correlation) + in_noise, in_noise])
