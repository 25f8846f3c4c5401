"""Tables of the pairs that tools/noise.py measures: how well identical runs agree, and which slowdowns are detected."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import Any

KINDS = {"controls", "gradients", "stages"}
LIMITS = (0.01, 0.03, 0.05, 0.10)
#: The number of cells in the list of the largest noise floors.
NAMED = 8
#: No noise floor is smaller than this, because two values can agree by chance.
LEAST_FLOOR = 0.003


def report(pairs: list[dict[str, Any]]) -> list[str]:
    """The lines of three tables: agreement by conditions, the largest noise floors, and how often 5 % were detected."""
    return [*table(pairs), *_noisiest(pairs), *sensitivity(pairs)]


def difference(values: list[float]) -> float:
    """The relative difference between the largest and the smallest value."""
    return max(values) / min(values) - 1


def is_identical(pair: dict[str, Any]) -> bool:
    """Whether a pair shows the noise floor: the suite's protocol, interleaved, no background load, no slowed arm."""
    return bool(
        pair["clock"] == "protocol" and pair["interleaved"] and not pair["busy_processes"] and not pair["slowed"]
    )


def noise_floors(pairs: list[dict[str, Any]]) -> dict[str, float]:
    """For each cell, the largest difference between identical runs, interleaved, on an idle machine.

    More pairs can only increase this difference, so it is a lower bound on the noise floor.
    """
    floors: dict[str, float] = {}
    for _, cell, values in _of_today([pair for pair in pairs if is_identical(pair)], pairs):
        floors[cell] = max(floors.get(cell, LEAST_FLOOR), difference(values))
    return floors


def _of_today(
    some: list[dict[str, Any]], pairs: list[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], str, list[float]]]:
    """The pair, cell and values of each entry in `some` that is comparable with the newest of all `pairs`.

    Pairs from another processor and values of an older benchmark version are left out. `pairs` is sorted, oldest first.
    """
    newest = {(pair["clock"], benchmark): version for pair in pairs for benchmark, version in pair["versions"].items()}
    for pair in some:
        if pair["measured_with"]["cpu"] == pairs[-1]["measured_with"]["cpu"]:
            for cell, values in pair["values"].items():
                benchmark = cell.partition("(")[0]
                if pair["versions"][benchmark] == newest[pair["clock"], benchmark]:
                    yield pair, cell, values


def table(pairs: list[dict[str, Any]]) -> list[str]:
    """The share of values that agree within each limit, by conditions and kind of cell, and for all kinds together.

    The row "all cells" uses only pairs that contain every kind of cell, so that each kind has its usual weight.
    """
    lines = [
        "| conditions | cells | pairs | within 1 % | 3 % | 5 % | 10 % | median | largest |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[str, str], list[float]] = {}
    for one in (pair for pair in pairs if not pair["slowed"]):
        found = {cell: difference(values) for _, cell, values in _of_today([one], pairs)}
        for cell, differs in found.items():
            groups.setdefault((_words(one), cell.split(".")[0]), []).append(differs)
        if {cell.split(".")[0] for cell in found} == KINDS:
            groups.setdefault((_words(one), "all cells"), []).extend(found.values())
    for (conditions, kind), differences in sorted(groups.items(), key=lambda group: group[0]):
        shares = [sum(one <= limit for one in differences) / len(differences) for limit in LIMITS]
        agree = " | ".join(f"{share:.0%}" for share in shares)
        ends = f"{median(differences):.1%} | {max(differences):.1%}"
        lines.append(f"| {conditions} | {kind} | {len(differences)} | {agree} | {ends} |")
    return lines


def _words(pair: dict[str, Any]) -> str:
    load = f"{pair['busy_processes']} busy" if pair["busy_processes"] else "idle"
    return f"{pair['clock']}, {load}, {'interleaved' if pair['interleaved'] else 'one after the other'}"


def _noisiest(pairs: list[dict[str, Any]]) -> list[str]:
    floors = sorted(noise_floors(pairs).items(), key=lambda item: -item[1])[:NAMED]
    return ["", "Largest noise floors:", "", *(f"- {floor:.1%} {cell}" for cell, floor in floors)] if floors else []


def sensitivity(pairs: list[dict[str, Any]]) -> list[str]:
    """How often a program slowed by 5 % exceeds the cell's noise floor, and how often an identical program does.

    Each slowed pair has three interleaved runs, two of them identical.
    """
    floors = noise_floors(pairs)
    tries: defaultdict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for _, cell, values in _of_today([pair for pair in pairs if pair["slowed"]], pairs):
        if len(values) == 3:  # older pairs have two runs, and their slowdown was not always 5 %
            plain, same, slowed = values
            for found, value in zip(tries[cell], (same, slowed), strict=True):
                found.append(value / plain - 1)
    lines = [
        "",
        "| slowed by 5 % | noise floor | detected | smallest | median | largest | identical run detected |",
        "|---|---|---|---|---|---|---|",
    ]
    for cell, (identical, slower) in tries.items():
        floor = floors.get(cell, math.inf)
        false, seen = (f"{sum(one > floor for one in found)} of {len(found)}" for found in (identical, slower))
        sizes = f"{min(slower):.1%} | {median(slower):.1%} | {max(slower):.1%}"
        lines.append(f"| {cell} | {floor:.1%} | {seen} | {sizes} | {false} |")
    return lines if tries else []
