"""Tables of pairs of runs: how much identical runs differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.asv_io.pairs import Pair, is_positive, processor_of, read_pairs
from asv_verdict.asv_io.pairs import is_identical as is_identical
from asv_verdict.report.report import BUSY
from asv_verdict.stats.noise import LEAST_PAIRS

LIMITS = (0.01, 0.03, 0.05, 0.10)
#: The number of cells in the list of the largest noise floors.
NAMED = 8
#: No noise floor is smaller than this, because two values can agree by chance.
LEAST_FLOOR = 0.003


def tables_on_file(folder: Path) -> list[str]:
    """The tables of all files of pairs in the folder of a machine, which has one for each environment."""
    lines = []
    for path in sorted(folder.glob("*.json")):
        pairs = read_pairs(path)
        lines += ["", f"{path.stem}: {len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'} on file", "", *report(pairs)]
        count = sum(map(is_identical, pairs))
        if count < LEAST_PAIRS:
            needed = f"{LEAST_PAIRS} pairs of interleaved runs on an idle machine"
            lines += ["", f"Noise counts as measured after {needed}; so far: {count}."]
        loads = [max(pair.get("background_load") or [0.0]) for pair in filter(is_identical, pairs)]
        if busy := sum(load >= BUSY for load in loads):
            used = f"other processes used up to {max(loads):.1f} processor cores"
            lines += ["", f"{busy} of {count} pairs were measured while {used}."]
    return lines[1:] or [f"no pair is on file in {folder}: `asv-verdict calibrate` measures pairs"]


def report(pairs: Sequence[Pair]) -> list[str]:
    """The table of the agreement by conditions, and the list of the largest noise floors, as lines."""
    return [*table(pairs), *_noisiest(pairs)]


def difference(values: Sequence[float]) -> float:
    """The relative difference between the largest and the smallest value."""
    return max(values) / min(values) - 1


def noise_floors(pairs: Sequence[Pair]) -> dict[str, float]:
    """For each cell, the largest difference between identical runs, interleaved, on an idle machine.

    More pairs can only increase this difference, so it is a lower bound on the noise floor.
    """
    floors: dict[str, float] = {}
    for _, cell, values in comparable([pair for pair in pairs if is_identical(pair)], pairs):
        floors[cell] = max(floors.get(cell, LEAST_FLOOR), difference(values))
    return floors


def comparable(some: Sequence[Pair], pairs: Sequence[Pair]) -> Iterator[tuple[Pair, str, list[float]]]:
    """The pair, cell and values of each entry in `some` that is comparable with the newest of all `pairs`.

    Pairs from another processor and values of an older benchmark version are left out. `pairs` is sorted, oldest first.
    """
    newest = {
        (_clock(pair), benchmark): version for pair in pairs for benchmark, version in pair.get("versions", {}).items()
    }
    for pair in some:
        if processor_of(pair) == processor_of(pairs[-1]):
            for cell, values in pair["values"].items():
                benchmark = benchmark_of(cell)
                is_newest = pair.get("versions", {}).get(benchmark) == newest.get((_clock(pair), benchmark))
                if is_newest and values and all(map(is_positive, values)):
                    yield pair, cell, values


def table(pairs: Sequence[Pair]) -> list[str]:
    """The share of values that agree within each limit, by conditions and kind of cell, and for all kinds together.

    The kind is the first part of a cell's name. The row "all cells" uses only pairs that contain every kind, so that
    each kind has its usual weight.
    """
    lines = [
        "| conditions | cells | pairs of values | within 1 % | 3 % | 5 % | 10 % | median | largest |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    identical = [pair for pair in pairs if not pair.get("slowed")]
    every_kind = {_kind(cell) for pair in identical for cell in pair["values"]}
    groups: dict[tuple[str, str], list[float]] = {}
    for one in identical:
        found = {cell: difference(values) for _, cell, values in comparable([one], pairs)}
        for cell, differs in found.items():
            groups.setdefault((_words(one), _kind(cell)), []).append(differs)
        if len(every_kind) > 1 and {_kind(cell) for cell in found} == every_kind:
            groups.setdefault((_words(one), "all cells"), []).extend(found.values())
    for (conditions, kind), differences in sorted(groups.items(), key=lambda group: group[0]):
        shares = [sum(one <= limit for one in differences) / len(differences) for limit in LIMITS]
        agree = " | ".join(f"{share:.0%}" for share in shares)
        ends = f"{median(differences):.1%} | {max(differences):.1%}"
        lines.append(f"| {conditions} | {kind} | {len(differences)} | {agree} | {ends} |")
    return lines


def _noisiest(pairs: Sequence[Pair]) -> list[str]:
    floors = sorted(noise_floors(pairs).items(), key=lambda item: -item[1])[:NAMED]
    heading = "Largest differences between identical runs:"
    return ["", heading, "", *(f"- {floor:.1%} {cell}" for cell, floor in floors)] if floors else []


def _kind(cell: str) -> str:
    return cell.split(".")[0]


def _clock(pair: Pair) -> str:
    return str(pair.get("clock", "protocol"))


def _words(pair: Pair) -> str:
    busy = pair.get("busy_processes")
    order = "interleaved" if pair.get("interleaved", True) else "one after the other"
    return f"{_clock(pair)}, {f'{busy} busy' if busy else 'idle'}, {order}"
