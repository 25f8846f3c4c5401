"""Did the machine change? Controls use NumPy and Python alone and are measured like gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from benchmarks.protocol import Replayed, samples_of_round


def _matrix_product() -> Callable[[], object]:
    matrix = np.random.default_rng(0).random((300, 300))
    return lambda: matrix @ matrix


def _exponential() -> Callable[[], object]:
    numbers = np.random.default_rng(0).random(100_000)
    return lambda: np.exp(numbers)


def _python_loop() -> Callable[[], object]:
    def loop() -> int:
        total = 0
        for number in range(10_000):
            total += number
        return total

    return loop


def _dense_solve() -> Callable[[], object]:
    generator = np.random.default_rng(0)
    matrix, right = generator.random((8, 8)) + 8 * np.eye(8), generator.random(8)
    return lambda: np.linalg.solve(matrix, right)


def _indexed_sum() -> Callable[[], object]:
    generator = np.random.default_rng(0)
    places, numbers = generator.integers(0, 1_000, 10_000), generator.random(10_000)
    return lambda: np.bincount(places, numbers, 1_000)


KERNELS = {
    "matrix product": _matrix_product,
    "exponential": _exponential,
    "Python loop": _python_loop,
    "dense solve": _dense_solve,
    "indexed sum": _indexed_sum,
}


class Control(Replayed):
    """How fast is the machine: its floating-point units, its memory, its Python, small calls? Leaves out gradients.

    Only a commit that bumps NumPy can change a control. Otherwise, a changed control means a changed machine.
    """

    # Up to version 3 the value was the shortest call of all.
    version = "4"
    param_names = ["kernel"]
    params = [["matrix product", "exponential", "Python loop", "dense solve", "indexed sum"]]

    def setup(self, kernel: str) -> None:
        self.take(_samples(kernel))

    def time_control(self, kernel: str) -> None:
        self.replay()


@cache
def _samples(kernel: str) -> list[float]:
    return samples_of_round(f"control {kernel}", KERNELS[kernel])
