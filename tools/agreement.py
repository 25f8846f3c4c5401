"""How far identical runs agree, and whether a slower one stands out: tables from the pairs of tools/noise.py."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import Any

LIMITS = (0.01, 0.03, 0.05, 0.10)
#: How many of the noisiest cells are named.
NAMED = 8


def report(pairs: list[dict[str, Any]]) -> list[str]:
    """All that the pairs tell: agreement by conditions, the noisiest cells, and whether a slowdown of 5 % was seen."""
    return [*table(pairs), *_noisiest(pairs), *sensitivity(pairs)]


def difference(values: list[float]) -> float:
    """How much the larger of two is above the smaller, relative to it."""
    return max(values) / min(values) - 1


def noise_floors(pairs: list[dict[str, Any]]) -> dict[str, float]:
    """For each cell the largest difference of two identical runs on an idle machine, interleaved.

    One pair shows little of what a machine can do: a floor is a lower bound that grows with the pairs.
    """
    identical = [
        pair
        for pair in pairs
        if pair["clock"] == "protocol" and pair["interleaved"] and not pair["busy_processes"] and not pair["slowed"]
    ]
    floors: dict[str, float] = {}
    for _, cell, values in _of_today(identical):
        floors[cell] = max(floors.get(cell, 0.0), difference(values))
    return floors


def _of_today(pairs: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, list[float]]]:
    """Pair, cell and values, oldest first, without what says nothing of today's numbers.

    That is what was measured on another processor than the newest pair, or by an older version of the benchmark.
    """
    newest = {(pair["clock"], benchmark): version for pair in pairs for benchmark, version in pair["versions"].items()}
    for pair in pairs:
        if pair["measured_with"]["cpu"] == pairs[-1]["measured_with"]["cpu"]:
            for cell, values in pair["values"].items():
                benchmark = cell.partition("(")[0]
                if pair["versions"][benchmark] == newest[pair["clock"], benchmark]:
                    yield pair, cell, values


def table(pairs: list[dict[str, Any]]) -> list[str]:
    """For each set of conditions and kind of cell, how many pairs of values agree within what."""
    lines = [
        "| conditions | cells | pairs | within 1 % | 3 % | 5 % | 10 % | median | largest |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[str, str], list[float]] = {}
    for pair, cell, values in _of_today([pair for pair in pairs if not pair["slowed"]]):
        groups.setdefault((_words(pair), cell.split(".")[0]), []).append(difference(values))
    for (conditions, kind), differences in groups.items():
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
    """How often a program slowed by 5 % stood out from its noise floor, a line a cell."""
    floors = noise_floors(pairs)
    tries: dict[str, list[float]] = {}
    for _, cell, (before, after) in _of_today([pair for pair in pairs if pair["slowed"]]):
        tries.setdefault(cell, []).append(after / before - 1)
    lines = ["", "| slowed by 5 % | noise floor | seen | least | median | most |", "|---|---|---|---|---|---|"]
    for cell, found in tries.items():
        floor = floors.get(cell, math.inf)
        seen = sum(one > floor for one in found)
        slower = f"{min(found):.1%} | {median(found):.1%} | {max(found):.1%}"
        lines.append(f"| {cell} | {floor:.1%} | {seen} of {len(found)} | {slower} |")
    return lines if tries else []
