"""Run `asv` with a machine file and configuration values of the caller's: `asv_command.py FILE VALUES ARGUMENTS…`.

FILE replaces ~/.asv-machine.json, which all projects of the user share: each `asv run` truncates and rewrites it, and a
kill in between would leave it empty. VALUES is a JSON object whose values replace those of the configuration that
`--config` names; a copy of the configuration would have to lie next to it, because ASV resolves paths relative to it. A
stored infinity does not stop `asv publish` (finite_graphs.py).
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import finite_graphs  # type: ignore[import-not-found] # noqa: F401 # next to this script
from asv.config import Config
from asv.machine import MachineCollection
from asv.main import main


def _with_values(values: dict[str, Any]) -> None:
    """Make ASV load its configuration with these values."""
    load = Config.load

    def load_and_replace(path: str | None = None) -> Config:
        configuration = load(path)
        configuration.__dict__.update(values)
        return configuration

    Config.load = load_and_replace


if __name__ == "__main__":
    machine_file, values = sys.argv.pop(1), json.loads(sys.argv.pop(1))
    MachineCollection.get_machine_file_path = staticmethod(lambda: machine_file)
    _with_values(values)
    sys.argv[0] = "asv"
    sys.path[0] = os.getcwd()  # as with `python -m asv`: plugins may be in the working directory
    main()
