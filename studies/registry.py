"""The blocks and figures that the studies declare, by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import studies
from studies.blocks import Block, Figure


def _declared(name: str) -> Iterator[tuple[str, Block | Figure]]:
    """What the attribute `name` of each study holds. Each study is a package."""
    for module in pkgutil.iter_modules(studies.__path__, "studies."):
        if module.ispkg:
            yield from getattr(importlib.import_module(module.name), name, {}).items()


BLOCKS: dict[str, Block] = dict(_declared("BLOCKS"))  # type: ignore[arg-type]
FIGURES: dict[str, Figure] = dict(_declared("FIGURES"))  # type: ignore[arg-type]
