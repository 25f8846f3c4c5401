"""Loops that several models share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax

#: scan(step, carry, steps) → the last carry and the outputs of all steps, as jax.lax.scan.
Scan = Callable[[Callable[..., Any], Any, Any], tuple[Any, Any]]


def checkpointed_scan(step: Callable[..., Any], carry: Any, steps: Any) -> tuple[Any, Any]:
    """jax.lax.scan that stores the carry of every √n-th step only, and recomputes the others in reverse mode."""
    count = len(jax.tree.leaves(steps)[0])
    length = _segment(count)

    @jax.checkpoint
    def segment(carry: Any, steps: Any) -> tuple[Any, Any]:
        return jax.lax.scan(step, carry, steps)

    in_segments = jax.tree.map(lambda array: array.reshape(count // length, length, *array.shape[1:]), steps)
    carry, outputs = jax.lax.scan(segment, carry, in_segments)
    return carry, jax.tree.map(lambda array: array.reshape(count, *array.shape[2:]), outputs)


def unrolled_scan(step: Callable[..., Any], carry: Any, steps: Any) -> tuple[Any, Any]:
    """The same as jax.lax.scan, with the steps written one after the other."""
    outputs = []
    for index in range(len(jax.tree.leaves(steps)[0])):
        carry, output = step(carry, jax.tree.map(lambda array: array[index], steps))  # noqa: B023
        outputs.append(output)
    return carry, jax.tree.map(lambda *each: jax.numpy.stack(each), *outputs)


def _segment(count: int) -> int:
    """The divisor of `count` next to its square root from below."""
    return next(length for length in range(math.isqrt(count), 0, -1) if count % length == 0)
