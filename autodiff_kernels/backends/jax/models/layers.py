"""Loss of a network of n layers, which the trace contains one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model
from autodiff_kernels.problems.layers import SHAPES, Shape


def model(formulation: str) -> Model:
    """The objective and its explicit derivative."""
    layer, back = (_attention, _attention_back) if formulation == "attention" else (_dense, _dense_back)
    shape = SHAPES[formulation]

    def objective(weights: jax.Array, x: jax.Array, target: jax.Array) -> jax.Array:
        for matrices in _layers(shape, weights):
            x = layer(x, *matrices)[0]
        return 0.5 * jnp.sum((x - target) ** 2) / len(x)

    def explicit(weights: jax.Array, x: jax.Array, target: jax.Array) -> jax.Array:
        kept = []
        for matrices in _layers(shape, weights):
            after, of_layer = layer(x, *matrices)
            kept.append((x, matrices, of_layer))
            x = after
        adjoint, parts = (x - target) / len(x), []
        for before, matrices, of_layer in reversed(kept):
            adjoint, derivatives = back(adjoint, before, matrices, of_layer)
            parts.append(derivatives)
        return jnp.concatenate([each.reshape(-1) for derivatives in reversed(parts) for each in derivatives])

    return Model(objective, explicit)


def _layers(shape: Shape, weights: jax.Array) -> Iterator[list[jax.Array]]:
    at = 0
    while at < weights.size:
        layer = []
        for matrix in shape.matrices:
            layer.append(weights[at : at + math.prod(matrix)].reshape(matrix))
            at += math.prod(matrix)
        yield layer


def _dense(h: jax.Array, weights: jax.Array, bias: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    activation = jnp.tanh(h @ weights + bias)
    return h + 0.5 * activation, (activation,)


def _dense_back(
    adjoint: jax.Array, h: jax.Array, matrices: list[jax.Array], kept: tuple[jax.Array, ...]
) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    (activation,) = kept
    pulled = 0.5 * adjoint * (1 - activation**2)
    return adjoint + pulled @ matrices[0].T, (h.T @ pulled, jnp.sum(pulled, axis=0))


def _attention(
    h: jax.Array, a: jax.Array, b: jax.Array, c: jax.Array, o: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    queries, keys, values = h @ a, h @ b, h @ c
    shares = jax.nn.softmax(queries @ keys.T / math.sqrt(h.shape[1]), axis=1)
    mixed = shares @ values
    return h + mixed @ o, (queries, keys, values, shares, mixed)


def _attention_back(
    adjoint: jax.Array, h: jax.Array, matrices: list[jax.Array], kept: tuple[jax.Array, ...]
) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    a, b, c, o = matrices
    queries, keys, values, shares, mixed = kept
    of_mixed = adjoint @ o.T
    of_shares, of_values = of_mixed @ values.T, shares.T @ of_mixed
    of_logits = shares * (of_shares - jnp.sum(of_shares * shares, axis=1, keepdims=True)) / math.sqrt(h.shape[1])
    of_queries, of_keys = of_logits @ keys, of_logits.T @ queries
    before = adjoint + of_queries @ a.T + of_keys @ b.T + of_values @ c.T
    return before, (h.T @ of_queries, h.T @ of_keys, h.T @ of_values, mixed.T @ adjoint)
