"""The data of a release history's dashboard: ASV's results from the first rounds, and a report for each release."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from asv_verdict.asv_io.decoding import cell_names
from asv_verdict.asv_io.merge import keep
from asv_verdict.measure.session import Session
from asv_verdict.model import Change, Outcome
from asv_verdict.records.report_file import HEAD
from asv_verdict.report.plots import plot_changes
from asv_verdict.report.report import Report
from asv_verdict.system.files import replace_whole
from releases.judging import Judging
from releases.rounds import better_half, numbers
from releases.table import Release


def write_results(judging: Judging, session: Session, listed: Path) -> list[str]:
    """Write ASV's results anew, with one value for each cell from all first rounds.

    `listed` is ASV's list of the benchmarks. Returns a sentence for each problem. Rounds of the confirmation do not
    count: they were measured at another hour and for some releases only, which would look like a change.
    """
    results = judging.project.results
    shutil.rmtree(results, ignore_errors=True)
    problems = []
    for pieces in judging.first_rounds():
        for piece in filter(judging.record.has, pieces):
            problems += keep(judging.record.folder / piece.folder, results, listed)
    for path in results.glob("*/*.json"):
        if path.name != "machine.json":
            replace_whole(path, _with_all_rounds(path, session))
    return problems


def _with_all_rounds(path: Path, session: Session) -> str:
    """The content of a result file with each value computed from the better half of its rounds."""
    content = json.loads(path.read_text(encoding="utf-8"))
    values = session.values[content["commit_hash"]]
    column = content["result_columns"].index("result")
    for name, row in content["results"].items():
        parameters = row[content["result_columns"].index("params")]
        for index, cell in enumerate(cell_names(name, tuple(map(tuple, parameters or ())))):
            rounds = numbers(values.get((content["env_name"], cell), ()))
            if rounds and row[column] is not None:
                row[column][index] = better_half(rounds)
    return json.dumps(content)


def write_reports(
    judging: Judging,
    changes: Mapping[Release, Sequence[Change]],
    releases: Mapping[str, Release],
    missing: Mapping[Release, Sequence[str]],
    machine: str,
    processor: str,
) -> None:
    """Replace the reports of an earlier run: one on the changes of each release, for the page "What changed".

    `releases` maps commits to releases.
    """
    folder = judging.project.folder / "reports"
    shutil.rmtree(folder, ignore_errors=True)
    names = {commit: release.name for commit, release in releases.items()}
    for number, commit in enumerate(judging.commits, 1):
        release = releases[commit]
        found = list(changes.get(release, ()))
        report = Report(
            kind="release",
            title=release.name,
            machine=machine,
            cpu=processor,
            outcome=Outcome(
                expected=len(judging.cells),
                measured=len(judging.cells) - len(missing[release]),
                changes=found,
                missing=list(missing[release]),
            ),
            commits={HEAD: commit, **{one.baseline: one.base for one in found}},
            subjects=names,
            started=release.date,
        )
        target = folder / f"{number:06d}-{commit[:8]}"
        rounds = {(key, base): own for (key, base, head), own in judging.judged_by.items() if head == commit}
        report.plots = plot_changes(target, found, rounds, judging.project.results, machine, judging.commits, names)
        report.write(target)
