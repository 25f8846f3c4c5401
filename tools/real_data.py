"""The real data of the fits, from what statsmodels bundles: `python -m tools.real_data` writes autodiff_kernels/data.

Needs statsmodels beside the project (`pip install --no-deps statsmodels==0.15.0`); docs/understand/data.md has the sources.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

FOLDER = Path(__file__).parents[1] / "autodiff_kernels" / "data"
Rows = Iterator[dict[str, str]]


def monthly_co2(rows: Iterable[dict[str, str]]) -> Rows:
    """The mean of the weeks of each month that has any: the year as a decimal in the middle of the month, and ppm."""
    weeks: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for row in rows:
        if row["co2"]:
            weeks[int(row["date"][:4]), int(row["date"][4:6])].append(float(row["co2"]))
    for (year, month), values in sorted(weeks.items()):
        yield {"year": f"{year + (month - 0.5) / 12:.4f}", "ppm": f"{fmean(values):.3f}"}


def transplants(rows: Iterable[dict[str, str]]) -> Rows:
    """Days survived, whether the death was seen, and the age in years, in the order of the source."""
    for row in rows:
        yield {
            "days": f"{float(row['survival']):g}",
            "died": f"{float(row['censors']):g}",
            "age": f"{float(row['age']):g}",
        }


SOURCES = {"co2": monthly_co2, "heart": transplants}


def write(bundled: Path, folder: Path = FOLDER) -> None:
    """Write a table for each source in the folder of statsmodels' data sets."""
    for name, rule in SOURCES.items():
        with open(bundled / name / f"{name}.csv", encoding="utf-8", newline="") as source:
            rows = list(rule(csv.DictReader(source)))
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as target:
            table = csv.DictWriter(target, rows[0], lineterminator="\n")
            table.writeheader()
            table.writerows(rows)


if __name__ == "__main__":
    found = find_spec("statsmodels")
    if found is None or not found.submodule_search_locations:
        sys.exit("statsmodels is not installed; run: pip install --no-deps statsmodels==0.15.0")
    write(Path(found.submodule_search_locations[0]) / "datasets")
