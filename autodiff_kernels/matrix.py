"""The support matrix as text: which cells run, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autodiff_kernels.budgets import is_slow
from autodiff_kernels.cases import Case
from autodiff_kernels.every_cell import cells
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS
from autodiff_kernels.support import why_unsupported
from autodiff_kernels.terminal import WIDTH, wrapped

_SLOW = "one call takes seconds to a minute; only the selection `full` times it, with a single call"
_LEGEND = (
    "An entry gives the sizes that run. all: every size in the heading; 3-300: those from 3 to 300; -: none; "
    "[1]: see note 1 at the end."
)
_GAP = "  "


def _selected(filters: Mapping[str, str]) -> list[Case]:
    return [case for case in cells() if all(getattr(case, name) == wanted for name, wanted in filters.items())]


def cell_lines(filters: Mapping[str, str]) -> list[str]:
    """One line for each cell: its text form, then `runs`, `slow` or `unsupported` with the reason.

    A long reason continues on indented lines.
    """
    lines = []
    for case in _selected(filters):
        reason = why_unsupported(case)
        verdict = f"unsupported: {reason}" if reason else f"slow: {_SLOW}" if is_slow(case) else "runs"
        lines += wrapped(f"{case!s:<60} {verdict}", indent="    ")
    return lines


def support_matrix(filters: Mapping[str, str]) -> list[str]:
    """One table for each formulation: rows are modes; columns are backends with a precision and a compiler setting.

    An entry shows the sizes that run and the numbers of its notes, which follow the tables.
    """
    notes: dict[str, int] = {}
    tables: dict[tuple[str, str], dict[str, dict[str, list[Case]]]] = {}
    for case in _selected(filters):
        column = f"{case.backend} {case.dtype}" + ("" if case.jit == BACKENDS[case.backend].jit[0] else " jit=off")
        table = tables.setdefault((case.problem, case.formulation), {})
        table.setdefault(column, {}).setdefault(case.mode, []).append(case)
    lines = [*wrapped(_LEGEND, indent=""), ""]
    for columns in tables.values():
        lines += [*_heading(columns), *_table(columns, notes), ""]
    return lines + [line for note, number in notes.items() for line in wrapped(f"[{number}] {note}", indent="    ")]


def _heading(columns: Mapping[str, Mapping[str, Sequence[Case]]]) -> list[str]:
    same = next(iter(next(iter(columns.values())).values()))
    first = same[0]
    sizes = ", ".join(f"{case.size:,}" for case in same)
    heading = f"{first.problem}, formulation={first.formulation}, {first.definition.size_name} = {sizes}"
    return [*wrapped(heading, indent="    "), *wrapped(f"  {first.definition.summary}", indent="  ")]


def _table(columns: Mapping[str, Mapping[str, Sequence[Case]]], notes: dict[str, int]) -> list[str]:
    """The columns with the names of the modes on their left, split into blocks that fit the width."""
    modes = [mode for mode in MODES if mode in next(iter(columns.values()))]
    names = _aligned(["", "", "", *modes])
    blocks: list[list[str]] = []
    for name, by_mode in columns.items():
        header = [*name.split(), ""][:3]
        column = _aligned([*header, *(_summary(by_mode[mode], notes) for mode in modes)])
        if not blocks or len(blocks[-1][0] + _GAP + column[0]) > WIDTH:
            blocks.append([f"{_GAP}{name}" for name in names])
        blocks[-1] = [left + _GAP + right for left, right in zip(blocks[-1], column, strict=True)]
    return [line.rstrip() for block in blocks for line in block if line.strip()]


def _aligned(texts: Sequence[str]) -> list[str]:
    width = max(map(len, texts))
    return [text.ljust(width) for text in texts]


def _summary(same: Sequence[Case], notes: dict[str, int]) -> str:
    """The sizes that run, for one column and mode, and the numbers of the notes about the others and the slow ones."""
    reasons = {case: why_unsupported(case) or (_SLOW if is_slow(case) else None) for case in same}
    sizes = [case.size for case in same if why_unsupported(case) is None]
    numbers = dict.fromkeys(notes.setdefault(reason, len(notes) + 1) for reason in reasons.values() if reason)
    note = f" [{', '.join(map(str, numbers))}]" if numbers else ""
    return _span(sizes, [case.size for case in same], same[0].form.sizes) + note


def _span(running: Sequence[int], measured: Sequence[int], all_sizes: Sequence[int]) -> str:
    """The sizes that run: `all`, `-` for none, one size, a range such as 3-300, or a list."""
    if not running:
        return "-"
    if len(running) == len(all_sizes):
        return "all"
    first = measured.index(running[0])
    if list(running) == list(measured[first : first + len(running)]) and len(running) > 1:
        return f"{running[0]}-{running[-1]}"
    return ", ".join(map(str, running))
