"""Run `asv` with the machine file that the caller names: `asv_command.py MACHINE_FILE ARGUMENTS…`.

Each `asv run` truncates and rewrites ~/.asv-machine.json, which all projects of the user share. A kill in between would
leave it empty. The import of finite_graphs.py keeps `asv publish` from hanging on a stored infinity.
"""

from __future__ import annotations

import os
import sys

import finite_graphs  # type: ignore[import-not-found] # noqa: F401 # next to this script
from asv.machine import MachineCollection
from asv.main import main

if __name__ == "__main__":
    machine_file = sys.argv.pop(1)
    MachineCollection.get_machine_file_path = staticmethod(lambda: machine_file)
    sys.argv[0] = "asv"
    sys.path[0] = os.getcwd()  # as with `python -m asv`: plugins may be in the working directory
    main()
