"""The figures of the modes: ratios in a fit."""

from __future__ import annotations

from typing import Any


def fit_reverse_over_rule(modes: dict[str, Any], backend: str) -> str:
    """Reverse mode over the custom rule, in a Gaussian process fit to 240 points.

    The custom rule must be the best mode of the row.
    """
    (table,) = (table for table in modes["tables"] if table["title"].startswith("Gaussian process fit"))
    (row,) = (row for row in table["rows"] if row[:3] == ["n = 240", backend, "custom rule"])
    others = dict(part.rsplit(" ", 1) for part in row[7].split(", "))
    return f"{float(others['reverse']) / float(row[4]):.1f}"
