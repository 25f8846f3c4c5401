"""Poisson regression with random effects of groups, or values between the knots of a grid: gathered and added up."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.base import Model


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    if formulation == "interpolated":
        return Model(_between_knots, _explicit_of_knots)
    return Model(_objective, _explicit)


def _objective(u: np.ndarray, group: np.ndarray, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    predictor = anp.sum(anp.reshape(u, (-1, z.shape[1]))[group] * z, axis=1)
    return anp.sum(y * predictor - anp.exp(predictor)) - 0.5 * anp.sum(u**2)


def _explicit(u: np.ndarray, group: np.ndarray, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    effects = z.shape[1]
    by_group = u.reshape(-1, effects)
    residual = y - np.exp(np.einsum("ij,ij->i", by_group[group], z))
    # bincount adds up faster than np.add.at.
    sums = [np.bincount(group, residual * z[:, effect], len(by_group)) for effect in range(effects)]
    return np.stack(sums, axis=1).ravel() - u


def _between_knots(u: np.ndarray, knot: np.ndarray, w: np.ndarray, y: np.ndarray) -> np.ndarray:
    predictor = (1 - w) * u[knot] + w * u[knot + 1]
    return -0.5 * (anp.sum((y - predictor) ** 2) + anp.sum(u**2))


def _explicit_of_knots(u: np.ndarray, knot: np.ndarray, w: np.ndarray, y: np.ndarray) -> np.ndarray:
    residual = y - (1 - w) * u[knot] - w * u[knot + 1]
    right = w * residual
    return np.bincount(knot, residual - right, u.size) + np.bincount(knot + 1, right, u.size) - u
