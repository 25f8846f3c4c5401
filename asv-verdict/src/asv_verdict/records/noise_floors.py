"""The file with the pairs of identical runs from which the noise floors are computed."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.asv_io.pairs import Pair, is_identical, is_positive, processor_of
from asv_verdict.stats.noise import LEAST_PAIRS, Noise
from asv_verdict.stats.ratio import LEAST_ADJACENT, UNKNOWN_NOISE, adjacent_change

#: A larger logarithmic difference in a night counts as this one, in either direction. A disturbed night, or a small
#: change that nobody confirmed, is no noise; and a noise floor of some 5 % still finds what a user wants to know.
LARGEST_OF_NIGHT = 0.02


def read_noise(
    folder: Path,
    machine: str,
    environment: str,
    problems: list[str],
    versions: Mapping[str, str] | None = None,
    processor: str | None = None,
    nights: Path | None = None,
) -> Noise:
    """The noise from the pairs in `folder`/MACHINE/ENVIRONMENT.json that were measured interleaved on an idle machine.

    asv_io/pairs.py describes the file. A pair with background load (`busy_processes`), a pair that was not
    `interleaved`, and one with an artificial slowdown (`slowed`) or another `clock` are left out. So are values of
    another version of a benchmark than the one in `versions`. Only pairs of `processor` count. If there are none, the
    pairs of the newest pair's processor count instead, and `problems` says so.

    Cells with fewer than LEAST_PAIRS such pairs also use those in the file `nights`, if given (records/night_noise.py),
    each of which counts at most LARGEST_OF_NIGHT. Nights compare two commits, so a drift looks like noise there.
    """
    path = folder / machine / f"{environment}.json"
    measured, is_damaged = _identical(path, problems)
    of_nights = _identical(nights, problems)[0] if nights else []
    if processor is not None:
        of_nights = [pair for pair in of_nights if processor_of(pair) == processor]
    if not measured and not of_nights:
        reason = "" if is_damaged else f"no noise floors were measured on {machine}; "
        problems.append(f"{reason}a noise of {UNKNOWN_NOISE:.0%} is assumed")
        return Noise()
    differences = _differences(
        _of_processor(measured, processor, of_nights, machine, problems), path, versions, problems
    )
    if nights:
        for cell, found in _differences(of_nights, nights, versions, problems).items():
            if len(differences[cell]) < LEAST_PAIRS:
                differences[cell] += [
                    (_bounded(one), None if adjacent is None else _bounded(adjacent)) for one, adjacent in found
                ]
    of_adjacent = {
        cell: [adjacent for _, adjacent in found if adjacent is not None] for cell, found in differences.items()
    }
    return Noise(
        {cell: [one for one, _ in found] for cell, found in differences.items()},
        {cell: found for cell, found in of_adjacent.items() if found},
    )


def _bounded(difference: float) -> float:
    return min(max(difference, -LARGEST_OF_NIGHT), LARGEST_OF_NIGHT)


def _of_processor(
    pairs: list[Pair], processor: str | None, of_nights: list[Pair], machine: str, problems: list[str]
) -> list[Pair]:
    """The pairs of this processor or, if there are none at all, of the newest pair's."""
    here = [pair for pair in pairs if processor is not None and processor_of(pair) == processor]
    if here or not pairs:
        return here
    newest = processor_of(pairs[-1])
    if None not in (processor, newest):
        if of_nights:
            return []
        problems.append(
            f"the noise floors of {machine} were measured on {newest}; the processor of this run is {processor}"
        )
    return [pair for pair in pairs if processor_of(pair) == newest]


def _differences(
    pairs: list[Pair], path: Path, versions: Mapping[str, str] | None, problems: list[str]
) -> defaultdict[str, list[tuple[float, float | None]]]:
    """The difference of the logarithms of each pair of values and that of adjacent processes, if any, by cell."""
    differences: defaultdict[str, list[tuple[float, float | None]]] = defaultdict(list)
    for pair in pairs:
        for cell, (first, second) in pair["values"].items():
            if not is_positive(first) or not is_positive(second):
                problems.append(
                    f"{path.name}: ignored the pair {first!r}, {second!r} of {cell}: expected two positive numbers"
                )
            elif _is_current(benchmark_of(cell), pair.get("versions", {}), versions or {}):
                adjacent = [both for both in pair.get("adjacent", {}).get(cell, ()) if all(map(is_positive, both))]
                difference = math.log(second) - math.log(first)  # their ratio may overflow
                of_adjacent = adjacent_change(adjacent) if len(adjacent) >= LEAST_ADJACENT else None
                differences[cell].append((difference, of_adjacent))
    return differences


def _identical(path: Path, problems: list[str]) -> tuple[list[Pair], bool]:
    """The pairs of a file that show noise, none if the file is missing or damaged; and whether it is damaged."""
    try:
        pairs = [pair for pair in json.loads(path.read_text(encoding="utf-8"))["pairs"] if is_identical(pair)]
        for pair in pairs:
            processor_of(pair)
            pair.get("versions", {}).get("")
            for first, second in [*pair["values"].values(), *chain.from_iterable(pair.get("adjacent", {}).values())]:
                del first, second
    except FileNotFoundError:
        return [], False
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        problems.append(f"the noise floors in {path.name} cannot be read ({error!r})")
        return [], True
    return pairs, False


def _is_current(benchmark: str, measured: Mapping[str, str], listed: Mapping[str, str]) -> bool:
    """Whether a benchmark was measured in its listed version; True if one of the two versions is unknown."""
    versions = measured.get(benchmark), listed.get(benchmark)
    return None in versions or versions[0] == versions[1]
