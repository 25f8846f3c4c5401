"""Accepted changes: a file names cell, commit and reason. Reports still show them; they raise no alarm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from asv_verdict.model import Change
from asv_verdict.project import Project
from asv_verdict.system.toml_file import BadSetting, check_expression, converted, is_there, read_toml


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An accepted change of the cells that `cell`, a regular expression, matches as a whole.

    `commit` is a hash or at least its first seven digits; it is empty for a cell that left the suite.
    """

    cell: str
    commit: str
    reason: str

    def __post_init__(self) -> None:
        """Raise ValueError for a wrong value."""
        check_expression("cell", self.cell)
        if self.commit and len(self.commit) < 7:
            raise ValueError(f'commit = {self.commit!r}: expected at least seven digits of the hash, or ""')
        if not self.reason.strip():
            raise ValueError(f"reason = {self.reason!r}: expected text that says why")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: each entry begins with [[accepted]]."""

    accepted: tuple[Accepted, ...] = ()


def read_accepted(path: Path) -> Sequence[Accepted]:
    """The entries of a file; none if the file does not exist. Raises BadSetting for a wrong entry."""
    return converted(read_toml(path), _File, path.name).accepted if is_there(path) else ()


def accepted_of(project: Project, problems: list[str]) -> Sequence[Accepted]:
    """The accepted changes of a project; none, and a sentence in `problems`, if the file cannot be read."""
    try:
        return read_accepted(project.root / project.settings.accepted)
    except BadSetting as error:
        problems.append(f"no change counts as accepted in this report: {error}")
        return ()


def with_acceptance(change: Change, entries: Sequence[Accepted]) -> Change:
    """`change` with the reason of the entry that names its commit; without such an entry it is not accepted.

    A change with several possible commits is never accepted.
    """
    for entry in entries:
        is_culprit = len(change.commits) == 1 and entry.commit and change.commits[0].startswith(entry.commit.lower())
        if is_culprit and re.fullmatch(entry.cell, change.cell):
            return replace(change, accepted=entry.reason)
    return replace(change, accepted="")


def is_gone_with_consent(cell: str, entries: Sequence[Accepted]) -> bool:
    """Whether an entry accepts that this cell left the suite."""
    return any(not entry.commit and re.fullmatch(entry.cell, cell) for entry in entries)
