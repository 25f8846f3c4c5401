"""Measure cells in processes that are forked from one which has imported the suite, if the suite allows that."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asv_verdict.asv_io.decoding import benchmark_of, kind_of
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner, NothingSelected, OutOfTime
from asv_verdict.measure.groups import pattern_of

#: The options of `asv run` with which it imports the suite once and forks for each benchmark.
FORKING = ("--launch-method", "forkserver")
#: Time limit for the first cell of a suite that is measured in a forked process, in seconds.
FIRST_CELL_SECONDS = 120.0


@dataclass
class Forked:
    """What a run left: the cells that were measured in forked processes, why cells failed, and what to report."""

    forked: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)


def run_forked(
    runner: CommitRunner, folder: Path, cells: Sequence[str], deadline: float, options: Sequence[str] = ()
) -> Generator[str, None, Forked]:
    """Measure cells of one class before `deadline` (monotonic), with more options of `asv run`.

    Yields the name of a cell before each visit, once the suite has shown that it can be forked: until then a visit may
    hang. A cell that fails in a forked process is measured again in a process that imports the suite itself. If that
    helps, the suite cannot be forked, and this commit forks no more.
    """
    own = [cell for cell in cells if kind_of(cell).lower().startswith("peakmem")]  # a forked process is larger
    forked = [cell for cell in cells if cell not in own]
    failing: list[str] = []
    done = Forked()
    # A suite that cannot be forked may hang, so the first cell is measured alone.
    for part in [forked] if runner.process.has_forked else [forked[:1], forked[1:]]:
        if failing:
            own += part
        elif part:
            failing = yield from _failing_forked(runner, folder, part, deadline, options)
            done.forked |= set(part).difference(failing)
    if own or failing:
        pattern, seconds = pattern_of([*own, *failing]), deadline - time.monotonic()
        done.failed = yield from runner.steps(folder, pattern, seconds, *options)
    if works := [cell for cell in failing if not _is_among(done.failed, cell)]:
        runner.process.can_fork = False
        done.sentences.append(
            f"{runner.commit[:8]}: the suite cannot be forked ({works[0]} fails then), so each benchmark imports it"
        )
    return done


def _failing_forked(
    runner: CommitRunner, folder: Path, cells: Sequence[str], deadline: float, options: Sequence[str]
) -> Generator[str, None, list[str]]:
    """Measure cells in forked processes; returns those that fail."""
    left = deadline - time.monotonic()
    seconds = left if runner.process.has_forked else min(left, FIRST_CELL_SECONDS)
    try:
        failed = yield from runner.steps(
            folder, pattern_of(cells), seconds, *FORKING, *options, takes_turns=runner.process.has_forked
        )
    except NothingSelected:
        raise
    except (AsvFailed, OutOfTime):
        if time.monotonic() >= deadline:
            raise
        return list(cells)
    failing = [cell for cell in cells if _is_among(failed, cell)]
    runner.process.has_forked |= len(failing) < len(cells)
    return failing


def _is_among(failed: Mapping[str, str], cell: str) -> bool:
    """Whether a cell or its whole benchmark failed."""
    return cell in failed or benchmark_of(cell) in failed
