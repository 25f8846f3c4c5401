"""Accepted changes: a file names cell, commit and reason. Reports still show them; they raise no alarm."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from asv_verdict.model import Change
from asv_verdict.project import BadSetting, Project


@dataclass(frozen=True)
class Accepted:
    """An accepted change of the cells that `cell` matches. `commit` is empty for a cell that left the suite."""

    cell: str
    commit: str
    reason: str


def read_accepted(path: Path) -> list[Accepted]:
    """The entries of a file; an empty list if the file does not exist. Raises BadSetting for an incomplete entry.

    An entry is `[[accepted]]` with `cell`, a regular expression for the whole name; `commit`, a hash or its first seven
    digits or more, empty for a cell that left the suite; and `reason`.
    """
    if not path.exists():
        return []
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
    except (OSError, ValueError, RecursionError) as error:
        raise BadSetting(f"{path.name} cannot be read: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadSetting(
            f"{path.name}: accepted = {entries!r}: expected a list of tables; begin each entry with [[accepted]]"
        )
    found = []
    for entry in entries:
        lacking = [name for name in ("cell", "commit", "reason") if not isinstance(entry.get(name), str)]
        if lacking or not entry["reason"].strip():
            raise BadSetting(f"{path.name}: incomplete entry {entry}: expected text for cell, commit and reason")
        if entry["commit"] and len(entry["commit"]) < 7:
            raise BadSetting(
                f'{path.name}: commit = {entry["commit"]!r}: expected at least seven digits of the hash, or ""'
            )
        try:
            re.compile(entry["cell"])
        except re.error as error:
            raise BadSetting(
                f"{path.name}: cell = {entry['cell']!r}: expected a regular expression: {error}"
            ) from error
        found.append(Accepted(entry["cell"], entry["commit"], entry["reason"]))
    return found


def accepted_of(project: Project, problems: list[str]) -> list[Accepted]:
    """The accepted changes of a project; none, and a sentence in `problems`, if the file cannot be read."""
    try:
        return read_accepted(project.root / project.settings.accepted)
    except BadSetting as error:
        problems.append(f"no change counts as accepted in this report: {error}")
        return []


def with_acceptance(change: Change, entries: Sequence[Accepted]) -> Change:
    """`change` with the reason of the entry that names its commit.

    A change with several possible commits is never accepted.
    """
    for entry in entries:
        is_culprit = len(change.commits) == 1 and entry.commit and change.commits[0].startswith(entry.commit)
        if is_culprit and re.fullmatch(entry.cell, change.cell):
            return replace(change, accepted=entry.reason)
    return change


def is_gone_with_consent(cell: str, entries: Sequence[Accepted]) -> bool:
    """Whether an entry accepts that this cell left the suite."""
    return any(not entry.commit and re.fullmatch(entry.cell, cell) for entry in entries)
