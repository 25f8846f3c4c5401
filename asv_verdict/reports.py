"""The reports of earlier nights: which commit was last, what is known of each cell, what was looked into already."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv_verdict.outcome import State
from asv_verdict.sitting import Key

FOLDER = "reports"


@dataclass(frozen=True)
class Night:
    """A finished night, as its report.json has it. Nights are numbered, since clocks jump."""

    number: int
    content: dict[str, Any]
    path: Path

    @property
    def head(self) -> str:
        """The commit that was judged."""
        return str(self.content["commits"]["tonight"])

    @property
    def markdown(self) -> str:
        """The report for people."""
        return self.path.with_suffix(".md").read_text(encoding="utf-8")

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What it found, confirmed or not."""
        return list(self.content["changes"])


def past_nights(folder: Path, machine: str, problems: list[str]) -> list[Night]:
    """The finished nights of a machine, oldest first. A night that was killed has no report, and is none."""
    found = []
    for path in sorted((folder / FOLDER).glob("*/report.json"), key=_number):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            night = Night(_number(path), content, path)
            if (
                content["machine"] == machine
                and content["kind"] == "nightly"
                and night.head
                and night.changes is not None
            ):
                found.append(night)
        except (OSError, ValueError, KeyError, TypeError) as error:
            problems.append(f"the report {path.parent.name} cannot be read ({error!r}); it is left out")
    return found


def next_folder(folder: Path, head: str) -> Path:
    """A folder for a new night, numbered after all that were begun."""
    numbers = [_number(path / "x") for path in (folder / FOLDER).glob("*")]
    return folder / FOLDER / f"{max(numbers, default=0) + 1:06d}-{head[:8]}"


def _number(report: Path) -> int:
    digits = report.parent.name.partition("-")[0]
    return int(digits) if digits.isdigit() else 0


def known_factor(nights: Iterable[Night], key: Key, since_base: Sequence[str]) -> float:
    """By how much a cell is known to have changed on the commits `since_base`: the product of what was confirmed."""
    commits = set(since_base)
    return math.prod(
        change["ratio"]
        for night in nights
        for change in night.changes
        if (change["environment"], change["cell"]) == key
        and change["state"] == State.CONFIRMED.value
        and change["ratio"] is not None  # a count that was nothing
        and change["commits"]
        and commits.issuperset(change["commits"])
    )


def looked_into(nights: Iterable[Night], key: Key, look: str, base: str) -> bool:
    """Whether an earlier night has measured this very suspicion, or has confirmed a change of the cell since `base`."""
    return any(
        (change["environment"], change["cell"]) == key and (change["look"], change["base"]) == (look, base)
        for night in nights
        for change in night.changes
    )
