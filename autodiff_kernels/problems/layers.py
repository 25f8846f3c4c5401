"""Loss of a network of n layers, in all of its weights; the layers are written one after the other.

f = ½ Σ (h[n] - target)² / rows, where h[0] are the rows x, and each layer adds to its input:

- `small` and `middle`: h + ½ tanh(h W + b), for 32 rows of width 16 or 64.
- `attention`: h + s v O, s = softmax(q kᵀ / √width) in each row, q = h A, k = h B, v = h C, for 16 tokens of width 16.

The parameters are the entries of W and b, or of A, B, C and O, of one layer after the other. Each is of one scale with
the others of its matrix.

Source: He et al., Deep residual learning for image recognition (2016); Vaswani et al., Attention is all you need
(2017).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem


class Shape(NamedTuple):
    """The rows and the width of h, and the matrices of a layer."""

    rows: int
    width: int
    matrices: tuple[tuple[int, ...], ...]

    @property
    def weights(self) -> int:
        """The number of weights of a layer."""
        return sum(int(np.prod(matrix)) for matrix in self.matrices)


SHAPES = {
    "small": Shape(32, 16, ((16, 16), (16,))),
    "middle": Shape(32, 64, ((64, 64), (64,))),
    "attention": Shape(16, 16, ((16, 16),) * 4),
}


def inputs(size: int, seed: int = 0, *, formulation: str = "small") -> Inputs:
    """Normal rows and targets, and weights that neither blow the rows up nor extinguish them."""
    shape, generator = SHAPES[formulation], np.random.default_rng(seed)
    weights = 0.5 / np.sqrt(shape.width) * generator.standard_normal(size * shape.weights)
    x, target = generator.standard_normal((2, shape.rows, shape.width))
    return Inputs(weights, {"x": x, "target": target})


def _matrices(inputs: Inputs, formulation: str) -> list[list[np.ndarray]]:
    """The matrices of each layer."""
    shape, layers, at = SHAPES[formulation], [], 0
    while at < inputs.parameters.size:
        layer = []
        for matrix in shape.matrices:
            layer.append(inputs.parameters[at : at + int(np.prod(matrix))].reshape(matrix))
            at += layer[-1].size
        layers.append(layer)
    return layers


def _attention(h: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """s: shape (rows, rows)."""
    logits = np.einsum("ri,ij,sk,kj->rs", h, a, h, b, optimize=True) / np.sqrt(h.shape[1])
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def _after(h: np.ndarray, layer: list[np.ndarray], formulation: str) -> np.ndarray:
    if formulation == "attention":
        a, b, c, o = layer
        return h + np.einsum("rs,si,ij,jk->rk", _attention(h, a, b), h, c, o, optimize=True)
    weights, bias = layer
    return h + 0.5 - 1 / (1 + np.exp(2 * (h @ weights + bias)))  # tanh(x) = 1 - 2 / (1 + exp(2x))


def _rows(inputs: Inputs, formulation: str) -> list[np.ndarray]:
    """h before and after each layer."""
    rows = [inputs.data["x"]]
    for layer in _matrices(inputs, formulation):
        rows.append(_after(rows[-1], layer, formulation))
    return rows


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The loss: shape ()."""
    difference = _rows(inputs, formulation)[-1] - inputs.data["target"]
    return np.asarray(0.5 * np.sum(difference**2) / len(difference))


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient in all weights, from the Jacobian of each layer: shape (p,)."""
    rows, layers = _rows(inputs, formulation), _matrices(inputs, formulation)
    adjoint = (rows[-1] - inputs.data["target"]) / len(rows[0])
    pull_back, parts = (_pull_back_attention if formulation == "attention" else _pull_back), []
    for h, layer in zip(rows[-2::-1], layers[::-1], strict=True):
        adjoint, derivatives = pull_back(h, layer, adjoint)
        parts.append(np.concatenate([each.ravel() for each in derivatives]))
    return np.concatenate(parts[::-1])


def _pull_back(h: np.ndarray, layer: list[np.ndarray], adjoint: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    weights, bias = layer
    slopes = 0.5 / np.cosh(h @ weights + bias) ** 2
    # The Jacobian of each row: shape (rows, width, width).
    jacobians = np.eye(len(bias)) + np.einsum("ij,rj->rij", weights, slopes)
    derivatives = [np.einsum("ri,rj,rj->ij", h, slopes, adjoint), np.einsum("rj,rj->j", slopes, adjoint)]
    return np.einsum("rij,rj->ri", jacobians, adjoint), derivatives


def _pull_back_attention(
    h: np.ndarray, layer: list[np.ndarray], adjoint: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    a, b, c, o = layer
    s = _attention(h, a, b)
    # ∂s[r, t] / ∂logits[r, u], shape (rows, rows, rows).
    softmax = np.einsum("rt,tu->rtu", s, np.eye(len(h))) - np.einsum("rt,ru->rtu", s, s)
    in_s = np.einsum("rk,jk,ij,ti->rt", adjoint, o, c, h, optimize=True)
    in_logits = np.einsum("rt,rtu->ru", in_s, softmax) / np.sqrt(h.shape[1])
    derivatives = [
        np.einsum("ru,ri,uk,kj->ij", in_logits, h, h, b, optimize=True),
        np.einsum("ru,ui,rk,kj->ij", in_logits, h, h, a, optimize=True),
        np.einsum("rt,ti,rk,jk->ij", s, h, adjoint, o, optimize=True),
        np.einsum("rt,ti,ij,rk->jk", s, h, c, adjoint, optimize=True),
    ]
    before = adjoint + np.einsum("rt,rk,jk,ij->ti", s, adjoint, o, c, optimize=True)
    before += np.einsum("ru,ij,kj,uk->ri", in_logits, a, b, h, optimize=True)
    before += np.einsum("ru,ij,kj,ri->uk", in_logits, a, b, h, optimize=True)
    return before, derivatives


def _operations(formulation: str) -> Callable[[int], Operations]:
    """Of the products of matrices alone: forth one for each, back two."""
    rows, width, matrices = SHAPES[formulation]
    products = 2 * rows * width**2 * sum(len(matrix) == 2 for matrix in matrices)
    if formulation == "attention":
        products += 4 * rows**2 * width
    return lambda size: Operations(value=size * products, derivative=3 * size * products)


def _of(formulation: str) -> Formulation:
    shape = SHAPES[formulation]

    def blocks(size: int) -> list[int]:
        return [int(np.prod(matrix)) for matrix in shape.matrices] * size

    return Formulation(
        ("weights",),
        sizes=(1, 10, 100) if formulation == "small" else (1, 10),
        operations=_operations(formulation),
        inputs=partial(inputs, formulation=formulation),
        steps=lambda size: size,
        largest_array=lambda size: shape.rows * max(shape.width, shape.rows),
        parameters_of_size=lambda size: size * shape.weights,
        blocks=blocks,
        data_entries=lambda size: size * shape.weights,
        float32_tolerance=1e-4,
        terms_of_difference=lambda size: size * shape.rows * shape.width,
    )


PROBLEM = Problem(
    name="layers",
    summary="loss of a network of n layers, in all of its weights; the layers are written one after the other",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={name: _of(name) for name in SHAPES},
)
