"""Tables of the measured pairs: how well identical runs agree, and which slowdowns are detected."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import median
from typing import Any

from asv_verdict import agreement


def report(pairs: list[dict[str, Any]]) -> list[str]:
    """The lines of three tables: agreement by conditions, the largest noise floors, and how often 5 % were detected."""
    return [*agreement.report(pairs), *sensitivity(pairs)]


def sensitivity(pairs: list[dict[str, Any]]) -> list[str]:
    """How often a program slowed by 5 % exceeds the cell's noise floor, and how often an identical program does.

    Each slowed pair has three interleaved runs, two of them identical.
    """
    floors = agreement.noise_floors(pairs)
    tries: defaultdict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for _, cell, values in agreement.comparable([pair for pair in pairs if pair["slowed"]], pairs):
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
