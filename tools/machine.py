"""The record under which ASV keeps this machine's results: `python -m tools.machine NAME`.

A changed field starts a new series, so no field holds what an update changes (a kernel version, an exact byte count),
and a record that exists is never rewritten. `asv machine` would do both.
"""

from __future__ import annotations

import platform
import sys

from asv.machine import Machine, MachineCollection
from asv.util import UserError


def fields(name: str) -> dict[str, str]:
    """ASV's machine fields with a system without its version and memory in whole GiB."""
    found: dict[str, str] = Machine.get_defaults()
    memory = f"{round(int(found['ram']) / 2**30)} GiB" if found["ram"].isdigit() else found["ram"]
    return found | {"machine": name, "os": platform.system(), "ram": memory}


def record(name: str) -> str:
    """Write the record of machine `name` unless there is one, and say in a sentence which it was."""
    try:
        known = MachineCollection.load(name)
    except UserError:
        known = {}
    if known.get("machine") == name:
        return f"Machine {name!r} is on record and stays as it is: {_brief(known)}"
    MachineCollection.save(name, fields(name))
    return f"Recorded machine {name!r}: {_brief(fields(name))}"


def _brief(record: dict[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(record.items()) if key not in ("machine", "version"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.machine NAME")
    print(record(sys.argv[1]))
