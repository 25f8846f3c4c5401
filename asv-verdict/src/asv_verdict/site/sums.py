"""Sums of cells that the page shows as one number, such as the stages of compilation, if all were measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from asv_verdict.asv_io.results import Result

#: The cells of a sum. Every size has equally many, in the same order.
Cells = tuple[str, ...]


@dataclass(frozen=True)
class Sums:
    """Sums of cells. ASV writes NaN both for a cell that does not apply and for one that was not selected.

    If the suite gives `reasons` for cells that do not run, every cell without a reason applies. Without reasons, a part
    of the sum, such as one stage, applies to a choice if it has a number at one or more of the sizes of that choice. A
    part without a number for any choice was not selected, and then there is no sum.
    """

    results: Sequence[Result]
    reasons: Mapping[str, str]
    #: The cells of each choice, at each of its sizes.
    cells: Mapping[tuple[str, ...], Sequence[Cells]]

    def of(self, result: Result, name: tuple[str, ...], cells: Cells) -> float | None:
        """The sum of the cells that apply to a choice; None if one failed or was not selected, or if none applies."""
        values = [result.values.get(cell, math.nan) for cell in cells]
        succeeded = [value for value in values if value is not None]
        if len(succeeded) < len(values):
            return None
        for part, (cell, value) in enumerate(zip(cells, succeeded, strict=True)):
            if math.isnan(value) and self._applies(name, part, cell):
                return None
        numbers = [value for value in succeeded if not math.isnan(value)]
        return sum(numbers) if numbers else None

    def _applies(self, name: tuple[str, ...], part: int, cell: str) -> bool:
        if self.reasons:
            return cell not in self.reasons
        return part in self._measured[name] or not any(part in parts for parts in self._measured.values())

    @cached_property
    def _measured(self) -> dict[tuple[str, ...], set[int]]:
        """The parts of each choice that have a number at any size."""
        return {
            name: {part for cells in at_sizes for part, cell in enumerate(cells) if self._has_number(cell)}
            for name, at_sizes in self.cells.items()
        }

    def _has_number(self, cell: str) -> bool:
        values = (result.values.get(cell) for result in self.results)
        return any(value is not None and not math.isnan(value) for value in values)
