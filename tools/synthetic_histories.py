"""How good is the detector of level shifts on other machines? This command scores it on synthetic histories.

It takes about 5 minutes. All nights in data/nights.json come from one machine, so this command draws random histories
of twelve cells instead. Each cell has its own noise, and one value in 50 is an outlier. A world models a machine.
Each history is scored four times: unchanged, and with one cell slower by 5 %, 10 % or 20 % after the first 36 nights.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from tools.detector_score import AFTER, BEFORE, ours, plain

CELLS = 12
SLOWDOWNS = (0.05, 0.10, 0.20)
#: Logarithms of the common-mode factors of four processors. Each cell deviates from them by a random 3 %.
PROCESSORS = np.array([0.0, 0.15, 0.3, -0.1])


def _quiet(random: np.random.Generator, nights: int) -> np.ndarray:
    return np.zeros((nights, CELLS))


def _one_processor(random: np.random.Generator, nights: int) -> np.ndarray:
    return np.repeat(random.normal(0, 0.013, (nights, 1)), CELLS, axis=1)


def _processors_change(random: np.random.Generator, nights: int) -> np.ndarray:
    return _of_processors(random)[random.integers(len(PROCESSORS), size=nights)]


def _processors_stay(random: np.random.Generator, nights: int) -> np.ndarray:
    moves = random.random(nights) < 0.1
    drawn = random.integers(len(PROCESSORS), size=nights)
    latest = np.maximum.accumulate(np.where(moves, np.arange(nights), 0))
    return _of_processors(random)[np.where(moves.cumsum() > 0, drawn[latest], 0)]


def _of_processors(random: np.random.Generator) -> np.ndarray:
    return PROCESSORS[:, None] + random.normal(0, 0.03, (len(PROCESSORS), CELLS))


def _bad_nights(random: np.random.Generator, nights: int) -> np.ndarray:
    bad = (random.random(nights) < 0.07)[:, None] * random.exponential(0.15, (nights, 1))
    return bad * random.uniform(0.3, 2, CELLS)


WORLDS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "a steady machine": _quiet,
    "one type of processor, a common-mode factor of 1.3 % each night": _one_processor,
    "a different processor each night": _processors_change,
    "a different processor occasionally": _processors_stay,
    "bad nights that slow some cells more": _bad_nights,
}


def history(world: str, random: np.random.Generator, nights: int = BEFORE + AFTER) -> np.ndarray:
    """A synthetic history: a row for each night, a column for each cell."""
    noise = random.uniform(0.003, 0.02, CELLS)
    logarithms = random.normal(0, 1, (nights, CELLS)) * noise
    logarithms += (random.random((nights, CELLS)) < 0.02) * random.exponential(0.15, (nights, CELLS))
    return np.exp(logarithms + WORLDS[world](random, nights))


def main() -> None:
    """Score both detectors in each world, and print a row for each detector and world."""
    parser = argparse.ArgumentParser(prog="python -m tools.synthetic_histories", description=__doc__)
    parser.add_argument("--histories", type=int, default=480, help="histories for each world (default: %(default)s)")
    options = parser.parse_args()
    print("| | | false per 1000 cell-nights | +5 % by night 3 | +10 % | +20 % |\n|---|---|---|---|---|---|")
    for world in WORLDS:
        counts = {"our detector": np.zeros(4, int), "the plain rule": np.zeros(4, int)}
        random = np.random.default_rng(0)
        for number in range(options.histories):
            drawn, cell = history(world, random), number % CELLS
            for index, slowdown in enumerate((0.0, *SLOWDOWNS)):
                values = drawn.copy()
                values[BEFORE:, cell] *= 1 + slowdown
                for found, detector in zip(counts.values(), (ours, plain), strict=True):
                    alarms = detector(values)
                    true = [night for night, other in alarms if slowdown and other == cell and night >= BEFORE]
                    found[0] += len(alarms) - len(true)
                    if slowdown:
                        found[index] += bool(true) and min(true) < BEFORE + 3
        cell_nights = 4 * options.histories * drawn.size
        for name, (false, *by_slowdown) in counts.items():
            shares = " | ".join(f"{share / options.histories:.1%}" for share in by_slowdown)
            print(f"| {world} | {name} | {1000 * false / cell_nights:.2f} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
