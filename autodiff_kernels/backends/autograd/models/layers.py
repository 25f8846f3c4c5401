"""Loss of a network of n layers, one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator

import autograd.numpy as anp
import numpy as np

from autodiff_kernels.backends.base import Model
from autodiff_kernels.problems.layers import SHAPES, Shape


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    layer, back = (_attention, _attention_back) if formulation == "attention" else (_dense, _dense_back)
    shape = SHAPES[formulation]

    def objective(weights: np.ndarray, x: np.ndarray, target: np.ndarray) -> np.ndarray:
        for matrices in _layers(shape, weights):
            x = layer(x, *matrices)[0]
        return 0.5 * anp.sum((x - target) ** 2) / len(target)

    def explicit(weights: np.ndarray, x: np.ndarray, target: np.ndarray) -> np.ndarray:
        kept = []
        for matrices in _layers(shape, weights):
            after, of_layer = layer(x, *matrices)
            kept.append((x, matrices, of_layer))
            x = after
        gradient, adjoint = np.empty_like(weights), (x - target) / len(x)
        slots = list(_layers(shape, gradient))
        for (before, matrices, of_layer), slot in zip(reversed(kept), reversed(slots), strict=True):
            adjoint, derivatives = back(adjoint, before, matrices, of_layer)
            for place, derivative in zip(slot, derivatives, strict=True):
                place[...] = derivative
        return gradient

    return Model(objective, explicit)


def _layers(shape: Shape, weights: np.ndarray) -> Iterator[list[np.ndarray]]:
    at = 0
    while at < weights.size:
        layer = []
        for matrix in shape.matrices:
            layer.append(anp.reshape(weights[at : at + math.prod(matrix)], matrix))
            at += math.prod(matrix)
        yield layer


def _dense(h: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    activation = anp.tanh(anp.dot(h, weights) + bias)
    return h + 0.5 * activation, (activation,)


def _dense_back(
    adjoint: np.ndarray, h: np.ndarray, matrices: list[np.ndarray], kept: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    (activation,) = kept
    pulled = 0.5 * adjoint * (1 - activation**2)
    return adjoint + pulled @ matrices[0].T, (h.T @ pulled, np.sum(pulled, axis=0))


def _attention(
    h: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray, o: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    queries, keys, values = anp.dot(h, a), anp.dot(h, b), anp.dot(h, c)
    logits = anp.dot(queries, keys.T) / math.sqrt(h.shape[1])
    # Only numbers decide which logit is the largest, and the shares do not depend on what is subtracted.
    exponentials = anp.exp(logits - anp.max(logits, axis=1, keepdims=True))
    shares = exponentials / anp.sum(exponentials, axis=1, keepdims=True)
    mixed = anp.dot(shares, values)
    return h + anp.dot(mixed, o), (queries, keys, values, shares, mixed)


def _attention_back(
    adjoint: np.ndarray, h: np.ndarray, matrices: list[np.ndarray], kept: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    a, b, c, o = matrices
    queries, keys, values, shares, mixed = kept
    of_mixed = adjoint @ o.T
    of_shares, of_values = of_mixed @ values.T, shares.T @ of_mixed
    of_logits = shares * (of_shares - np.sum(of_shares * shares, axis=1, keepdims=True)) / math.sqrt(h.shape[1])
    of_queries, of_keys = of_logits @ keys, of_logits.T @ queries
    before = adjoint + of_queries @ a.T + of_keys @ b.T + of_values @ c.T
    return before, (h.T @ of_queries, h.T @ of_keys, h.T @ of_values, mixed.T @ adjoint)
