"""What a backend hands back, and the registry of its models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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

    `run()` computes the derivative and waits for it. `work()` counts what it costs without a clock. `predicted_bytes`
    is what it will hold in temporaries, inputs and outputs, where the backend can tell before it runs. `seconds` is how
    long each stage took that made it, by the clock that the backend was given.
    """

    run: Callable[[], Any]
    work: Callable[[], dict[str, int]]
    predicted_bytes: int | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)


class Models(dict[str, Callable[[str], Model]]):
    """The models of one backend by problem name; a function decorated with `register` adds itself."""

    def register(self, function: Callable[[str], Model]) -> Callable[[str], Model]:
        """Register `function(formulation) -> Model` under its own name, which is the problem's."""
        self[function.__name__] = function
        return function
