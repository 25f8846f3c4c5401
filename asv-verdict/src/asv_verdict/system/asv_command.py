"""Run `asv` with the machine file that the caller names: `asv_command.py MACHINE_FILE ARGUMENTS…`.

Each `asv run` rewrites ~/.asv-machine.json, which every project of the account reads, by truncating it first. A kill at
that moment leaves it empty.
"""

from __future__ import annotations

import os
import sys

from asv.machine import MachineCollection
from asv.main import main

if __name__ == "__main__":
    machine_file = sys.argv.pop(1)
    MachineCollection.get_machine_file_path = staticmethod(lambda: machine_file)
    sys.argv[0] = "asv"
    sys.path[0] = os.getcwd()  # as with `python -m asv`: plugins may be in the working directory
    main()
