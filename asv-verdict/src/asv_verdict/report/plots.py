"""A plot of each finding: the history of the cell with the commit of the change, and the rounds that decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asv_verdict.asv_io.results import Unreadable, read_history
from asv_verdict.asv_io.series import series_of
from asv_verdict.measure.session import Key
from asv_verdict.model import Change, State, baseline_in_words
from asv_verdict.report.markdown import ratio_in_words
from asv_verdict.stats.ratio import Rounds
from asv_verdict.system.text import one_line

if TYPE_CHECKING:  # importing matplotlib takes a quarter of a second, and most commands plot nothing
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The most commits of a history in a plot.
SHOWN = 100
#: The style of all plots. Those of findings are PNG files, since a browser runs the scripts of an SVG file.
STYLE: dict[Any, Any] = {
    "savefig.dpi": 120,
    "text.parse_math": False,  # a `$` in the name of a cell begins no formula
    # The ids in an SVG file are random without it.
    "svg.hashsalt": "asv_verdict",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def plot_changes(
    folder: Path,
    changes: Sequence[Change],
    rounds: Mapping[tuple[Key, str], Rounds],
    results: Path,
    machine: str,
    line: Sequence[str],
    names: Mapping[str, str] | None = None,
) -> dict[tuple[Key, str], str]:
    """Plot each change that was not dismissed to a file in `folder`; returns the names of the files by cell and base.

    `line` holds the project's commits, oldest first, and `names` labels that replace their hashes. Raises OSError if a
    file cannot be written.
    """
    from matplotlib import rc_context

    shown = [change for change in changes if change.state is not State.DISMISSED]
    histories = _histories(results, machine, line, {change.key for change in shown})
    files = {}
    folder.mkdir(parents=True, exist_ok=True)
    for number, change in enumerate(shown, 1):
        key = change.key
        name = files[key, change.base] = f"finding-{number}.png"
        with rc_context(STYLE):
            figure = _figure(change, rounds.get((key, change.base), ()), histories.get(key, []), names or {})
            figure.savefig(folder / name, metadata={"Software": None})
    return files


def _histories(results: Path, machine: str, line: Sequence[str], keys: set[Key]) -> dict[Key, list[tuple[str, float]]]:
    """Commit and value of the newest results of each key, oldest first."""
    try:
        history = read_history(results, machine)
    except Unreadable:
        return {}
    found = {}
    for series in series_of(history, line):
        for environment, cell in keys:
            if series.environment == environment and cell in series.cells:
                column = series.values[-SHOWN:, series.cells.index(cell)]
                values = zip(series.commits[-SHOWN:], column.tolist(), strict=True)
                found[environment, cell] = [(commit, value) for commit, value in values if value == value]
    return found


def _figure(change: Change, rounds: Rounds, history: Sequence[tuple[str, float]], names: Mapping[str, str]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    figure.suptitle(
        f"{one_line(change.cell, 150)}\n{change.effect} × {ratio_in_words(change.ratio)}, {change.state.value}",
        fontsize=9,
    )
    past, now = figure.subplots(1, 2, width_ratios=(2, 1))
    _draw_history(past, change, history, names)
    _draw_rounds(now, change, rounds)
    return figure


def _draw_history(axes: Axes, change: Change, history: Sequence[tuple[str, float]], names: Mapping[str, str]) -> None:
    commits = [commit for commit, _ in history]
    axes.plot(range(len(history)), [value for _, value in history], ".-", color="0.4", linewidth=0.8)
    axes.set(xlabel="measured commits", ylabel=change.unit or "value")
    axes.set_xticks(*_labels([names.get(commit, commit[:8]) for commit in commits]))
    culprits = [commits.index(commit) for commit in change.commits if commit in commits]
    if culprits:
        axes.axvline(
            culprits[-1], color="C3", linewidth=1, label=names.get(commits[culprits[-1]], commits[culprits[-1]][:8])
        )
        axes.legend(frameon=False)
    axes.set_ylim(bottom=0 if _spread(history) > 2 else None)


def _labels(names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Positions and names of at most five commits."""
    step = max(1, (len(names) + 3) // 4)
    positions = list(range(0, len(names), step))
    return positions, [names[position] for position in positions]


def _spread(history: Sequence[tuple[str, float]]) -> float:
    values = [value for _, value in history if value > 0]
    return max(values) / min(values) if values else 1.0


def _draw_rounds(axes: Axes, change: Change, rounds: Rounds) -> None:
    from matplotlib.ticker import MaxNLocator

    ratios = [new / old for old, new in rounds if old > 0]
    axes.plot(range(1, len(ratios) + 1), ratios, "o", color="0.4", markersize=4)
    if change.ratio is not None:
        if change.has_interval:
            axes.axhspan(*change.bounds, color="C0", alpha=0.2, label="99 % interval")
        axes.axhline(change.ratio, color="C0", linewidth=1)
    for threshold, label in ((1 + change.threshold, "threshold"), (1 / (1 + change.threshold), None)):
        axes.axhline(threshold, color="C3", linestyle="--", linewidth=0.8, label=label)
    axes.set(xlabel="round", ylabel=f"new ÷ old ({baseline_in_words(change.baseline)})")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=8)
