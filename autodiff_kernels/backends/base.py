"""The types that backends share: a model, and a program that a backend has prepared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Model:
    """One formulation of one problem, in the best idiom of one backend.

    All functions take the parameters, shape (p,), and then the data, in the order of the problem's inputs. `explicit`
    returns the derivative, shaped like the value with (p,) appended. For a fit it returns the value and the derivative,
    since a step needs both. The other functions return the value.
    """

    objective: Callable[..., Any]
    explicit: Callable[..., Any]
    #: The explicit derivative with LAPACK's inverse by a foreign call, if there is one.
    lapack: Callable[..., Any] | None = None
    #: The objective with a custom rule, if there is one.
    custom_rule: Callable[..., Any] | None = None
    #: The objective that recomputes intermediate values for the derivative, if there is one.
    checkpointed: Callable[..., Any] | None = None

    def by_hand(self, mode: str) -> Callable[..., Any]:
        """The derivative of mode explicit or lapack. Raises LookupError if the model has none."""
        function = self.explicit if mode == "explicit" else self.lapack
        if function is None:
            raise LookupError(f"this model has no function for mode {mode}")
        return function

    def differentiated(self, mode: str) -> Callable[..., Any]:
        """The function that a mode differentiates. Raises LookupError if the model has none."""
        function = {"custom_rule": self.custom_rule, "checkpoint": self.checkpointed}.get(mode, self.objective)
        if function is None:
            raise LookupError(f"this model has no function for mode {mode}")
        return function

    def wrapped(self, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Model:
        """The same model with each differentiated function passed through `wrap`."""
        return Model(
            wrap(self.objective),
            self.explicit,
            self.lapack,
            self.custom_rule and wrap(self.custom_rule),
            self.checkpointed and wrap(self.checkpointed),
        )


@dataclass(frozen=True)
class OnDevice:
    """Measurements of a program on a GPU, which runs asynchronously.

    `start()` queues a call on the device and returns at once. `busy_seconds(calls)` is the time for which a call keeps
    the device busy, averaged over `calls` calls and taken from the events of the device. `peak_bytes()` is the largest
    amount of device memory that this process has held.
    """

    start: Callable[[], Any]
    busy_seconds: Callable[[int], float]
    peak_bytes: Callable[[], int | None]


@dataclass(frozen=True)
class Prepared:
    """A program that is compiled and placed on its device, and has not run yet.

    `run()` computes the derivative and waits for it. `work()` returns its deterministic metrics. `predicted_bytes` is
    the size of its temporaries, inputs and outputs, if the backend knows it before the first call. `seconds` holds the
    time of each stage of the build, measured by the clock that the backend received.
    """

    run: Callable[[], Any]
    work: Callable[[], dict[str, int]]
    predicted_bytes: int | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    #: None on the CPU, for fits and without jit.
    on_device: OnDevice | None = None
