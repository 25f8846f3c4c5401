"""Each timed program runs a loop after its own work that takes 5 % as long."""

from collections.abc import Callable
from functools import partial

from benchmarks import gradients, protocol
from benchmarks.clock import best_call
from benchmarks.gradients import (  # noqa: F401, ASV finds them here
    MVNLogDensity,
    MVNTextbook,
    RBFCovariance,
    RBFCovarianceJacobian,
    RBFKernel,
    TimelineJacobian,
    WithoutJIT,
)

SLOWDOWN = 0.05


def _loop(turns: int) -> None:
    for _ in range(turns):
        pass


def _slowed(run: Callable[[], object]) -> Callable[[], object]:
    # A short loop and a long one, so that the cost of the call itself is told from that of a turn.
    short, long = (best_call(partial(_loop, turns), 0.1) for turns in (100, 10_000))
    turn = (long - short) / 9_900
    call = short - 100 * turn
    turns = round(max(0.0, SLOWDOWN * best_call(run, 0.3) - call) / turn)

    def slowed() -> None:
        run()
        _loop(turns)

    return slowed


def _samples_of_round(name: str, make: Callable[[], Callable[[], object]], device: str) -> list[float]:
    return protocol.samples_of_round(name, lambda: _slowed(make()), device)


vars(gradients)["samples_of_round"] = _samples_of_round
