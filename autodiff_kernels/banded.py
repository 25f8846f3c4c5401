"""A normal log-density whose covariance S vanishes far from the diagonal, by elimination of blocks.

S is block tridiagonal: S[i, j] = 0 for blocks i, j with |i - j| > 1. With D[0] = S[0, 0],

    G[i] = S[i, i-1] D[i-1]⁻¹,   D[i] = S[i, i] - G[i] S[i-1, i],   det S = Π det D[i]

and, from the last block to the first, the blocks of the inverse Z = S⁻¹ where S is not zero:

    Z[i, i] = D[i]⁻¹ + G[i+1]ᵀ Z[i+1, i+1] G[i+1],   Z[i+1, i] = -Z[i+1, i+1] G[i+1]

Source: Golub & Van Loan, Matrix Computations (2013), section 4.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

#: The entries of a matrix for the points of two blocks, given as slices: first its rows, then its columns.
Entries = Callable[[slice, slice], np.ndarray]


class LogDensity(NamedTuple):
    """log N(r; 0, S), and its derivative in each parameter: shape (p,)."""

    value: float
    gradient: np.ndarray


def log_density(residual: np.ndarray, block: int, matrix: Entries, slopes: Sequence[Entries]) -> LogDensity:
    """The log-density of `residual`, shape (n,), and its derivatives; `slopes` are ∂S of each parameter.

    `block` is a number of neighbours beyond which S and its slopes vanish.
    """
    parts = [slice(first, min(first + block, residual.size)) for first in range(0, residual.size, block)]
    inverses: list[np.ndarray] = []
    forward: list[np.ndarray] = []
    pulls, logarithms = [np.zeros((0, 0))], 0.0
    for index, part in enumerate(parts):
        diagonal, right = matrix(part, part), residual[part]
        if index:
            below = matrix(part, parts[index - 1])
            pulls.append(below @ inverses[-1])
            diagonal = diagonal - pulls[-1] @ below.T
            right = right - pulls[-1] @ forward[-1]
        inverses.append(np.linalg.inv(diagonal))
        logarithms += np.linalg.slogdet(diagonal)[1]
        forward.append(right)
    alpha = [inverse @ right for inverse, right in zip(inverses, forward, strict=True)]
    quadratic = sum(right @ solved for right, solved in zip(forward, alpha, strict=True))
    gradient = np.zeros(len(slopes))
    corner = inverses[-1]
    for index in range(len(parts) - 1, -1, -1):
        if index < len(parts) - 1:
            pull = pulls[index + 1]
            alpha[index] = alpha[index] - pull.T @ alpha[index + 1]
            aside = -corner @ pull
            corner = inverses[index] - pull.T @ aside
            weights = np.outer(alpha[index + 1], alpha[index]) - aside
            gradient += [np.sum(weights * slope(parts[index + 1], parts[index])) for slope in slopes]
        weights = np.outer(alpha[index], alpha[index]) - corner
        gradient += [0.5 * np.sum(weights * slope(parts[index], parts[index])) for slope in slopes]
    return LogDensity(-0.5 * (residual.size * math.log(2 * math.pi) + logarithms + float(quadratic)), gradient)
