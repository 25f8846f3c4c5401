"""`make releases`: measure, judge and publish the releases of a package, and resume where an earlier run stopped."""

from __future__ import annotations

import itertools
import json
import platform
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from asv_verdict.commits import AsvFailed, CommitRunner, OutOfTime, publish
from asv_verdict.culprit import changed_packages
from asv_verdict.files import replace_whole
from asv_verdict.judging import Limits
from asv_verdict.lock import only_run
from asv_verdict.machine import processor
from asv_verdict.nightly import selection_of
from asv_verdict.outcome import Change, State
from asv_verdict.results import Benchmark, benchmark_of, read_history
from asv_verdict.settings import Project, read_project
from asv_verdict.site import assets
from asv_verdict.sitting import Sitting, is_number
from tools.releases.controls import CANNOT_MOVE, claimed, is_control, moved_by
from tools.releases.evidence import HASH, evidence_of
from tools.releases.findings import Count, Finding, Summary
from tools.releases.history import FindPins, generate
from tools.releases.judging import Judging
from tools.releases.measuring import Record
from tools.releases.pictures import overview
from tools.releases.pins import ROOT, pins_for
from tools.releases.publishing import write_reports, write_results
from tools.releases.reproduction import reproduction
from tools.releases.table import Release

SELECTION = "python -m benchmarks.selections releases"
#: The distribution that is measured; it is the same in every release.
OWN = "autodiff-kernels"
#: The time limit for the installation of a release.
INSTALL_MINUTES = 20.0
#: The problem in the summary of an unfinished run.
UNFINISHED = "the time ran out before every cell was measured; run the same command again to resume"


class NothingToMeasure(RuntimeError):
    """The sentence that says that fewer than two releases can be measured."""


def measure(
    package: str,
    releases: Sequence[Release],
    chosen: Sequence[Release],
    machine: str,
    *,
    rounds: int,
    hours: float,
    command: str,
    say: Callable[[str], None] = print,
    root: Path = ROOT,
    find_pins: FindPins = pins_for,
    make_runner: Callable[[Project, str, str], CommitRunner] = CommitRunner,
    make_dashboard: Callable[[Project], None] = publish,
) -> Summary:
    """Measure the `chosen` of all `releases` until every candidate is decided or the `hours` are over.

    Everything is stored under .asv/releases in `root`, the folder of the project.

    Raises NothingToMeasure, Busy if another run is in progress, and OtherMachine.
    """
    deadline = time.monotonic() + hours * 3600
    folder = root / ".asv" / "releases" / package
    history = generate(folder, releases, say, root=root, find_pins=find_pins)
    project = _project(folder, root)
    with only_run(project.folder / "lock"):
        unmeasured = {release: why for release, why in history.unavailable.items() if release in chosen}
        installable = [release for release in chosen if release in history.commits]
        made = {release: make_runner(project, machine, history.commits[release]) for release in installable}
        runners = _install(project, package, made, unmeasured, say)
        if len(runners) < 2:
            reason = next(reversed(unmeasured.values()), f"{len(chosen)} chosen")
            raise NothingToMeasure(f"fewer than two releases of {package} can be measured: {reason}")
        measured = list(runners)
        commits = [runners[release].commit for release in measured]
        by_commit = dict(zip(commits, measured, strict=True))
        names = {commit: release.name for commit, release in by_commit.items()}
        record = Record(project.folder / "measured", {r.commit: r for r in runners.values()}, names, say)
        record.only_of(processor())
        benchmarks = read_history(project.folder / "built" / commits[-1][:12]).benchmarks
        judging = Judging(
            project=project,
            record=record,
            commits=commits,
            names=names,
            cells=_cells(project, benchmarks, package),
            benchmarks=benchmarks,
            # Measured noise floors are those of all processes of a cell; the confirmation runs two.
            limits=Limits(project.settings, {}),
            rounds=rounds,
            is_control=partial(is_control, package=package),
        )
        for pieces in judging.first_rounds():
            if not record.measure(pieces, deadline):
                record.problems.append(UNFINISHED)
        sitting = judging.sitting()
        decided = judging.decide(sitting, deadline)
        changes = _with_packages(claimed(decided, package), runners, by_commit)
        failed, waiting = _without_number(judging, sitting, by_commit)
        listed = project.folder / "built" / commits[-1][:12] / "benchmarks.json"
        record.problems += write_results(judging, sitting, listed)
        missing = {release: [*failed.get(release, ()), *waiting.get(release, ())] for release in measured}
        write_reports(judging, _by_release(changes, by_commit), by_commit, missing, machine, processor())
        summary = Summary(
            package=package,
            machine=machine,
            processor=processor(),
            python=platform.python_version(),
            command=command,
            date=datetime.now(UTC).date().isoformat(),
            measured=measured,
            rounds=rounds,
            unmeasured=unmeasured,
            failed=failed,
            waiting=waiting,
            findings=_findings(changes, judging, sitting, by_commit, runners, folder),
            counted=_counted(judging, sitting, by_commit),
            cells=len(judging.cells),
            controls_moved_by=moved_by(decided, package),
            problems=list(dict.fromkeys(record.problems)),
        )
        replace_whole(folder / "summary.json", json.dumps(summary.as_json(), indent=1))
        replace_whole(folder / "summary.md", summary.as_markdown())
        overview(folder / "overview.svg", summary, judging, sitting)
        try:
            make_dashboard(project)
        except (AsvFailed, OutOfTime) as error:
            say(f"the results are complete, but the dashboard could not be built: {error}")
    return summary


def _project(folder: Path, root: Path) -> Project:
    """The generated history as a project that shares the scripts of the pages with the real one."""
    project = read_project(folder / "asv.conf.json")
    real = read_project(root / "asv.conf.json")
    settings = replace(project.settings, selection_command=SELECTION, results_branch="")
    project = replace(project, settings=settings)
    scripts = assets.folder_of(project)
    if assets.folder_of(real).exists() and not scripts.exists():
        scripts.parent.mkdir(parents=True, exist_ok=True)
        scripts.symlink_to(assets.folder_of(real))
    return project


def _install(
    project: Project,
    package: str,
    made: Mapping[Release, CommitRunner],
    unmeasured: dict[Release, str],
    say: Callable[[str], None],
) -> dict[Release, CommitRunner]:
    """The releases that can be installed and imported, each in its own environment; `unmeasured` gets the others."""
    runners = {}
    for number, (release, runner) in enumerate(made.items(), 1):
        built = project.folder / "built" / runner.commit[:12]
        if not (built / "benchmarks.json").exists():
            say(f"installing {release.name} ({number} of {len(made)})")
            try:
                runner.build(built, INSTALL_MINUTES * 60)
            except (AsvFailed, OutOfTime) as error:
                unmeasured[release] = f"it cannot be installed: {error}"
                say(f"{release.name}: {unmeasured[release]}")
                shutil.rmtree(built, ignore_errors=True)
                continue
        if why := runner.why_not_imported(package):
            unmeasured[release] = f"it is installed and does not run on Python {platform.python_version()}: {why}"
            say(f"{release.name}: {unmeasured[release]}")
            continue
        runners[release] = runner
    return runners


def _cells(project: Project, benchmarks: Mapping[str, Benchmark], package: str) -> list[str]:
    selection, others = selection_of(project), CANNOT_MOVE.get(package, "(?!)")
    selected = [cell for benchmark in benchmarks.values() for cell in benchmark.cells if re.search(selection, cell)]
    return [cell for cell in selected if not re.search(others, cell)]


def _with_packages(
    changes: Sequence[Change], runners: Mapping[Release, CommitRunner], releases: Mapping[str, Release]
) -> list[Change]:
    """The changes with the packages that differ between their releases."""

    def installed(commit: str, environment: str) -> Mapping[str, str]:
        return runners[releases[commit]].packages(environment)

    return [
        replace(
            change,
            packages=changed_packages(
                installed(change.base, change.environment), installed(change.head, change.environment), OWN
            ),
        )
        for change in changes
    ]


def _by_release(changes: Sequence[Change], releases: Mapping[str, Release]) -> dict[Release, list[Change]]:
    found: dict[Release, list[Change]] = {}
    for change in changes:
        found.setdefault(releases[change.head], []).append(change)
    return found


def _without_number(
    judging: Judging, sitting: Sitting, releases: Mapping[str, Release]
) -> tuple[dict[Release, list[str]], dict[Release, list[str]]]:
    """By release: cells that failed, among those that have a number elsewhere, and cells that are not measured yet."""
    tried: dict[str, set[str]] = {commit: set() for commit in judging.commits}
    for piece in itertools.chain(*judging.first_rounds()):
        if judging.record.has(piece) or piece in judging.record.lost:
            tried[piece.commit].update(piece.cells)
    answers = {
        commit: {cell: rounds for (_, cell), rounds in sitting.values[commit].items()} for commit in judging.commits
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


def _counted(judging: Judging, sitting: Sitting, releases: Mapping[str, Release]) -> list[Count]:
    """The deterministic metrics that changed. A hash has no magnitude, so it appears only with a change of time."""
    found = []
    for base, head, one in judging.counted(sitting):
        unit = judging.benchmarks[benchmark_of(one.key[1])].unit
        if unit != HASH:
            found.append(Count(one.key[1], unit, releases[base], releases[head], one.before, one.after))
    return found


def _findings(
    changes: Sequence[Change],
    judging: Judging,
    sitting: Sitting,
    releases: Mapping[str, Release],
    runners: Mapping[Release, CommitRunner],
    folder: Path,
) -> list[Finding]:
    """The changes with their evidence; a confirmed one gets a file that reproduces it, if its cell has a kernel."""
    files = folder / "reproductions"
    shutil.rmtree(files, ignore_errors=True)
    found = []
    for change in changes:
        before, after = releases[change.base], releases[change.head]
        key = (change.environment, change.cell)
        evidence = evidence_of(key, change.base, change.head, sitting, judging.benchmarks, judging.project.settings)
        finding = Finding(before, after, change, evidence)
        if change.state is State.CONFIRMED:
            name = f"{after.tag}-after-{before.version}-{re.sub(r'[^a-z0-9]+', '-', change.cell.lower()).strip('-')}.py"
            text = reproduction(
                finding,
                judging.benchmarks[benchmark_of(change.cell)],
                (runners[before].packages(change.environment), runners[after].packages(change.environment)),
                name,
                ".".join(platform.python_version_tuple()[:2]),
                processor(),
            )
            if text is not None:
                replace_whole(files / name, text)
                finding = replace(finding, reproduction=f"reproductions/{name}")
        found.append(finding)
    return found
