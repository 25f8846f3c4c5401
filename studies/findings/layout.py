"""The rows of the index of findings."""

from __future__ import annotations

import pkgutil
from typing import Any

from studies.blocks import Figure
from studies.documents import Table, load, render
from studies.registry import FIGURES

COLUMNS = ("finding", "number", "command", "commit", "date")


def layout(data: dict[str, Any]) -> list[Table]:
    """A row for each figure, with its provenance."""
    return [Table(COLUMNS, [_row(name, figure) for name, figure in FIGURES.items()])]


def _row(name: str, figure: Figure) -> list[str]:
    data = load(figure.data[0])
    if figure.provenance:
        data = pkgutil.resolve_name(figure.provenance)(data)
    where = f"[{figure.sentence}]({figure.page})"
    return [where, f"{render(name)}{figure.unit}", f"`{data['command']}`", data["commit"], data["date"]]


def shape() -> tuple[tuple[int, int], ...]:
    """A row for each figure."""
    return ((len(FIGURES), len(COLUMNS)),)
