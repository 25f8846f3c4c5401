"""The support matrix as text: for people, and for whoever wonders why a cell has no number."""

from __future__ import annotations

from collections.abc import Mapping

from autodiff_kernels.cases import Case
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS
from autodiff_kernels.support import cells, is_slow, why_unsupported

_SLOW = "one call takes seconds to a minute, a pass after the other: measured once, by the full selection only"


def _selected(filters: Mapping[str, str]) -> list[Case]:
    return [case for case in cells() if all(getattr(case, name) == wanted for name, wanted in filters.items())]


def cell_lines(filters: Mapping[str, str]) -> list[str]:
    """One line a cell: its text form, then `runs`, `slow` or `unsupported` with the reason."""
    lines = []
    for case in _selected(filters):
        reason = why_unsupported(case)
        verdict = f"unsupported: {reason}" if reason else f"slow: {_SLOW}" if is_slow(case) else "runs"
        lines.append(f"{case!s:<75} {verdict}")
    return lines


def support_matrix(filters: Mapping[str, str]) -> list[str]:
    """A table a formulation: a row for each backend, precision and compiler, a column for each mode.

    A cell shows the sizes that run, `all` of them or none, and the numbers of its notes, which follow the tables.
    """
    notes: dict[str, int] = {}
    tables: dict[tuple[str, str], dict[str, dict[str, list[Case]]]] = {}
    for case in _selected(filters):
        row = f"{case.backend} {case.dtype}" + ("" if case.jit == BACKENDS[case.backend].jit[0] else " jit=off")
        table = tables.setdefault((case.problem, case.formulation), {})
        table.setdefault(row, {}).setdefault(case.mode, []).append(case)
    lines = ["Cells that run, by size; a number in brackets is a note below.", ""]
    for (problem, formulation), rows in tables.items():
        first = next(iter(next(iter(rows.values())).values()))
        sizes = ", ".join(f"{case.size:,}" for case in first)
        lines.append(f"{problem}, formulation={formulation}, {first[0].definition.size_name} = {sizes}")
        grid = [["", *(mode for mode in MODES if mode in next(iter(rows.values())))]]
        grid += [[row, *(_summary(same, notes) for same in by_mode.values())] for row, by_mode in rows.items()]
        widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines += ["  " + "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)) for row in grid]
        lines.append("")
    return [line.rstrip() for line in lines] + [f"[{number}] {note}" for note, number in notes.items()]


def _summary(same: list[Case], notes: dict[str, int]) -> str:
    """The sizes of one row and mode that run, and the notes of those that do not or are slow."""
    reasons = {case: why_unsupported(case) or (_SLOW if is_slow(case) else None) for case in same}
    running = [case for case in same if why_unsupported(case) is None]
    numbers = dict.fromkeys(notes.setdefault(reason, len(notes) + 1) for reason in reasons.values() if reason)
    text = "all" if len(running) == len(same[0].form.sizes) else ", ".join(str(case.size) for case in running) or "-"
    return text + (f" [{', '.join(map(str, numbers))}]" if numbers else "")
