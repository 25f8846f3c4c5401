"""The state of a repository: age of the newest result, noise floors, open regressions, gaps in the history."""

from __future__ import annotations

import math
import statistics
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

from asv_verdict.asv_io.results import History, read_history
from asv_verdict.model import Change, State
from asv_verdict.project import Project
from asv_verdict.records.noise_floors import read_noise
from asv_verdict.records.past_nights import joined, past_nights
from asv_verdict.report.markdown import ratio_in_words
from asv_verdict.vcs.git import GitFailed
from asv_verdict.vcs.repository import head_of, repository_of

#: Days after which the newest result of a machine is old.
OLD = 3.0
#: The most open regressions that are listed; the newest come last.
NAMED = 5
SECONDS_OF_A_DAY = 86_400.0


def status(project: Project, machine: str | None = None, now: float | None = None) -> list[str]:
    """Lines about each machine, or about one. Raises Unreadable if there are no results of that one."""
    if not project.results.exists():
        return [f"no results yet: {project.results} does not exist"]
    present = time.time() if now is None else now
    history = read_history(project.results, machine)
    lines = []
    for name in sorted({result.machine for result in history.results}):
        lines += [f"{name}:", *(f"  {line}" for line in _machine(project, history, name, present))]
    return [*(lines or ["no results yet"]), *history.problems, *history.notes]


def _machine(project: Project, history: History, machine: str, now: float) -> Iterator[str]:
    results = [result for result in history.results if result.machine == machine]
    newest = max(results, key=lambda result: result.measured_at)
    yield _age((now - newest.measured_at) / SECONDS_OF_A_DAY, newest.commit)
    problems: list[str] = []
    nights = past_nights(project.folder, machine, problems)
    if nights:
        last = nights[-1].report
        yield (
            f"last night{' (partial)' if last.is_partial else ''}: {last.verdict}, "
            f"{last.measured} of {last.expected} expected cells measured, "
            f"commit {nights[-1].head[:8]}"
        )
        there = _history(project, problems)
        changes = [change for night in joined(nights) for change in night.changes]
        yield from open_findings([change for change in changes if there is None or _is_part_of(there, change)])
    else:
        yield "no night has a report yet"
    yield from _gaps(project, {result.commit for result in results})
    for environment in sorted({result.environment for result in results}):
        yield from _floors(project.root / project.settings.noise, machine, environment, problems)
    yield from problems


def _age(days: float, commit: str) -> str:
    if days < -0.1:
        return f"the newest result, of commit {commit[:8]}, is dated {-days:.1f} days in the future: check the clock"
    stale = ": are the nights still running?" if days > OLD else ""
    return f"the newest result, of commit {commit[:8]}, is {max(days, 0.0):.1f} days old{stale}"


def _history(project: Project, problems: list[str]) -> Collection[str] | None:
    """The commits of the measured branch; None if the clone is shallow or lacks the branch."""
    repository = repository_of(project)
    try:
        return None if repository.is_shallow else repository.history(head_of(project))
    except GitFailed as error:
        problems.append(str(error))
        return None


def _is_part_of(history: Collection[str], change: Change) -> bool:
    """Whether a commit that may have made the change is part of a history: a forced push may have removed it."""
    return not change.commits or any(commit in history for commit in change.commits)


def open_findings(changes: list[Change]) -> Iterator[str]:
    """Regressions that no later improvement may have undone; accepted ones are counted separately."""
    balance: defaultdict[tuple[str, str], float] = defaultdict(float)
    newest = {}
    accepted = 0
    for change in changes:
        if change.state is not State.CONFIRMED or change.effect == "change":
            continue
        if change.accepted:
            accepted += 1
            continue
        key = change.key
        least, most = _sizes(change)
        if change.effect == "regression":
            balance[key] += least
            newest[key] = change
        else:
            balance[key] = max(0.0, balance[key] - most) if most < math.inf else 0.0
    found = [change for key, change in newest.items() if balance[key] > math.log1p(change.threshold)]
    yield f"open regressions: {len(found)}; accepted: {accepted}"
    for change in found[-NAMED:]:
        yield f"  × {ratio_in_words(change.ratio)} {_since(change)}: {change.cell}"


def _since(change: Change) -> str:
    if len(change.commits) == 1:
        return f"since {change.commits[0][:8]}"
    return f"since one of {len(change.commits)} commits" if change.commits else "since an unknown commit"


def _sizes(change: Change) -> tuple[float, float]:
    """The least and the largest absolute logarithm of the ratio within the interval of a change."""
    low, high = change.bounds
    if not 0 < low <= high < math.inf:
        return abs(change.logarithm), abs(change.logarithm)
    least, most = sorted((abs(math.log(low)), abs(math.log(high))))
    return least, most


def _gaps(project: Project, commits: set[str]) -> Iterator[str]:
    """The number of commits without results, from the first commit with results on."""
    try:
        line = repository_of(project).line(head_of(project))
    except GitFailed as error:
        yield str(error)
        return
    measured_at = [index for index, commit in enumerate(line) if commit in commits]
    if measured_at:
        since = line[measured_at[0] :]
        without = sum(commit not in commits for commit in since)
        after = len(line) - 1 - measured_at[-1]
        yield (
            f"commits since the first measured one: {len(since)}; without results: {without}; "
            f"after the last measured one: {after}"
        )


def _floors(folder: Path, machine: str, environment: str, problems: list[str]) -> Iterator[str]:
    noise = read_noise(folder, machine, environment, problems)
    floors = sorted((noise.floor(cell), cell) for cell in noise.differences)
    if floors:
        middle = statistics.median(floor for floor, _ in floors)
        worst, cell = floors[-1]
        yield f"noise floors ({environment}, cells: {len(floors)}): median {middle:.1%}, largest {worst:.1%} ({cell})"
