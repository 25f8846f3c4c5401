"""The problems of the page "Gradient cost": `python -m benchmarks.page` prints them as JSON, the most asked first.

This module imports no backend, because `asv publish` runs it while it builds the dashboard.
"""

from __future__ import annotations

import json
import sys

from benchmarks.rows import Row
from benchmarks.table import ROWS


def shown() -> list[Row]:
    """The rows that the page shows, in its order."""
    return sorted((row for row in ROWS.values() if row.page), key=lambda row: row.page.rank if row.page else 0)


def problems() -> list[dict[str, str]]:
    """Each problem with its title, its size and a benchmark for each quantity."""
    return [
        {
            "title": row.page.title,
            "description": row.page.description,
            "size": next(iter(row.parameters)),
            "time": f"gradients.{row.name}.{row.method}",
            "memory": f"costs.{row.name}.track_peak_bytes",
            "compile": f"stages.{row.name}.time_stage",
            "error": f"costs.{row.name}.track_error",
        }
        for row in shown()
        if row.page
    ]


if __name__ == "__main__":
    json.dump(problems(), sys.stdout)
