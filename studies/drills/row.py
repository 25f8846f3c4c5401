"""The input and the outcome of a drill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True)
class Task:
    """The input of a drill: an empty folder, whether to run its smallest form, and the paths of clones by name."""

    folder: Path
    is_small: bool = False
    clones: Mapping[str, str] = field(default_factory=dict)


class Outcome(NamedTuple):
    """What a drill tried, what came out, and a sentence for each failure."""

    tried: str
    result: str
    failures: tuple[str, ...] = ()


class Unavailable(Exception):
    """A drill cannot begin, since the repository of another project cannot be cloned."""
