"""The base's own suite: what a comparison has to measure even if head changes the benchmark files.

ASV runs the benchmark files of the working tree on every commit. If such a file imports a function that the base lacks,
all benchmarks in the file fail on the base, including those that it already had; a benchmark that head removes is not
run at all. The cells of both kinds are measured on both commits with the base's own files.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from asv_verdict.decide.measurement import Measurement, name_of
from asv_verdict.decide.measuring import SESSION
from asv_verdict.measure.builds import Builds, saved
from asv_verdict.measure.session import Key, Session, is_number
from asv_verdict.model import Remarks
from asv_verdict.records.accepted import Accepted, is_gone_with_consent
from asv_verdict.vcs.branch_files import EXECUTABLE, REGULAR, export, files_of
from asv_verdict.vcs.repository import Repository

#: The modes of benchmark files.
CODE = (REGULAR, EXECUTABLE)
#: The folder of the base's files and of the results measured with them.
FOLDER = "base-suite"


def with_files_of(base: str, head: str, builds: Builds, repository: Repository) -> tuple[Builds | None, Remarks]:
    """The builds of both commits, with the benchmark files of `base`.

    None if those are the files of the working tree, lie outside the measured repository, or cannot be listed.
    """
    project = builds.project
    here = project.root / project.configuration.get("benchmark_dir", "benchmarks")
    folder = Path(os.path.relpath(here, repository.root)).as_posix()
    if folder.startswith(os.pardir):
        return None, Remarks()
    files, others = files_of(repository.root, base, [folder], CODE)
    target = builds.folder / FOLDER
    export(repository.root, files, target / "files")
    there = target / "files" / folder
    names = {file.path for file in files}
    of_head, _ = files_of(repository.root, head, [folder], CODE)
    added = {file.path for file in of_head if file.path.endswith(".py")} - names
    if not added and all(_is_same(target / "files" / name, repository.root / name) for name in names):
        return None, Remarks()
    runners = {commit: builds.runners[commit].with_benchmarks(there) for commit in (base, head)}
    own = replace(builds, folder=target, runners=runners, failures={})
    own.list_benchmarks(base)
    if base in own.failures:
        return None, Remarks((f"{own.failures[base]}, so the cells that only the base has were not compared",))
    return own, Remarks(tuple(f"the benchmark files of {base[:8]} are incomplete: {sentence}" for sentence in others))


def _is_same(file: Path, other: Path) -> bool:
    return other.is_file() and file.read_bytes() == other.read_bytes()


def failing_on_both(
    own: Builds | None, measurement: Measurement, base: str, selection: str
) -> tuple[dict[Key, str], Remarks]:
    """The cells of the base's suite that fail on base and head alike, each with the base: head is not the cause.

    `own` comes from `with_files_of`.
    """
    listed = set(measurement.expected)
    remarks = Remarks()
    if own is not None:
        benchmarks, remarks = own.benchmarks(base)
        listed &= set(own.cells(benchmarks.values(), selection))
    late = set(measurement.session.left_out)
    both = (measurement.head, base)
    failing = {
        key: base
        for key in listed
        if key[1] not in late and all(measurement.session.latest(commit, key) is None for commit in both)
    }
    return failing, remarks


def measured_of_base(
    builds: Builds, measurement: Measurement, base: str, selection: str, entries: Sequence[Accepted], seconds: float
) -> tuple[Measurement, Remarks]:
    """Measure the selected cells of the base's own suite that have no number on one side, with the base's files.

    `builds` come from `with_files_of`. An entry may accept that a cell left the suite.
    """
    head = measurement.head
    benchmarks, remarks = builds.benchmarks(base)
    lost = tuple(
        key
        for key in builds.cells(benchmarks.values(), selection)
        if _is_lost(key, measurement, base) and not is_gone_with_consent(key[1], entries)
    )
    session = Session([], {base: {}, head: {}})
    if lost:
        session_runner = builds.session((base, head), SESSION, seconds, forks=True)
        session_runner.round(list(dict.fromkeys(cell for _, cell in lost)))
        session, remarks = session_runner.session, remarks + saved(session_runner)
    measured = Measurement(head, measurement.baselines, benchmarks, lost, session)
    return measured, remarks + _without_numbers(measured, base)


def _is_lost(key: Key, measurement: Measurement, base: str) -> bool:
    values = (measurement.session.latest(commit, key) for commit in (base, measurement.head))
    return key[1] not in measurement.session.left_out and not all(map(is_number, values))


def _without_numbers(measured: Measurement, base: str) -> Remarks:
    """Name the cells that work on the base and not on head, and those that were not reached.

    A cell that fails on both is not reported.
    """
    late = set(measured.session.left_out)
    files = f"with the benchmark files of {base[:8]}, so it was not compared"
    return Remarks(
        tuple(
            f"{name_of(key)} was not reached in time {files}"
            if key[1] in late
            else f"{name_of(key)} failed on {measured.head[:8]} {files}{measured.session.why(measured.head, key[1])}"
            for key in measured.expected
            if measured.on_head(key) is None and (key[1] in late or is_number(measured.session.latest(base, key)))
        )
    )


def removed(
    there: Collection[Key], builds: Builds, base: str, head: str, selection: str, entries: Sequence[Accepted]
) -> Remarks:
    """Name the selected cells that only the base lists, unless an entry accepts that they left the suite.

    `there` holds the selected cells that head lists.
    """
    listed, _ = builds.benchmarks(base)
    return Remarks(
        tuple(
            f"{name_of(key)} is in the suite of {base[:8]} but not of {head[:8]}, so it was not compared"
            for key in builds.cells(listed.values(), selection)
            if key not in there and not is_gone_with_consent(key[1], entries)
        )
    )
