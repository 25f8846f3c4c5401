"""The scripts of the workflows as modules, and the commits and the address of a run that they get."""

import importlib.util
from pathlib import Path

GITHUB = Path(__file__).parents[2] / ".github"
HEAD, BASE, RUN = "a" * 40, "b" * 40, "https://host/owner/name/actions/runs/1"


def module(name):
    """The script of this name."""
    specification = importlib.util.spec_from_file_location(name, GITHUB / "scripts" / f"{name}.py")
    found = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(found)
    return found
