"""What was measured on which side: cells that are missing, and those that could not be compared."""

from __future__ import annotations

from asv_verdict.investigation import Investigation, name_of
from asv_verdict.judging import without_ratio
from asv_verdict.sitting import is_number


def missing_cells(investigation: Investigation) -> list[str]:
    """Expected cells without a number on the head, in words; those that do not apply are no longer expected.

    A cell does not apply where the head says so and no base and no earlier night has a number for it.
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
        why = "does not apply any more" if value is not None else "failed or was not reached"
        since = f", and has a number on {before[0][:8]}" if before else ""
        found.append(f"{name_of(key)} {why}{since}")
    return found


def find_uncompared(investigation: Investigation) -> None:
    """Say what the head has a number for and a base has none, and what differs and has no ratio."""
    sitting, head = investigation.sitting, investigation.head
    there = [key for key in investigation.expected if is_number(sitting.latest(head, key))]
    for look, base in investigation.bases.items():
        lost = [key for key in there if sitting.latest(base, key) is None]
        if there and len(lost) == len(there):
            investigation.undecided.append(f"nothing was compared with {look}: {base[:8]} has no number")
            continue
        for key in lost:
            late = key[1] in sitting.left_out
            why = "was not reached in time" if late else "failed"
            (investigation.undecided if late else investigation.notes).append(
                f"{name_of(key)} {why} on {base[:8]}, so it was not compared with {look}"
            )
    for base in list(investigation.bases.values())[:1]:
        investigation.undecided += [
            f"{name_of(one.key)} was {one.before:g} at {base[:8]} and is {one.after:g}, which has no ratio"
            for one in without_ratio(sitting, base, head, investigation.project.settings)
        ]
