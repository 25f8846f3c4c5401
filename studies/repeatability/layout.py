"""How often identical runs agree, over all pairs: idle pairs in data/pairs, and older pairs stored only as shares.

Two runs of one pair take turns; what they show is the noise *within a session*, which a comparison sees: a night's
screening compares the values or the adjacent processes, whichever are less noisy. Runs of two pairs of one commit lie
*hours apart*, like two nights in a history. The machine may then differ as a whole, so the agreement is also computed
without the common-mode factor, the median ratio of all cells.

Each value counts once, so a pair with more cells weighs more. The lowest and the highest pair show the range, so that
good pairs do not hide a bad one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from statistics import median
from typing import Any, NamedTuple

from asv_verdict import LEAST_ADJACENT, adjacent_change, agreement
from studies.documents import Table, load
from studies.repeatability import BLOCKS
from studies.repeatability.pairs import kept_pairs

LIMITS = (0.03, 0.05, 0.10)
#: With fewer cells there is no common-mode factor.
LEAST_CELLS = 8
COLUMNS = ("measured", "commit", "cells", "pairs", "values", "within 3 %", "5 %", "10 %")


class Agreement(NamedTuple):
    """How many values of identical runs agree within each of LIMITS, in one pair or several."""

    measured: str
    commit: str
    cells: str
    pairs: int
    values: int
    within: tuple[float, ...]

    def shares(self) -> list[float]:
        """The share of all values that agree within each of LIMITS."""
        return [count / self.values for count in self.within]

    def row(self) -> list[str]:
        """The row of the table."""
        shares = [f"{100 * share:.0f} %" for share in self.shares()]
        return [self.measured, self.commit, self.cells, str(self.pairs), str(self.values), *shares]


def of_pairs(pairs: list[dict[str, Any]]) -> Iterator[Agreement]:
    """The agreement in each idle pair."""
    for pair in filter(agreement.is_identical, pairs):
        differences = [agreement.difference(values) for values in pair["values"].values()]
        within = tuple(sum(one <= limit for one in differences) for limit in LIMITS)
        cells = "selection {}, version {}".format(*pair["selection"].split())
        yield Agreement(pair["started"][:10], pair["commit"][:7], cells, 1, len(differences), within)


def of_sums(older: list[dict[str, Any]]) -> Iterator[Agreement]:
    """The agreement of older pairs, for which the shares are on file but not the values."""
    for one in older:
        within = tuple(share * one["values"] for share in one["within"])
        yield Agreement(one["measured"], one["commit"], one["cells"], one["pairs"], one["values"], within)


def of_adjacent(pairs: list[dict[str, Any]]) -> Iterator[Agreement]:
    """The agreement of the adjacent processes in each idle pair: the trimmed mean of their ratios in each cell."""
    for pair in filter(agreement.is_identical, pairs):
        changes = [
            abs(adjacent_change(rounds))
            for rounds in pair.get("adjacent", {}).values()
            if len(rounds) >= LEAST_ADJACENT and min(map(min, rounds)) > 0
        ]
        if changes:
            within = tuple(sum(one <= math.log1p(limit) for one in changes) for limit in LIMITS)
            yield Agreement(pair["started"][:10], pair["commit"][:7], "", 1, len(changes), within)


def hours_apart(pairs: list[dict[str, Any]], *, without_factor: bool) -> Iterator[Agreement]:
    """The agreement between the first runs of each two idle pairs of one commit and processor.

    The common-mode factor is the median ratio of at least LEAST_CELLS cells; `without_factor` takes it out.
    """
    idle = filter(agreement.is_identical, pairs)
    for earlier, later in itertools.combinations(idle, 2):
        if any(_conditions(earlier)[name] != _conditions(later)[name] for name in _conditions(earlier)):
            continue
        ratios = {
            cell: values[0] / earlier["values"][cell][0]
            for cell, values in later["values"].items()
            if cell in earlier["values"]
        }
        has_factor = without_factor and len(ratios) >= LEAST_CELLS
        factor = median(ratios.values()) if has_factor else 1.0
        differences = [agreement.difference((ratio / factor, 1.0)) for ratio in ratios.values()]
        within = tuple(sum(one <= limit for one in differences) for limit in LIMITS)
        days = " and ".join(dict.fromkeys((earlier["started"][:10], later["started"][:10])))
        yield Agreement(days, later["commit"][:7], "", 1, len(differences), within)


def _conditions(pair: dict[str, Any]) -> dict[str, Any]:
    """What two pairs must have in common."""
    return {name: pair.get(name) for name in ("commit", "selection", "versions")} | {
        "cpu": (pair.get("measured_with") or {}).get("cpu")
    }


def other_rows(pairs: list[dict[str, Any]]) -> list[list[str]]:
    """Rows for adjacent processes, and for runs hours apart with the common-mode factor and without it.

    Each group has its range. There are none for what no pair has.
    """
    apart = "first runs of two pairs"
    groups = (
        ("within a session, adjacent processes", "pairs whose processes are on file", of_adjacent(pairs)),
        ("hours apart", apart, hours_apart(pairs, without_factor=False)),
        ("hours apart, without the common-mode factor", apart, hours_apart(pairs, without_factor=True)),
    )
    rows = []
    for name, cells, agreements in groups:
        if found := list(agreements):
            low, high = ([f"{100 * share:.0f} %" for share in one.shares()] for one in lowest_and_highest(found))
            rows += [pooled(found)._replace(measured=name, cells=cells).row()]
            rows += [["lowest", "", "", "", "", *low], ["highest", "", "", "", "", *high]]
    return rows


def all_of(data: dict[str, Any]) -> list[Agreement]:
    """The agreement of every pair on file."""
    return [*of_sums(data["older"]), *of_pairs(kept_pairs())]


def pooled(found: list[Agreement]) -> Agreement:
    """The agreement over all pairs together."""
    within = tuple(map(sum, zip(*(one.within for one in found), strict=True)))
    return Agreement("all", "", "", sum(one.pairs for one in found), sum(one.values for one in found), within)


def lowest_and_highest(found: list[Agreement]) -> tuple[Agreement, Agreement]:
    """The pairs, or groups of older pairs, in which the fewest and the most values agree within 3 %."""
    ranked = sorted(found, key=lambda one: one.shares())
    return ranked[0], ranked[-1]


def layout(data: dict[str, Any]) -> list[Table]:
    """A row for each pair or group of older pairs, then rows for all, the lowest and the highest."""
    found = all_of(data)
    total = pooled(found)
    low, high = ([f"{100 * share:.0f} %" for share in one.shares()] for one in lowest_and_highest(found))
    return [
        Table(
            COLUMNS,
            [
                *(one.row() for one in found),
                [f"**{cell}**" if cell else "" for cell in total.row()],
                ["lowest", "", "", "", "", *low],
                ["highest", "", "", "", "", *high],
                *other_rows(kept_pairs()),
            ],
        )
    ]


def provenance(data: dict[str, Any]) -> dict[str, Any]:
    """The data, with the commits and days of all pairs for the caption."""
    found = all_of(data)
    commits = [one.commit for one in found if one.commit]
    days = sorted(one.measured for one in found if one.measured[0].isdigit())
    return data | {
        "commit": f"commits {', '.join(dict.fromkeys(commits))}",
        "date": " to ".join(dict.fromkeys((days[0], days[-1]))),
    }


def shape() -> tuple[tuple[int, int], ...]:
    """A row for each pair and each group of older pairs, all, the lowest and the highest; then runs hours apart."""
    found = all_of(load(BLOCKS["repeatability"].data))
    return ((len(found) + 3 + len(other_rows(kept_pairs())), len(COLUMNS)),)
