"""The machine file of the project's own runs of ASV. The user's ~/.asv-machine.json is read and never written."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

from asv_verdict.project import BadSetting, Project
from asv_verdict.system.files import replace_whole

#: Its name in the project's folder.
NAME = "asv-machine.json"
#: ASV's version of the format.
VERSION = 1


def write_machine_file(project: Project, machine: str) -> Path:
    """Write ASV's record of this machine to the project's folder; returns the path of the file.

    The user's file comes first, then the record in the results. Raises BadSetting if neither has the machine.
    """
    user_file = Path(os.path.expanduser("~/.asv-machine.json"))  # as ASV does where there is no home
    known, damage = _read(user_file)
    entry: Any = known.get(machine)
    machines = [value for name, value in known.items() if name != "version"]
    if entry is None and len(machines) == 1 and machine == platform.node():  # as ASV does after a change of host name
        entry = machines[0]
    if not _is_machine(entry):
        entry, damage_of_record = _read(project.results / machine / "machine.json")
        damage = damage or damage_of_record
    if not _is_machine(entry):
        raise BadSetting(
            f"ASV has no record of the machine {machine!r}{damage}: run `asv machine --machine {machine} --yes`"
        )
    facts = {name: value for name, value in entry.items() if name != "version"}
    path = project.folder / NAME
    replace_whole(path, json.dumps({machine: facts, "version": VERSION}))
    return path


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """The object in a file, and an addition to the message, "" if the file is intact or missing."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError):
        content = None
    return (content, "") if isinstance(content, dict) else ({}, f" ({path} cannot be read; remove it first)")


def _is_machine(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("machine"), str)
