"""Read ASV's result files. A file that cannot be read yields a sentence."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv.results import Results as AsvResults
from asv.util import UserError

from asv_verdict.asv_io.benchmarks import Benchmark, read_benchmarks
from asv_verdict.asv_io.decoding import COLUMNS, Layouts, Values, decode, latest, numbers

#: Supported versions of ASV's result files; ASV before 0.5 wrote version 1.
RESULT_VERSIONS = (1, 2)
#: The errors that a file raises whose fields have other types or values than ASV's.
DAMAGED = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError, OSError, UserError)
#: Files in a machine's folder that hold no results.
OTHER_FILES = ("machine.json",)


class Unreadable(ValueError):
    """A file or folder that cannot be read as ASV's results."""


@dataclass(frozen=True)
class Result:
    """One result file: the values of one commit on one machine in one environment.

    The value of a cell is a finite number if it was measured, None if it failed, and NaN if it was skipped or not
    selected. `date` is the date of the commit and `measured_at` the start of its newest benchmark, both in seconds
    since 1970.
    """

    machine: str
    environment: str
    commit: str
    date: float
    measured_at: float
    values: Values
    versions: Mapping[str, str]
    path: Path
    #: Environment variables of the matrix.
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass
class History:
    """All results of a folder, ASV's list of benchmarks, and sentences about files that were not read."""

    benchmarks: dict[str, Benchmark]
    results: list[Result]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_history(folder: Path, machine: str | None = None) -> History:
    """All results in an ASV results folder, of one machine or of all, without the values of outdated benchmarks.

    The content of a result names its machine. If the file lies in the folder of another machine, that is a problem.
    Raises Unreadable if there is no such folder or machine.
    """
    if not folder.is_dir():
        raise Unreadable(f"no results folder {folder}: expected the results_dir of an ASV repository")
    machines = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if machine is not None and machine not in machines:
        raise Unreadable(f"no results of machine {machine!r} in {folder}; it has: {', '.join(machines) or 'none'}")
    problems: list[str] = []
    benchmarks = _read_benchmarks(folder / "benchmarks.json", problems)
    results = []
    layouts = Layouts()
    for name in machines if machine is None else [machine]:
        for path in sorted((folder / name).glob("*.json")):
            if path.name in OTHER_FILES:
                continue
            try:
                results.append(read_result(path, layouts))
            except Unreadable as error:
                problems.append(str(error))
    strays = Counter(
        (result.path.parent.name, result.machine) for result in results if result.machine != result.path.parent.name
    )
    problems += [
        f"the folder of machine {there} has results of machine {other}: {count}"
        for (there, other), count in strays.items()
    ]
    outdated: Counter[str] = Counter()
    current = [
        _without_outdated(result, benchmarks, outdated, layouts)
        for result in results
        if machine in (None, result.machine)
    ]
    notes = [
        f"ignored results of {name} with another version of the benchmark: {count}" for name, count in outdated.items()
    ]
    return History(benchmarks, current, problems, notes)


def read_result(path: Path, layouts: Layouts | None = None) -> Result:
    """One result file. Raises Unreadable if it is truncated or has another format."""
    try:
        content = decode(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path.name} cannot be read ({error}) and is ignored") from error
    if not isinstance(content, dict) or "results" not in content or "commit_hash" not in content:
        raise Unreadable(f"{path.name} is not an ASV result (no 'results' or 'commit_hash') and is ignored")
    if content.get("version", 1) not in RESULT_VERSIONS:
        raise Unreadable(f"{path.name} has version = {content['version']!r}: expected 1 or 2; it is ignored")
    try:
        if content.get("version", 1) == 1:
            content = AsvResults.update_to_2(content)
        return _result(content, path, layouts or Layouts())
    except DAMAGED as error:
        raise Unreadable(f"{path.name} does not have the format of ASV ({error!r}) and is ignored") from error


def _result(content: dict[str, Any], path: Path, layouts: Layouts) -> Result:
    machine = content["params"].get("machine", path.parent.name)
    cells: list[tuple[str, ...]] = []
    values: list[Any] = []
    versions: dict[str, str] = {}
    started: list[Any] = []
    places = {column: place for place, column in enumerate(content["result_columns"])}
    chosen = [places.get(column, sys.maxsize) for column in COLUMNS]
    for name, row in content["results"].items():
        result, parameters, version, moment = [row[place] if place < len(row) else None for place in chosen]
        cells.append(layouts.cells(name, parameters))
        values.append(result)
        if (text := layouts.version(version)) is not None:
            versions[name] = text
        started.append(moment)
    # The date of the file is the last resort: a checkout changes it.
    measured_at = latest(started) / 1000 or path.stat().st_mtime
    commit, date = content["commit_hash"], content["date"] / 1000
    for name, text in (("commit_hash", commit), ("env_name", content["env_name"]), ("machine", machine)):
        if not isinstance(text, str):
            raise TypeError(f"{name} = {text!r}: expected a string")
    for name, moment in (("date", date), ("started_at", measured_at)):
        datetime.fromtimestamp(moment, UTC)  # raises ValueError or OverflowError for what is no date
        if not math.isfinite(moment):
            raise ValueError(f"{name} = {moment!r}: expected a date")
    variables = {str(name): str(value) for name, value in (content.get("env_vars") or {}).items()}
    found = layouts.values(cells, numbers(values, list(map(len, cells))))
    return Result(machine, content["env_name"], commit, date, measured_at, found, versions, path, variables)


def _read_benchmarks(path: Path, problems: list[str]) -> dict[str, Benchmark]:
    try:
        return read_benchmarks(path)
    except FileNotFoundError:
        problems.append(f"{path.name} is missing, so units are unknown and outdated versions are not recognised")
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        problems.append(f"{path.name} cannot be read ({error!r}), so units are unknown")
    return {}


def _without_outdated(
    result: Result, benchmarks: Mapping[str, Benchmark], outdated: Counter[str], layouts: Layouts
) -> Result:
    """`result` without benchmarks of another version than the listed one; `outdated` counts them."""

    def is_outdated(name: str) -> bool:
        listed = benchmarks.get(name)
        return (
            listed is not None and bool(listed.version) and result.versions.get(name, listed.version) != listed.version
        )

    dropped = [name for name in result.versions if is_outdated(name)]
    outdated.update(dropped)
    if not dropped:
        return result
    return replace(result, values=layouts.without(result.values, frozenset(dropped)))


def measured(values: Mapping[str, float | None]) -> Iterator[tuple[str, float]]:
    """The cells with a number."""
    return ((cell, value) for cell, value in values.items() if value is not None and not math.isnan(value))
