"""Coverage: cells that have no number, and cells that could not be compared."""

from __future__ import annotations

from asv_verdict.investigation import Investigation, name_of
from asv_verdict.judging import without_ratio
from asv_verdict.outcome import baseline
from asv_verdict.sitting import is_number


def missing_cells(investigation: Investigation) -> list[str]:
    """A sentence for each expected cell without a number on head. Cells that do not apply are no longer expected.

    A cell does not apply if head skips it and neither a baseline nor an earlier night has a number for it.
    """
    found = []
    sitting = investigation.sitting
    for key in list(investigation.expected):
        value = sitting.latest(investigation.head, key)
        if is_number(value):
            continue
        before = [base for base in investigation.bases.values() if is_number(sitting.latest(base, key))]
        if value is not None and not before and key not in investigation.manifest:
            investigation.expected.remove(key)
            continue
        why = "is skipped (n/a) on head" if value is not None else "failed or was not reached"
        since = f"; it has a number on {before[0][:8]}" if before else ""
        found.append(f"{name_of(key)} {why}{since}")
    return found


def find_uncompared(investigation: Investigation) -> None:
    """Name the cells that have a number on head but not on a baseline, and changed cells that have no ratio."""
    sitting, head = investigation.sitting, investigation.head
    there = [key for key in investigation.expected if is_number(sitting.latest(head, key))]
    for look, base in investigation.bases.items():
        lost = [key for key in there if sitting.latest(base, key) is None]
        if there and len(lost) == len(there):
            investigation.undecided.append(f"no cell was compared with {baseline(look)}: {base[:8]} has no numbers")
            continue
        for key in lost:
            late = key[1] in sitting.left_out
            why = "was not reached in time" if late else "failed"
            (investigation.undecided if late else investigation.notes).append(
                f"{name_of(key)} {why} on {base[:8]}, so it was not compared with {baseline(look)}"
            )
    for base in list(investigation.bases.values())[:1]:
        investigation.undecided += [
            f"{name_of(one.key)} changed from {one.before:g} at {base[:8]} to {one.after:g}; "
            "it has no ratio, because one of the values is not above zero"
            for one in without_ratio(sitting, base, head, investigation.project.settings)
        ]
