"""`make releases`: measure, judge and publish the releases of a package, and resume where an earlier run stopped."""

from __future__ import annotations

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

from msgspec import structs

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.results import read_history
from asv_verdict.decide.screening import Thresholds
from asv_verdict.measure.commands import selection_of
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner, OutOfTime, publish
from asv_verdict.measure.session import Session
from asv_verdict.model import Change
from asv_verdict.project import Project, read_project
from asv_verdict.site import assets
from asv_verdict.system.files import replace_whole
from asv_verdict.system.lock import only_run
from asv_verdict.system.machine import processor
from releases.controls import CANNOT_MOVE, claimed, is_control, moved_by
from releases.findings import Summary
from releases.history import FindPins, generate
from releases.judging import Judging
from releases.measuring import Record
from releases.pictures import overview
from releases.pins import ROOT, pins_for
from releases.publishing import write_reports, write_results
from releases.results import by_release, counts_of, findings_of, with_packages, without_number
from releases.table import Release

SELECTION = "python -m benchmarks.selections releases"
#: The time limit for the installation of a release.
INSTALL_MINUTES = 20.0
#: The problem in the summary of an unfinished run.
UNFINISHED = "the time ran out before every cell was measured; run the same command again to resume"


class NothingToMeasure(RuntimeError):
    """Fewer than two releases can be measured; the message is a sentence."""


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
    """Measure the `chosen` releases until every candidate is decided or the `hours` are over.

    The history has all `releases`. Everything is stored under .asv/releases in `root`, the folder of the project.
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
        judging = _judging(project, package, runners, rounds, say)
        for pieces in judging.first_rounds():
            if not judging.record.measure(pieces, deadline):
                judging.record.problems.append(UNFINISHED)
        session = judging.session()
        decided = judging.decide(session, deadline)
        summary = _written(package, judging, session, decided, runners, unmeasured, machine, command)
        replace_whole(folder / "summary.json", json.dumps(summary.as_json(), indent=1))
        replace_whole(folder / "summary.md", summary.as_markdown())
        overview(folder / "overview.svg", summary, judging, session)
        try:
            make_dashboard(project)
        except (AsvFailed, OutOfTime) as error:
            say(f"the results are complete, but the dashboard could not be built: {error}")
    return summary


def _written(
    package: str,
    judging: Judging,
    session: Session,
    decided: Sequence[Change],
    runners: Mapping[Release, CommitRunner],
    unmeasured: Mapping[Release, str],
    machine: str,
    command: str,
) -> Summary:
    """Write the results and the reports for the dashboard, and sum them up."""
    by_commit = {runner.commit: release for release, runner in runners.items()}
    changes = with_packages(claimed(decided, package), runners, by_commit)
    failed, waiting = without_number(judging, session, by_commit)
    listed = judging.project.folder / "built" / judging.commits[-1][:12] / "benchmarks.json"
    judging.record.problems += write_results(judging, session, listed)
    missing = {release: [*failed.get(release, ()), *waiting.get(release, ())] for release in runners}
    write_reports(judging, by_release(changes, by_commit), by_commit, missing, machine, processor())
    return Summary(
        package=package,
        machine=machine,
        processor=processor(),
        python=platform.python_version(),
        command=command,
        date=datetime.now(UTC).date().isoformat(),
        measured=list(runners),
        rounds=judging.rounds,
        unmeasured=unmeasured,
        failed=failed,
        waiting=waiting,
        findings=findings_of(changes, judging, session, by_commit, runners),
        counts=counts_of(judging, session, by_commit),
        cells=len(judging.cells),
        controls_moved_by=moved_by(decided, package),
        problems=list(dict.fromkeys(judging.record.problems)),
    )


def _project(folder: Path, root: Path) -> Project:
    """The generated history as a project, whose pages use the scripts that are installed for the real one."""
    project = read_project(folder / "asv.conf.json")
    real = read_project(root / "asv.conf.json")
    settings = structs.replace(project.settings, selection_command=SELECTION, results_branch="")
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
            unmeasured[release] = f"it installs, but it does not run on Python {platform.python_version()}: {why}"
            say(f"{release.name}: {unmeasured[release]}")
            continue
        runners[release] = runner
    return runners


def _judging(
    project: Project,
    package: str,
    runners: Mapping[Release, CommitRunner],
    rounds: int,
    say: Callable[[str], None],
) -> Judging:
    """The judging of the installed releases. Raises OtherMachine."""
    commits = [runner.commit for runner in runners.values()]
    names = {runner.commit: release.name for release, runner in runners.items()}
    record = Record(project.folder / "measured", {runner.commit: runner for runner in runners.values()}, names, say)
    record.only_of(processor())
    benchmarks = read_history(project.folder / "built" / commits[-1][:12]).benchmarks
    return Judging(
        project=project,
        record=record,
        commits=commits,
        names=names,
        cells=_cells(project, benchmarks, package),
        benchmarks=benchmarks,
        # No noise floors: they are measured with all processes of a cell, and the confirmation runs only two.
        thresholds=Thresholds(project.settings, {}),
        rounds=rounds,
        is_control=partial(is_control, package=package),
    )


def _cells(project: Project, benchmarks: Mapping[str, Benchmark], package: str) -> list[str]:
    selection, others = selection_of(project), CANNOT_MOVE.get(package, "(?!)")
    selected = [cell for benchmark in benchmarks.values() for cell in benchmark.cells if re.search(selection, cell)]
    return [cell for cell in selected if not re.search(others, cell)]
