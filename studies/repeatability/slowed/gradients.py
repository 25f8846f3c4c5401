"""After its own work, each timed program runs a loop that takes 5 % as long."""

from collections.abc import Callable
from functools import partial

from benchmarks import gradients, protocol
from benchmarks.clock import best_call, fitting_clock
from benchmarks.records import updated

SLOWDOWN = 0.05


def _loop(turns: int) -> None:
    for _ in range(turns):
        pass


def _turns(run: Callable[[], object]) -> int:
    """The iterations of a loop that takes SLOWDOWN times as long as `run`."""
    # A short and a long loop separate the cost of the call from that of an iteration.
    short, long = (best_call(partial(_loop, turns), 0.1) for turns in (100, 10_000))
    turn = (long - short) / 9_900
    call = short - 100 * turn
    return round(max(0.0, SLOWDOWN * best_call(run, 0.5, fitting_clock(run)) - call) / turn)


def _samples_of_round(name: str, make: Callable[[], Callable[[], object]]) -> list[float]:
    def make_slowed() -> Callable[[], object]:
        run = make()
        # All rounds run the same number of iterations. Otherwise the shortest loop would give the shortest call.
        turns = updated(f"loop {name}", lambda known: known if known is not None else _turns(run))

        def slowed() -> None:
            run()
            _loop(turns)

        return slowed

    return protocol.samples_of_round(name, make_slowed)


vars(gradients)["samples_of_round"] = _samples_of_round

# ASV finds them here.
globals().update(gradients.CLASSES)
