"""What a backend hands back, and what its models are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Model:
    """One problem in one backend's best idiom, for one formulation.

    All functions take the parameters, shape (p,), and then the data in the order in which the problem's inputs name
    them. `explicit` returns the hand-written derivative: the value's shape, then (p,). Of a fit it returns the
    value and the derivative, since a step needs both. The others return the value.
    """

    objective: Callable[..., Any]
    explicit: Callable[..., Any]
    #: The objective with a derivative rule of our own, where there is one.
    custom_rule: Callable[..., Any] | None = None
    #: The objective, parts of which are computed again for the derivative and not kept, where there are such.
    checkpointed: Callable[..., Any] | None = None

    def differentiated(self, mode: str) -> Callable[..., Any]:
        """What a mode takes the derivative of. Raises LookupError where the model has no such thing."""
        function = {"custom_rule": self.custom_rule, "checkpoint": self.checkpointed}.get(mode, self.objective)
        if function is None:
            raise LookupError(f"this model has nothing for {mode}")
        return function

    def wrapped(self, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Model:
        """The same model with whatever is differentiated inside of `wrap`."""
        return Model(
            wrap(self.objective),
            self.explicit,
            self.custom_rule and wrap(self.custom_rule),
            self.checkpointed and wrap(self.checkpointed),
        )


@dataclass(frozen=True)
class OnDevice:
    """What can be asked of a program on a device of its own, which works while the program's caller goes on.

    `start()` puts a call into the device's queue and does not wait. `busy_seconds(calls)` is how long the device is
    busy in a call, by its own events. `peak_bytes()` is what this process has held of the device's memory at most.
    """

    start: Callable[[], Any]
    busy_seconds: Callable[[int], float]
    peak_bytes: Callable[[], int | None]


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
    #: None on the CPU.
    on_device: OnDevice | None = None
