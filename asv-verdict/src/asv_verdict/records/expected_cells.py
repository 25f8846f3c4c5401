"""The expected cells of each machine: all cells that an earlier night measured."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asv_verdict.asv_io.results import Unreadable, measured, read_result
from asv_verdict.measure.session import Key
from asv_verdict.system.files import replace_whole

FOLDER = "manifest"


@dataclass(frozen=True)
class ExpectedCells:
    """The cells with a number from an earlier night, and those that failed on every night.

    `failing` maps a cell that always failed to the first commit on which it did. `are_apart` is false for a file of
    version 0.1, in which `measured` contains both.
    """

    measured: frozenset[Key] = frozenset()
    failing: Mapping[Key, str] = field(default_factory=dict)
    are_apart: bool = True

    def __or__(self, other: ExpectedCells) -> ExpectedCells:
        """The expected cells of both, for example of a machine and of the results branch."""
        failing = {**other.failing, **self.failing}
        if self.are_apart == other.are_apart:
            known, are_apart = self.measured | other.measured, self.are_apart
        else:
            apart, mixed = (self, other) if self.are_apart else (other, self)
            known = apart.measured | (mixed.measured - apart.failing.keys())
            are_apart = mixed.measured <= apart.measured | apart.failing.keys()
        return ExpectedCells(known, {key: failing[key] for key in failing.keys() - known}, are_apart)


def expected_cells_file(folder: Path, machine: str) -> Path:
    """The file with the expected cells of a machine."""
    return folder / FOLDER / f"{machine.replace(os.sep, '_')}.json"


def read_expected_cells(path: Path) -> ExpectedCells:
    """The content of a file; empty before the first night. Raises Unreadable."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cells = frozenset((str(environment), str(cell)) for environment, cell in content["cells"])
        failing = {
            (str(environment), str(cell)): str(commit) for environment, cell, commit in content.get("failing", ())
        }
        return ExpectedCells(cells, failing, "failing" in content)
    except FileNotFoundError:
        return ExpectedCells()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(f"the expected cells in {path.name} cannot be read ({error!r})") from error


def write_expected_cells(path: Path, cells: ExpectedCells) -> None:
    """Replace the expected cells."""
    content: dict[str, list[tuple[str, ...]]] = {"cells": sorted(cells.measured)}
    if cells.are_apart:
        content["failing"] = sorted((*key, commit) for key, commit in cells.failing.items())
    replace_whole(path, json.dumps(content, indent=0))


def replace_unreadable(path: Path, cells: ExpectedCells) -> Path:
    """Copy a file that cannot be read, so that it is not lost, and replace it by `cells`.

    Returns the path of the copy. Raises OSError.
    """
    names = (path.with_name(f"{path.name}.unreadable-{number}") for number in itertools.count(1))
    there = next(name for name in names if not name.exists())
    replace_whole(there, path.read_bytes())
    write_expected_cells(path, cells)
    return there


def measured_cells(results: Path, machine: str, commits: Sequence[str] = ()) -> frozenset[Key]:
    """The cells with a number in the stored results of a machine, of these commits or of all."""

    def of_each_file() -> Iterator[Key]:
        for path in sorted((results / machine).glob("*.json")):
            with contextlib.suppress(Unreadable):
                if commits and not path.name.startswith(tuple(commit[:8] for commit in commits)):
                    continue
                result = read_result(path)
                if not commits or result.commit in commits:
                    yield from ((result.environment, cell) for cell, _ in measured(result.values))

    return frozenset(of_each_file())
