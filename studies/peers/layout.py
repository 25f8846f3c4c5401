"""The tables of the comparison: one with all contestants, and one with our programs relative to the roofline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.documents import Table
from studies.peers.contestants import CONTESTANTS, FLOOR, OURS

SIZES = (100, 300, 1000, 2000)
#: The size at which times are divided by the roofline, and the programs with that ratio.
LARGE = 1000
NEAR = {
    "autograd explicit": "autograd explicit (NumPy and LAPACK)",
    "autograd custom rule": "autograd custom rule",
    "jax explicit": "JAX explicit",
    "jax custom rule": "JAX custom rule",
}


def ratios(seconds: Mapping[str, float]) -> dict[str, float]:
    """The times at one size, divided by that of our fastest program; empty if none of ours was measured."""
    fastest = min((seconds[name] for name in seconds if name in OURS), default=None)
    return {name: time / fastest for name, time in seconds.items()} if fastest else {}


def data_of(seconds: Mapping[int, Mapping[str, float]]) -> dict[str, Any]:
    """The stored form of a measurement: seconds and ratios by size; the sizes are text, because JSON requires it."""
    return {
        "seconds": {str(size): dict(by_name) for size, by_name in seconds.items()},
        "ratios": {str(size): ratios(by_name) for size, by_name in seconds.items()},
    }


def layout(data: dict[str, Any]) -> list[Table]:
    """A row for each contestant, with its time and ratio at each size; the fastest at the largest size comes first."""
    seconds, over = data["seconds"], data["ratios"]
    names = dict.fromkeys(name for by_name in seconds.values() for name in by_name)
    largest = list(seconds.values())[-1]
    rows = []
    for name in sorted(names, key=lambda name: largest.get(name, float("inf"))):
        cells = []
        for size, by_name in seconds.items():
            ratio = f", {over[size][name]:.2f} ×" if name in over[size] else ""
            cells.append(f"{milliseconds(by_name[name])}{ratio}" if name in by_name else "—")
        rows.append([_label(name), *cells])
    return [Table(["", *(f"n = {size}" for size in seconds)], rows)]


def _label(name: str) -> str:
    if name == FLOOR:
        return "roofline: n³ / 2 multiply-adds in a matrix product"
    return f"**{name}**" if name in OURS else name


def milliseconds(seconds: float) -> str:
    """A time in milliseconds, with three significant digits and no exponent."""
    shown = f"{1e3 * seconds:.3g}"
    return f"{float(shown):,.0f} ms" if "e" in shown else f"{shown} ms"


def shape() -> tuple[tuple[int, int], ...]:
    """A row for each contestant; columns for its name and each size."""
    return ((len(CONTESTANTS), 1 + len(SIZES)),)


def roofline_layout(data: dict[str, Any]) -> list[Table]:
    """The times of our explicit gradients and custom rules, and their ratio to the roofline at one size."""
    seconds = data["seconds"]
    bound = seconds[str(LARGE)][FLOOR]
    rows = [
        [
            label,
            *(milliseconds(by_name[name]) for by_name in seconds.values()),
            f"{seconds[str(LARGE)][name] / bound:.2f}",
        ]
        for name, label in {FLOOR: "roofline", **NEAR}.items()
    ]
    return [Table(["", *(f"n = {size}" for size in seconds), f"× roofline at {LARGE}"], rows)]


def roofline_shape() -> tuple[tuple[int, int], ...]:
    """A row for the roofline and each of our programs; columns for the name, each size and the ratio."""
    return ((1 + len(NEAR), 2 + len(SIZES)),)


def fastest_peer_over_ours(data: dict[str, Any]) -> str:
    """The fastest other library over the fastest program of this package, n = 1000."""
    others = [ratio for name, ratio in data["ratios"][str(LARGE)].items() if name not in OURS and name != FLOOR]
    return f"{min(others):.1f}"


def ours_over_roofline(data: dict[str, Any]) -> str:
    """The fastest program of this package over the roofline, n = 1000."""
    seconds = data["seconds"][str(LARGE)]
    return f"{min(seconds[name] for name in OURS) / seconds[FLOOR]:.1f}"
