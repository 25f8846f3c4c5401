"""The cells that a night expects: those of the suite, and those that an earlier night measured."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from asv_verdict.asv_io.results import Unreadable
from asv_verdict.decide.measurement import Measurement, Past, name_of
from asv_verdict.measure.session import Key, is_number
from asv_verdict.model import PREVIOUS, REFERENCE, Remarks, Verdict
from asv_verdict.project import Project
from asv_verdict.records.accepted import Accepted, is_gone_with_consent
from asv_verdict.records.expected_cells import (
    ExpectedCells,
    expected_cells_file,
    measured_cells,
    read_expected_cells,
    replace_unreadable,
    write_expected_cells,
)
from asv_verdict.records.past_nights import Night
from asv_verdict.records.untold import untold


def stored_expectation(project: Project, machine: str, nights: Sequence[Night], problems: list[str]) -> ExpectedCells:
    """The expected cells of earlier nights. A file that cannot be read is copied, with a sentence in `problems`.

    In its place, the cells that were measured since the last night that was not broken are expected. A cell that has
    always failed counts as such only if a night on the first commit that failed has printed its report: a night that
    was killed has told nobody.
    """
    complete = [night for night in nights if not night.report.is_partial]
    forgotten = {night.path for night in untold(nights)}
    told = {"", *(night.head for night in nights if night.path not in forgotten)}
    path = expected_cells_file(project.folder, machine)
    try:
        stored = read_expected_cells(path)
    except Unreadable as error:
        commits = _since_complete(complete)
        instead = ExpectedCells(measured_cells(project.results, machine, commits))
        try:
            where = f"the file was copied to {replace_unreadable(path, instead).name}"
        except OSError as failed:
            where = f"the file cannot be copied: {failed}"
        named = ", ".join(commit[:8] for commit in commits)
        these = f"the cells that were measured on {named}" if commits else "the cells of all stored results"
        problems.append(f"{error}; {where}. This night expects {these}")
        return instead
    if not stored.are_apart and (known := measured_cells(project.results, machine)):
        never = stored.measured - known
        stored = ExpectedCells(stored.measured - never, dict.fromkeys(never, ""))
    return replace(stored, failing={key: commit for key, commit in stored.failing.items() if commit in told})


def _since_complete(nights: Sequence[Night]) -> list[str]:
    """The commits of the newest nights, down to the newest one that was not broken."""
    commits: list[str] = []
    for night in reversed(nights):
        commits.append(night.head)
        if night.report.verdict != Verdict.BROKEN.word:
            break
    return list(dict.fromkeys(commits))


def selected(cells: Collection[Key], selection: str) -> frozenset[Key]:
    """The cells that tonight's selection matches."""
    return frozenset(key for key in cells if re.search(selection, key[1]))


def expect_from_now_on(
    stored: ExpectedCells, measurement: Measurement, project: Project, machine: str, entries: Sequence[Accepted]
) -> Remarks:
    """Add the cells that were measured tonight to the expected cells, and remember those that have always failed."""
    path = expected_cells_file(project.folder, machine)
    there = set(measurement.expected)
    numbers = {key for key in there if is_number(measurement.on_head(key)) or measurement.bases_with(key)}
    try:
        # `fetch` may have added cells since this night began. A file that cannot be read is not replaced.
        known = stored | read_expected_cells(path)
        kept = {key for key in known.measured if not is_gone_with_consent(key[1], entries)} | numbers
        # Of a cell that failed tonight, only `stored` says whether anybody was told of an earlier failure.
        since = {**known.failing, **{key: stored.failing.get(key, measurement.head) for key in there}}
        late = measurement.session.left_out
        failing = {key: commit for key, commit in since.items() if key not in kept and key[1] not in late}
        write_expected_cells(path, ExpectedCells(frozenset(kept), failing))
    except (OSError, Unreadable) as error:
        return Remarks(problems=(f"cannot save the expected cells: {error}",))
    return Remarks()


def unjudged_before_reference(measurement: Measurement, past: Past, project: Project, machine: str) -> frozenset[Key]:
    """The cells without a number on previous that no night has measured since the reference.

    For these cells, the reference may be newer than the last night that judged them, and may already show a change.
    """
    previous, reference = (measurement.baselines.get(name) for name in (PREVIOUS, REFERENCE))
    if previous is None or reference is None:
        return frozenset()
    keys = {key for key in measurement.expected if not is_number(measurement.session.latest(previous, key))}
    line = {reference, *past.line_since(reference)}
    for night in past.nights:
        if keys and night.head in line and night.report.measured:
            # A later night may have stored the number of a cell that failed when its commit was judged.
            failed = {key for key in keys if any(one.startswith(f"{name_of(key)} ") for one in night.report.missing)}
            keys -= measured_cells(project.results, machine, [night.head]) - failed
    return frozenset(keys)
