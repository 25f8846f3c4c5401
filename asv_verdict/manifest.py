"""Which cells have been measured, so that one that is measured no more is missed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from asv_verdict.files import replace_whole
from asv_verdict.sitting import Key


def read_manifest(path: Path, problems: list[str]) -> frozenset[Key]:
    """Environments and cells; empty before the first night."""
    try:
        return frozenset(
            (environment, cell) for environment, cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        )
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, KeyError, TypeError) as error:
        problems.append(
            f"{path.name} cannot be read ({error!r}), so a cell that is measured no more is not missed tonight"
        )
        return frozenset()


def write_manifest(path: Path, cells: Iterable[Key]) -> None:
    """Replace the manifest."""
    replace_whole(path, json.dumps({"cells": sorted(cells)}, indent=0))
