"""The blocks and figures that the studies declare, by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import studies
from studies.blocks import Block, Figure


def _declared(name: str) -> Iterator[tuple[str, Block | Figure]]:
    """What the attribute `name` of each study holds. Each study is a package."""
    for module in pkgutil.iter_modules(studies.__path__, "studies."):
        if module.ispkg:
            yield from getattr(importlib.import_module(module.name), name, {}).items()


def _once(name: str) -> dict[str, Any]:
    """The same as a mapping. Raises KeyError if two studies declare one name."""
    found: dict[str, Any] = {}
    for key, declared in _declared(name):
        if key in found:
            raise KeyError(f"two studies declare {key!r} in their {name}")
        found[key] = declared
    return found


BLOCKS: dict[str, Block] = _once("BLOCKS")
FIGURES: dict[str, Figure] = _once("FIGURES")
