"""Untold nights: each wrote its report, but ended before it had printed and stored it.

The mark is removed once a report was printed and stored, so a report without it, also one of an older version or from
the results branch, counts as told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from asv_verdict.model import Change
from asv_verdict.records.past_nights import Night
from asv_verdict.system.files import replace_whole

MARK = "untold"


def mark_untold(folder: Path) -> None:
    """Mark the report in `folder` as untold; the mark is written before the report. Raises OSError."""
    replace_whole(folder / MARK, "")


def mark_told(folders: Iterable[Path]) -> None:
    """Remove the marks. If a mark cannot be removed, the next night repeats the findings, which does no harm."""
    for folder in folders:
        with contextlib.suppress(OSError):
            (folder / MARK).unlink()


def untold(nights: Iterable[Night]) -> list[Night]:
    """The nights that still have the mark."""
    return [night for night in nights if (night.path.parent / MARK).exists()]


def alarms_of(nights: Sequence[Night]) -> list[Change]:
    """The changes of `nights` that make a verdict worse than pass, each once."""
    found = {(change.key, change.base): change for night in nights for change in night.changes if change.alarms}
    return list(found.values())
