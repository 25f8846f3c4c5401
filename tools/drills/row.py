"""The outcome of a drill, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True)
class Task:
    """What a drill is given: an empty folder, whether to be small, and the clones by name."""

    folder: Path
    is_small: bool = False
    clones: Mapping[str, str] = field(default_factory=dict)


class Outcome(NamedTuple):
    """What a drill tried, what came out, and a sentence for each failure."""

    tried: str
    result: str
    failures: tuple[str, ...] = ()


class Unavailable(Exception):
    """A drill cannot begin, since a foreign repository was not reached."""
