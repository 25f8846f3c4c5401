"""The expected cells of each machine: all cells that an earlier night measured."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from asv_verdict.asv_io.results import Unreadable
from asv_verdict.measure.session import Key
from asv_verdict.system.files import replace_whole

FOLDER = "manifest"


def expected_cells_file(folder: Path, machine: str) -> Path:
    """The file with the expected cells of a machine."""
    return folder / FOLDER / f"{machine.replace(os.sep, '_')}.json"


def read_expected_cells(path: Path) -> frozenset[Key]:
    """Environments and cells; empty before the first night. Raises Unreadable."""
    try:
        return frozenset(
            (environment, cell) for environment, cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        )
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(
            f"the expected cells in {path.name} cannot be read ({error!r}), so cells that left the suite go unnoticed"
        ) from error


def write_expected_cells(path: Path, cells: Iterable[Key]) -> None:
    """Replace the expected cells."""
    replace_whole(path, json.dumps({"cells": sorted(cells)}, indent=0))
