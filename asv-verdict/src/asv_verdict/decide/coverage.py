"""Coverage: cells without a number, cells that could not be compared, benchmarks that may measure nothing."""

from __future__ import annotations

from collections.abc import Callable

from asv_verdict.decide.insensitive import insensitive
from asv_verdict.decide.screening import Thresholds, without_ratio
from asv_verdict.investigation import Investigation, name_of
from asv_verdict.measure.session import is_number
from asv_verdict.model import baseline_in_words
from asv_verdict.stats.noise import Noise


def missing_cells(investigation: Investigation) -> list[str]:
    """A sentence for each expected cell without a number on head. Cells that do not apply are no longer expected.

    A cell does not apply if head skips it and neither a baseline nor an earlier night has a number for it. A cell that
    already failed on an earlier head and was never measured yields only a note, as long as other cells have a number.
    """
    found = []
    session = investigation.session
    works = any(is_number(session.latest(investigation.head, key)) for key in investigation.expected)
    for key in list(investigation.expected):
        value = session.latest(investigation.head, key)
        if is_number(value):
            continue
        before = [base for base in investigation.baselines.values() if is_number(session.latest(base, key))]
        if value is not None and not before and key not in investigation.expected_before:
            investigation.expected.remove(key)
            continue
        first = investigation.stored.failing.get(key, investigation.head)
        never = not before and key not in investigation.expected_before and first != investigation.head
        if works and never and key[1] not in session.left_out:
            investigation.expected.remove(key)
            since = f"; it first failed on {first[:8]}" if first else ""
            investigation.notes.append(f"{name_of(key)} is not expected, since no night has ever measured it{since}")
            continue
        why = "is skipped (n/a) on head" if value is not None else "failed or was not reached"
        since = f"; it has a number on {before[0][:8]}" if before else ""
        found.append(f"{name_of(key)} {why}{since}")
    return found


def find_uncompared(investigation: Investigation, must_compare: Callable[[str], bool] = lambda cell: False) -> None:
    """Name the cells that have a number on head but not on a baseline, and changed cells that have no ratio.

    A cell that failed on the baseline yields only a note, since it may be new, unless `must_compare` is true for it.
    """
    session, head = investigation.session, investigation.head
    there = [key for key in investigation.expected if is_number(session.latest(head, key))]
    for baseline, base in investigation.baselines.items():
        lost = [key for key in there if session.latest(base, key) is None]
        if there and len(lost) == len(there):
            investigation.undecided.append(
                f"no cell was compared with {baseline_in_words(baseline)}: {base[:8]} has no numbers"
            )
            continue
        for key in lost:
            late = key[1] in session.left_out
            why = "was not reached in time" if late else "failed"
            (investigation.undecided if late or must_compare(key[1]) else investigation.notes).append(
                f"{name_of(key)} {why} on {base[:8]}, so it was not compared with {baseline_in_words(baseline)}"
            )
    for base in list(investigation.baselines.values())[:1]:
        investigation.undecided += [
            f"{name_of(one.key)} changed from {one.before:g} at {base[:8]} to {one.after:g}; "
            "the change has no ratio, because one of the values is not above zero"
            for one in without_ratio(session, base, head, investigation.project.settings)
        ]


def note_insensitive(investigation: Investigation, thresholds: Thresholds) -> None:
    """Name the benchmarks that do not react to a parameter on head."""
    for environment in dict.fromkeys(environment for environment, _ in investigation.expected):
        values = {
            cell: investigation.session.latest(investigation.head, (environment, cell))
            for name, cell in investigation.expected
            if name == environment
        }
        noise = thresholds.noise.get(environment, Noise())
        investigation.notes += insensitive(investigation.benchmarks.values(), values, noise.floor)
