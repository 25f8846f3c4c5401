"""What a backend hands back, and the registry of its models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Model:
    """One problem in one backend's best idiom, for one formulation.

    Both functions take the parameters, shape (p,), and then the data in the order in which the problem's inputs name
    them. `objective` returns the value; `explicit` returns the hand-written derivative: the value's shape, then (p,).
    """

    objective: Callable[..., Any]
    explicit: Callable[..., Any]


@dataclass(frozen=True)
class Prepared:
    """A program that is compiled and placed but has not run yet.

    `run()` computes the derivative and waits for it. `predicted_bytes` is what it will hold in temporaries, inputs and
    outputs, where the backend can tell before it runs. `work()` counts what it costs without a clock.
    """

    run: Callable[[], Any]
    predicted_bytes: int | None
    work: Callable[[], dict[str, int]]


class Models(dict[str, Callable[[str], Model]]):
    """The models of one backend by problem name; a function decorated with `register` adds itself."""

    def register(self, function: Callable[[str], Model]) -> Callable[[str], Model]:
        """Register `function(formulation) -> Model` under its own name, which is the problem's."""
        self[function.__name__] = function
        return function
