"""Write the real data of the fits to autodiff_kernels/data, from the data sets of statsmodels.

This needs statsmodels (`pip install --no-deps statsmodels==0.15.0`) and takes seconds. docs/understand/data.md names
the sources.
"""

from __future__ import annotations

import argparse
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
    """Monthly means of weekly values, in ppm; the middle of each month as a decimal year. Empty months are left out."""
    weeks: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for row in rows:
        if row["co2"]:
            weeks[int(row["date"][:4]), int(row["date"][4:6])].append(float(row["co2"]))
    for (year, month), values in sorted(weeks.items()):
        yield {"year": f"{year + (month - 0.5) / 12:.4f}", "ppm": f"{fmean(values):.3f}"}


def transplants(rows: Iterable[dict[str, str]]) -> Rows:
    """Days of survival, 1 if the death was observed, and the age in years, in the order of the source."""
    for row in rows:
        yield {
            "days": f"{float(row['survival']):g}",
            "died": f"{float(row['censors']):g}",
            "age": f"{float(row['age']):g}",
        }


def river(rows: Iterable[dict[str, str]]) -> Rows:
    """The year, and its flow in 10⁸ m³."""
    for row in rows:
        yield {"year": f"{float(row['year']):g}", "flow": f"{float(row['volume']):g}"}


def visits(rows: Iterable[dict[str, str]]) -> Rows:
    """Of every twentieth row: visits to a doctor, log(coinsurance rate + 1), and the number of chronic diseases."""
    for number, row in enumerate(rows):
        if number % 20 == 0:
            yield {
                "visits": f"{float(row['mdvis']):g}",
                "coinsurance": f"{float(row['lncoins']):.5g}",
                "diseases": f"{float(row['disea']):.5g}",
            }


SOURCES = {"co2": monthly_co2, "heart": transplants, "nile": river, "randhie": visits}


def write(bundled: Path, folder: Path = FOLDER) -> None:
    """Write a table for each source; `bundled` is the folder of statsmodels' data sets."""
    for name, rule in SOURCES.items():
        with open(bundled / name / f"{name}.csv", encoding="utf-8", newline="") as source:
            rows = list(rule(csv.DictReader(source)))
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as target:
            table = csv.DictWriter(target, rows[0], lineterminator="\n")
            table.writeheader()
            table.writerows(rows)


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m tools.real_data", description=__doc__).parse_args()
    found = find_spec("statsmodels")
    if found is None or not found.submodule_search_locations:
        sys.exit("statsmodels is not installed; run: pip install --no-deps statsmodels==0.15.0")
    write(Path(found.submodule_search_locations[0]) / "datasets")
