"""What a night would measure, and for how long."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.results import Unreadable, read_history
from asv_verdict.decide.baselines import baselines_of, last_judged
from asv_verdict.measure.commands import expression, nothing_matches, selection_of
from asv_verdict.measure.environments import expected_environments
from asv_verdict.measure.sampling import of_compared
from asv_verdict.model import baseline_in_words
from asv_verdict.project import Project
from asv_verdict.records.past_nights import complete_nights, past_nights
from asv_verdict.system.text import counted
from asv_verdict.vcs.repository import head_of, repository_of


def plan(project: Project, machine: str, bench: str | None = None) -> list[str]:
    """Lines on the commits, the cells and the expected time of a night. The list of cells is that of the last results.

    Raises the errors that would keep a night from beginning.
    """
    repository, head = repository_of(project), head_of(project)
    environments = tuple(expected_environments(project))
    nights = complete_nights(past_nights(project.folder, machine, []), environments)
    baselines = baselines_of(project.settings, repository, head, last_judged(nights, repository, head))
    lines = [f"head: {head[:8]} {repository.subject(head)}"]
    for name, base in baselines.items():
        lines.append(f"{baseline_in_words(name)}: {base[:8]} {repository.subject(base)}")
    if not bench and any(night.head == head for night in nights):
        lines.append(
            "an earlier night judged this commit: if it measured the same cells and left none inconclusive, the next "
            "night repeats its report"
        )
    selection = selection_of(project) if bench is None else expression(bench)
    commits = {*baselines.values(), head}
    first, second = project.settings.session_minutes, project.settings.confirming_minutes
    limits = f"{first:.3g} minutes for the round of all cells, {second:.3g} minutes for confirmation and attribution"
    limits = f"time limits: {limits}; the first builds are not included"
    try:
        benchmarks = read_history(project.results).benchmarks
    except Unreadable:
        return [*lines, "the number of cells is known after the first night", limits]
    cells = sum(bool(re.search(selection, cell)) for one in benchmarks.values() for cell in one.cells)
    lines.append(f"cells × environments × commits: {cells} × {len(environments)} × {len(commits)}")
    if not cells:
        lines.append(f"{nothing_matches(selection)}: the night would be broken")
    are_stored = [any((project.results / machine).glob(f"{commit[:8]}-*.json")) for commit in commits]
    seconds = len(environments) * _seconds(project, machine, selection, benchmarks, are_stored)
    if cells and seconds:
        minutes = max(1, round(seconds / 60))
        lines.append(
            f"a round of all cells takes about {counted(minutes, 'minute')}, estimated from earlier results; a "
            "candidate takes 4 to 16 more of its own, at least 8 to be confirmed, and each step of the attribution 4"
        )
    return [*lines, limits]


def _seconds(
    project: Project, machine: str, selection: str, benchmarks: Mapping[str, Benchmark], are_stored: Sequence[bool]
) -> float:
    """The time of the selected cells on all commits, from the durations in the newest results of each benchmark.

    `are_stored` says of each commit whether its values are stored, so that they are only compared.
    """
    durations: dict[str, float] = {}
    for path in sorted((project.results / machine).glob("*-*.json"), key=lambda path: path.stat().st_mtime):
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            column = content["result_columns"].index("duration")
            durations |= {name: float(row[column]) for name, row in content["results"].items() if len(row) > column}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    total = 0.0
    for name, benchmark in benchmarks.items():
        selected = sum(bool(re.search(selection, cell)) for cell in benchmark.cells)
        shares = sum(of_compared(benchmark).share if is_stored else 1.0 for is_stored in are_stored)
        total += shares * durations.get(name, 0.0) * selected / max(1, len(benchmark.cells))
    return total
