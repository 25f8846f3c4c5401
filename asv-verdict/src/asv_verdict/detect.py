"""The command `detect`: level shifts in a folder of ASV results, the largest first."""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from asv.util import human_value

from asv_verdict.asv_io.benchmarks import Benchmark, direction_of
from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.asv_io.results import Unreadable, read_history
from asv_verdict.asv_io.series import ChangePoint, Series, change_points, series_of
from asv_verdict.model import Direction
from asv_verdict.system.arguments import whole_number
from asv_verdict.system.text import visible

#: Lines of a section without --all.
SHOWN = 20
FAIL_ON = ("none", "regression", "any")


@dataclass(frozen=True)
class Shift:
    """A level shift with its unit and its effect: regression, improvement, or change if it has no direction."""

    point: ChangePoint
    unit: str
    effect: str

    @property
    def size(self) -> float:
        """The absolute logarithm of the ratio: doubling and halving are equally large."""
        return abs(math.log(self.point.ratio))

    @property
    def day(self) -> str:
        """The date of its commit."""
        return datetime.fromtimestamp(self.point.date, UTC).date().isoformat()

    def as_row(self) -> dict[str, Any]:
        """The entry of this shift in --json and --csv."""
        return {**asdict(self.point), "date": self.day, "unit": self.unit, "effect": self.effect}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("results", metavar="RESULTS", type=Path, help="a results folder of ASV")
    parser.add_argument("--machine", metavar="NAME", help="list only shifts of this machine (default: all)")
    parser.add_argument("--since", metavar="DATE", type=_date, help="list only shifts since YYYY-MM-DD")
    parser.add_argument(
        "--last",
        metavar="N",
        type=partial(whole_number, least=1),
        help="list only shifts at the last N commits of each environment",
    )
    parser.add_argument("--all", action="store_true", help=f"print all lines (default: {SHOWN} per section)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the shifts as a JSON list")
    form.add_argument("--csv", action="store_true", help="print the shifts as comma-separated values")
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default="none",
        help="exit with 1 if a shift of this kind is listed (default: none)",
    )


def run(options: argparse.Namespace) -> int:
    """List level shifts in a folder of ASV results; needs no configuration."""
    history = read_history(options.results, options.machine)
    every = series_of(history)
    if not every:
        raise Unreadable("; ".join([f"no results in {options.results}", *history.problems]))
    if not any(series.cells for series in every):
        raise Unreadable("; ".join([f"no result in {options.results} has a number", *history.problems]))
    shifts = [
        _shift(point, history.benchmarks)
        for series in every
        for point in change_points(series)
        if _is_wanted(point, series, options.since, options.last)
    ]
    shifts.sort(key=lambda shift: (-shift.size, shift.point.commit, shift.point.cell or ""))
    if options.json:
        print(json.dumps([shift.as_row() for shift in shifts], indent=1))
    elif options.csv:
        _print_csv(shifts)
    else:
        limit = None if options.all else SHOWN
        lines = [*_text(every, shifts, limit), *_shortened([*history.problems, *history.notes], limit)]
        print(visible("\n".join(lines)))
    if options.json or options.csv:
        for sentence in history.problems:
            print(visible(sentence), file=sys.stderr)
    effects = {shift.effect for shift in shifts}
    return int(bool(effects) if options.fail_on == "any" else options.fail_on in effects)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a date in the form YYYY-MM-DD") from None


def _is_wanted(point: ChangePoint, series: Series, since: date | None, last: int | None) -> bool:
    if since is not None and datetime.fromtimestamp(point.date, UTC).date() < since:
        return False
    return last is None or point.commit in series.commits[-last:]


def _shift(point: ChangePoint, benchmarks: dict[str, Benchmark]) -> Shift:
    """A shift of all cells has no direction: its cause is the machine or a package that all cells use."""
    if point.cell is None:
        return Shift(point, "", Direction.NONE.effect(point.ratio))
    benchmark = benchmarks.get(benchmark_of(point.cell))
    unit = benchmark.unit if benchmark else ""
    return Shift(point, unit, direction_of(point.cell, benchmark).effect(point.ratio))


def _print_csv(shifts: Sequence[Shift]) -> None:
    columns = [*ChangePoint.__dataclass_fields__, "unit", "effect"]
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    for shift in shifts:
        writer.writerow({name: visible(it) if isinstance(it, str) else it for name, it in shift.as_row().items()})


def _text(every: Sequence[Series], shifts: Sequence[Shift], limit: int | None) -> list[str]:
    lines = [
        f"{series.machine}, {series.environment}: commits: {len(series.commits)}, cells: {len(series.cells)}"
        f"{_unsearched(series)}"
        for series in every
    ]
    cells = [shift for shift in shifts if shift.point.cell is not None]
    together = [shift for shift in shifts if shift.point.cell is None]
    if together:
        lines += ["", "shifts of all cells together (the machine or a package changed), largest first:"]
        lines += _shortened([_line(shift) for shift in together], limit)
    if cells:
        lines += ["", "commits with the most shifts:", *_shortened(_by_commit(cells), limit)]
        lines += ["", "shifts of cells, largest first:", *_shortened([_line(shift) for shift in cells], limit)]
    counts = ", ".join(
        f"{effect}s: {count}"
        for effect in ("regression", "improvement", "change")
        if (count := sum(shift.effect == effect for shift in cells))
    )
    return [*lines, "", f"level shifts of cells: {len(cells)}" + (f" ({counts})" if counts else "")]


def _unsearched(series: Series) -> str:
    """How many cells have values without a ratio. The search leaves these values out."""
    count = int((series.values <= 0).any(axis=0).sum())
    return f"; in {count} of the cells, values that are not above zero are left out" if count else ""


def _by_commit(shifts: Sequence[Shift]) -> list[str]:
    """A line for each commit, most shifts first; `shifts` has the largest first."""
    commits: dict[str, list[Shift]] = {}
    for shift in shifts:
        commits.setdefault(shift.point.commit, []).append(shift)
    return [
        f"  {commit[:8]}  {group[0].day}  shifts: {len(group)}, "
        f"regressions: {sum(shift.effect == 'regression' for shift in group)}; "
        f"largest {_size(group[0].point.ratio)} {group[0].point.cell}"
        for commit, group in sorted(commits.items(), key=lambda item: (-len(item[1]), -item[1][0].size, item[0]))
    ]


def _line(shift: Shift) -> str:
    point = shift.point
    what = f"{point.commit[:8]}  {shift.day}  {_size(point.ratio):>8}"
    if point.cell is None:
        return f"  {what}  {point.machine} (last commit before: {point.before[:8]})"
    return f"  {what}  {_levels(shift)}  {point.cell} (last commit before: {point.before[:8]})"


def _levels(shift: Shift) -> str:
    if shift.point.old is None or shift.point.new is None:
        return ""
    old, new = (
        human_value(level, shift.unit) if shift.unit in ("seconds", "bytes") else f"{level:.4g} {shift.unit}".rstrip()
        for level in (shift.point.old, shift.point.new)
    )
    return f"{old} → {new}"


def _size(ratio: float) -> str:
    """A percentage, or a factor if the level at least doubled or halved."""
    return f"{ratio - 1:+.1%}" if 0.5 < ratio < 2 else f"× {ratio:.3g}"


def _shortened(lines: Sequence[str], limit: int | None) -> list[str]:
    if limit is None or len(lines) <= limit:
        return list(lines)
    return [*lines[:limit], f"  and {len(lines) - limit} more; --all prints all"]
