"""Worlds, the histories that are drawn in them, and the scores of detectors on these."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from studies.documents import Table, as_line, measured_here, store
from studies.recorded_nights.detectors import Alarms, ours, plain
from studies.recorded_nights.scores import AFTER, BEFORE

CELLS = 12
SLOWDOWNS = (0.05, 0.10, 0.20)
#: Logarithms of the common-mode factors of four processors. Each cell deviates from them by a random 3 %.
PROCESSORS = np.array([0.0, 0.15, 0.3, -0.1])


@dataclass(frozen=True)
class Drawn:
    """What a machine adds to the logarithms of all values, and the processor of each night if it changes."""

    added: np.ndarray
    processors: Sequence[str] = ()


@dataclass(frozen=True)
class World:
    """A machine, the range of the noise of its cells, and the nights before a slowdown."""

    machine: Callable[[np.random.Generator, int], Drawn]
    noise: tuple[float, float] = (0.003, 0.02)
    before: int = BEFORE


def _quiet(random: np.random.Generator, nights: int) -> Drawn:
    return Drawn(np.zeros((nights, CELLS)))


def _common(deviation: float) -> Callable[[np.random.Generator, int], Drawn]:
    return lambda random, nights: Drawn(np.repeat(random.normal(0, deviation, (nights, 1)), CELLS, axis=1))


def _processors_change(random: np.random.Generator, nights: int) -> Drawn:
    return _of_processors(_types(random), random.integers(len(PROCESSORS), size=nights))


def _processors_stay(random: np.random.Generator, nights: int) -> Drawn:
    types = _types(random)
    moves = random.random(nights) < 0.1
    drawn = random.integers(len(PROCESSORS), size=nights)
    latest = np.maximum.accumulate(np.where(moves, np.arange(nights), 0))
    return _of_processors(types, np.where(moves.cumsum() > 0, drawn[latest], 0))


def _sometimes_quicker(random: np.random.Generator, nights: int) -> Drawn:
    """A runner that is of a quicker type one night in fifty, and then for eight nights on average."""
    types = np.array([[0.0], [-0.08]]) + random.normal(0, 0.0205, (2, CELLS))
    is_quick = [False]
    for chance in random.random(nights - 1).tolist():
        is_quick.append(chance >= 1 / 8 if is_quick[-1] else chance < 0.02)
    drawn = _of_processors(types, np.array(is_quick, int))
    return Drawn(drawn.added + random.normal(0, 0.008, (nights, 1)), drawn.processors)


def _types(random: np.random.Generator) -> np.ndarray:
    return PROCESSORS[:, None] + random.normal(0, 0.03, (len(PROCESSORS), CELLS))


def _of_processors(types: np.ndarray, numbers: np.ndarray) -> Drawn:
    return Drawn(types[numbers], [str(number) for number in numbers])


def _bad_nights(random: np.random.Generator, nights: int) -> Drawn:
    bad = (random.random(nights) < 0.07)[:, None] * random.exponential(0.15, (nights, 1))
    return Drawn(bad * random.uniform(0.3, 2, CELLS))


COLUMNS = ("", "", "false per 1000 cell-nights", "+5 % by night 3", "+10 %", "+20 %")
#: The nights on which a detector reports a slowdown, and the cells.
Detector = Callable[[np.ndarray], Alarms]
DETECTORS: dict[str, Detector] = {"our detector": ours, "the plain rule": plain}
#: The noise of the last two is such that the detector until November 2026, which divided only by large factors, finds
#: what it found on runners of a hosting service: 74 % of +5 % by night 3 (85 % if it divides by every factor) on one
#: type of processor, and on two a third more false alarms than the plain rule.
HOSTED = (0.003, 0.0135)
WORLDS = {
    "a steady machine": World(_quiet),
    "one type of processor, a common-mode factor of 1.3 % each night": World(_common(0.013)),
    "a different processor each night": World(_processors_change),
    "a different processor occasionally": World(_processors_stay),
    "bad nights that slow some cells more": World(_bad_nights),
    "a hosted runner of one type": World(_common(0.008), HOSTED),
    "a hosted runner, sometimes of a quicker type": World(_sometimes_quicker, HOSTED, before=250),
}


def history(world: World, random: np.random.Generator) -> tuple[np.ndarray, Sequence[str]]:
    """A synthetic history: a row for each night, a column for each cell; and the processors of the nights."""
    nights = world.before + AFTER
    noise = random.uniform(*world.noise, CELLS)
    logarithms = random.normal(0, 1, (nights, CELLS)) * noise
    logarithms += (random.random((nights, CELLS)) < 0.02) * random.exponential(0.15, (nights, CELLS))
    drawn = world.machine(random, nights)
    return np.exp(logarithms + drawn.added), drawn.processors


def scored(detectors: Mapping[str, Detector], histories: int) -> list[list[str]]:
    """The rows of the table, which are printed as soon as they are computed."""
    print("\n".join(Table(COLUMNS, ()).lines()))
    found = []
    for name, world in WORLDS.items():
        for row in rows(name, world, max(1, histories * BEFORE // world.before), detectors):
            print(as_line(row), flush=True)
            found.append(row)
    return found


def keep(block: str, command: str, table: list[list[str]], options: argparse.Namespace) -> None:
    """Store a table and update the documents."""
    note = f"synthetic histories from a fixed seed, {options.histories} of a short world"
    tables = [{"columns": COLUMNS, "rows": table}]
    store(block, {**measured_here(command, options.on or "any machine"), "note": note, "tables": tables})


def rows(
    name: str, world: World, histories: int, detectors: Mapping[str, Detector] = MappingProxyType(DETECTORS)
) -> Iterator[list[str]]:
    """A row of the table for each detector; the same histories for all. Ours runs with known processors as well."""
    counts: defaultdict[str, np.ndarray] = defaultdict(lambda: np.zeros(4, int))
    random, cell_nights = np.random.default_rng(0), 0
    for number in range(histories):
        (drawn, processors), cell = history(world, random), number % CELLS
        cell_nights += 4 * drawn.size
        all_detectors = dict(detectors)
        if processors:
            all_detectors["our detector, processors known"] = partial(ours, processors=processors)
        for index, slowdown in enumerate((0.0, *SLOWDOWNS)):
            values = drawn.copy()
            values[world.before :, cell] *= 1 + slowdown
            for detector, alarms_of in all_detectors.items():
                alarms = alarms_of(values)
                true = [night for night, other in alarms if slowdown and other == cell and night >= world.before]
                counts[detector][0] += len(alarms) - len(true)
                if slowdown:
                    counts[detector][index] += bool(true) and min(true) < world.before + 3
    for detector, (false, *by_slowdown) in sorted(counts.items()):
        shares = (f"{share / histories:.1%}" for share in by_slowdown)
        yield [name, detector, f"{1000 * false / cell_nights:.2f}", *shares]
