"""One picture of a release history: the time of every cell, with the cells that changed most in colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from asv_verdict.measure.session import Key, Session
from asv_verdict.model import State
from asv_verdict.report.plots import STYLE
from asv_verdict.site.pictures import COLOURS, MARKERS
from releases.findings import Summary
from releases.judging import Judging
from releases.rounds import better_half, numbers

#: The number of cells in colour; more lines would be hard to distinguish.
SHOWN = 8


def overview(path: Path, summary: Summary, judging: Judging, session: Session) -> None:
    """Write an SVG of each cell's time over the releases, relative to the first, with the confirmed changes marked."""
    series = {
        key: values
        for key in next(iter(session.values.values()), {})
        if not judging.project.settings.is_deterministic(key[1])
        and (values := _relative(session, judging.commits, key))
    }
    moves = {
        key: sorted(
            judging.commits.index(finding.change.head)
            for finding in summary.of(State.CONFIRMED)
            if (finding.change.environment, finding.change.cell) == key
        )
        for key in series
    }
    moved = sorted((key for key in series if moves[key]), key=lambda key: -_range(series[key]))[:SHOWN]
    with rc_context(STYLE):
        figure = Figure(figsize=(11, 5), layout="constrained")
        axes = figure.subplots()
        for key in series.keys() - set(moved):
            axes.plot(series[key], color="0.75", linewidth=0.8, zorder=1)
        axes.plot([], color="0.75", linewidth=0.8, label="all other cells")
        for number, key in enumerate(moved):
            values = series[key]
            axes.plot(
                values,
                color=COLOURS[number % len(COLOURS)],
                marker=MARKERS[number % len(MARKERS)],
                markevery=moves[key],
                label=key[1],
            )
        axes.axhline(1, color="0.5", linewidth=0.8, linestyle=":")
        axes.set_yscale("log")
        for ticks in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
            ticks(lambda value, _: f"{value:g}")
        axes.set_xticks(range(len(summary.measured)), [release.version for release in summary.measured], rotation=45)
        axes.set_xlabel(f"release of {summary.package}")
        axes.set_ylabel(f"time relative to {summary.measured[0].version}")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", frameon=False, ncols=2, fontsize=7)
        axes.set_title(
            f"markers: confirmed changes; {summary.processor}, Python {summary.python}, {summary.date}\n"
            f"{summary.command}",
            fontsize=7,
            color="0.35",
            loc="left",
        )
        figure.savefig(path, metadata={"Date": None})


def _relative(session: Session, commits: Sequence[str], key: Key) -> list[float] | None:
    """A cell's values relative to its first value; None if it has no value."""
    rounds = [numbers(session.values[commit].get(key, ())) for commit in commits]
    values = [better_half(found) if found else math.nan for found in rounds]
    first = next((value for value in values if value > 0), None)
    return None if first is None else [value / first for value in values]


def _range(values: Sequence[float]) -> float:
    positive = [value for value in values if value > 0]
    return max(positive) / min(positive)
