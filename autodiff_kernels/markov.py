"""Matérn kernels as Markov processes: what the backends need of their state x, which is scaled to have no units.

x holds the process and its derivatives, the j-th divided by rate^j. In the time a = rate · (t - t′) it has the
generator F, with N = F + I and N^k = 0, so that exp(a F) = exp(-a) Σ Nʲ aʲ / j! has k terms.

Source: Hartikainen & Särkkä, Kalman filtering and smoothing solutions to temporal Gaussian process regression models
(2010).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Markov(NamedTuple):
    """A Matérn kernel of variance 1 with k entries in its state."""

    #: k
    size: int
    #: √(2ν), to be divided by the lengthscale.
    rate: float
    #: F, shape (k, k).
    generator: np.ndarray
    #: Nʲ for j = 0 … k - 1, shape (k, k, k).
    powers: np.ndarray
    #: C, shape (k, k).
    stationary: np.ndarray


def _markov(generator: list[list[float]], stationary: list[list[float]]) -> Markov:
    matrix, size = np.array(generator), len(generator)
    nilpotent = matrix + np.eye(size)
    powers = np.stack([np.linalg.matrix_power(nilpotent, order) for order in range(size)])
    return Markov(size, math.sqrt(2 * size - 1), matrix, powers, np.array(stationary))


#: By ν - ½.
MATERN = (
    _markov([[-1.0]], [[1.0]]),
    _markov([[0.0, 1.0], [-1.0, -2.0]], [[1.0, 0.0], [0.0, 1.0]]),
    _markov(
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, -3.0, -3.0]],
        [[1.0, 0.0, -1 / 3], [0.0, 1 / 3, 0.0], [-1 / 3, 0.0, 1.0]],
    ),
)
