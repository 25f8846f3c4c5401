"""Changes that are wanted: a small file with cell, commit and reason. They stay visible, and do not alarm."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asv_verdict.outcome import Change
from asv_verdict.settings import BadSetting


@dataclass(frozen=True)
class Accepted:
    """A change of the cells that `cell` matches, by `commit`; a cell that is gone from the suite has no commit."""

    cell: str
    commit: str
    reason: str


def read_accepted(path: Path) -> list[Accepted]:
    """The entries of a file, none where there is no file. Raises BadSetting where one lacks something.

    An entry is `[[accepted]]` with `cell`, an expression for the whole name, `commit`, its hash or the beginning of it
    (at least seven digits; empty for a cell that is gone), and `reason`.
    """
    if not path.exists():
        return []
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
    except (OSError, ValueError) as error:
        raise BadSetting(f"{path.name} cannot be read: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadSetting(f"{path.name}: accepted = {entries!r}; each entry begins with [[accepted]]")
    found = []
    for entry in entries:
        lacking = [name for name in ("cell", "commit", "reason") if not isinstance(entry.get(name), str)]
        if lacking or not entry["reason"].strip():
            raise BadSetting(f"{path.name}: {entry} needs text for cell, commit and reason")
        if entry["commit"] and len(entry["commit"]) < 7:
            raise BadSetting(f"{path.name}: commit {entry['commit']!r} is too short; at least seven digits")
        try:
            re.compile(entry["cell"])
        except re.error as error:
            raise BadSetting(f"{path.name}: cell = {entry['cell']!r} is no regular expression: {error}") from error
        found.append(Accepted(entry["cell"], entry["commit"], entry["reason"]))
    return found


def with_acceptance(change: Change, entries: Sequence[Accepted]) -> Change:
    """`change`, with the reason where it is accepted: its culprit is known, and is the commit of an entry."""
    for entry in entries:
        is_culprit = len(change.commits) == 1 and entry.commit and change.commits[0].startswith(entry.commit)
        if is_culprit and re.fullmatch(entry.cell, change.cell):
            return replace(change, accepted=entry.reason)
    return change


def is_gone_with_consent(cell: str, entries: Sequence[Accepted]) -> bool:
    """Whether a cell that is no longer in the suite was taken out on purpose."""
    return any(not entry.commit and re.fullmatch(entry.cell, cell) for entry in entries)
