"""The results of a release history: changes with their packages, cells that failed, counts, and findings."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from msgspec import structs

from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.measure.commit_runner import CommitRunner
from asv_verdict.measure.session import Session, is_number
from asv_verdict.model import Change, State
from asv_verdict.stats.bisection import changed_packages
from releases.evidence import HASH, evidence_of
from releases.findings import Count, Finding
from releases.judging import Judging
from releases.reproduction import needs
from releases.table import Release

#: The distribution of this project, which is the same under every release.
OWN = "autodiff-kernels"


def with_packages(
    changes: Sequence[Change], runners: Mapping[Release, CommitRunner], releases: Mapping[str, Release]
) -> list[Change]:
    """The changes with the packages that differ between their releases."""

    def installed(commit: str, environment: str) -> Mapping[str, str]:
        return runners[releases[commit]].packages(environment)

    return [
        structs.replace(
            change,
            packages=changed_packages(
                installed(change.base, change.environment), installed(change.head, change.environment), OWN
            ),
        )
        for change in changes
    ]


def by_release(changes: Sequence[Change], releases: Mapping[str, Release]) -> dict[Release, list[Change]]:
    """The changes of each release; `releases` maps commits to releases."""
    found: dict[Release, list[Change]] = {}
    for change in changes:
        found.setdefault(releases[change.head], []).append(change)
    return found


def without_number(
    judging: Judging, session: Session, releases: Mapping[str, Release]
) -> tuple[dict[Release, list[str]], dict[Release, list[str]]]:
    """By release: the cells that failed, and the cells that are not measured yet.

    A cell that was measured and has no number under any release does not apply, so neither lists it.
    """
    tried: dict[str, set[str]] = {commit: set() for commit in judging.commits}
    for piece in itertools.chain(*judging.first_rounds()):
        if judging.record.has(piece) or piece in judging.record.lost:
            tried[piece.commit].update(piece.cells)
    answers = {
        commit: {cell: rounds for (_, cell), rounds in session.values[commit].items()} for commit in judging.commits
    }
    applying = {cell for found in answers.values() for cell, rounds in found.items() if any(map(is_number, rounds))}
    failed: dict[Release, list[str]] = {}
    waiting: dict[Release, list[str]] = {}
    for commit, found in answers.items():
        for cell in judging.cells:
            if cell not in tried[commit]:
                waiting.setdefault(releases[commit], []).append(cell)
            elif cell not in found or (cell in applying and not any(map(is_number, found[cell]))):
                failed.setdefault(releases[commit], []).append(cell)
    return failed, waiting


def counts_of(judging: Judging, session: Session, releases: Mapping[str, Release]) -> list[Count]:
    """The deterministic metrics that changed. A hash has no magnitude: it appears only as evidence."""
    found = []
    for base, head, one in judging.deterministic_changes(session):
        unit = judging.benchmarks[benchmark_of(one.key[1])].unit
        if unit != HASH:
            found.append(Count(one.key[1], unit, releases[base], releases[head], one.before, one.after))
    return found


def findings_of(
    changes: Sequence[Change],
    judging: Judging,
    session: Session,
    releases: Mapping[str, Release],
    runners: Mapping[Release, CommitRunner],
) -> list[Finding]:
    """The changes with their evidence; a confirmed one says what its reproduction needs, if its cell has a kernel."""
    found = []
    for change in changes:
        before, after = releases[change.base], releases[change.head]
        key = (change.environment, change.cell)
        evidence = evidence_of(key, change.base, change.head, session, judging.benchmarks, judging.project.settings)
        finding = Finding(before, after, change, evidence)
        if change.state is State.CONFIRMED:
            pins = runners[before].packages(change.environment), runners[after].packages(change.environment)
            benchmark = judging.benchmarks[benchmark_of(change.cell)]
            finding = replace(finding, needs=needs(change.cell, benchmark, pins))
        found.append(finding)
    return found
