"""Write ASV's record of this machine: `python -m tools.machine NAME`.

A changed field starts a new series. So this command leaves out values that a system update changes (a kernel version,
an exact byte count), and never rewrites an existing record. `asv machine` writes such values and rewrites records.
"""

from __future__ import annotations

import argparse
import platform

from asv.machine import Machine, MachineCollection
from asv.util import UserError


def fields(name: str) -> dict[str, str]:
    """ASV's fields of a machine, but the system without its version, and the memory in whole GiB."""
    found: dict[str, str] = Machine.get_defaults()
    memory = f"{round(int(found['ram']) / 2**30)} GiB" if found["ram"].isdigit() else found["ram"]
    return found | {"machine": name, "os": platform.system(), "ram": memory}


def record(name: str) -> str:
    """Write the record of machine `name` unless it exists, and return a sentence about it."""
    try:
        known = MachineCollection.load(name)
    except UserError:
        known = {}
    if known.get("machine") == name:
        return f"Machine {name!r} already has a record: {_brief(known)}"
    MachineCollection.save(name, fields(name))
    return f"Recorded machine {name!r}: {_brief(fields(name))}"


def _brief(record: dict[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(record.items()) if key not in ("machine", "version"))


def main() -> None:
    """Record the machine that is named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.machine", description=__doc__.partition("\n")[0])
    parser.add_argument("name", metavar="NAME", help="the name under which ASV stores the results of this machine")
    print(record(parser.parse_args().name))


if __name__ == "__main__":
    main()
