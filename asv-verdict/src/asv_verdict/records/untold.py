"""Nights that ended before their report was printed and stored: the next night repeats their findings.

A night writes a mark to its folder before the report, and removes the mark after it has printed and stored the report.
Reports of older versions and from the results branch have no mark, so their findings are not repeated.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from asv_verdict.model import Change, State
from asv_verdict.records.past_nights import Night
from asv_verdict.system.files import replace_whole

MARK = "untold"


def mark_untold(folder: Path) -> None:
    """Write the mark. Called before the report is written. Raises OSError."""
    replace_whole(folder / MARK, "")


def mark_told(folders: Iterable[Path]) -> None:
    """Remove the marks. If one cannot be removed, the next night repeats the findings, which does no harm."""
    for folder in folders:
        with contextlib.suppress(OSError):
            (folder / MARK).unlink()


def untold(nights: Iterable[Night]) -> list[Night]:
    """The nights that still have the mark."""
    return [night for night in nights if (night.path.parent / MARK).exists()]


def findings_of(nights: Iterable[Night]) -> list[Change]:
    """The changes of `nights` that were not dismissed, each once."""
    found = {
        (change.key, change.base): change
        for night in nights
        for change in night.changes
        if change.state is not State.DISMISSED
    }
    return list(found.values())
