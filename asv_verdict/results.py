"""What ASV has written: result files, and the list of benchmarks beside them. What cannot be read has a sentence."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from asv.results import Results as AsvResults
from asv.util import UserError

from asv_verdict.outcome import Direction

#: Versions of ASV's result files that are understood; 1 is what ASV before 0.5 wrote.
RESULT_VERSIONS = (1, 2)
#: Files in a machine's folder that are no results.
OTHER_FILES = ("machine.json",)


class Unreadable(ValueError):
    """A file that is no result of ASV, in a sentence."""


@dataclass(frozen=True)
class Benchmark:
    """A benchmark as ASV lists it."""

    name: str
    kind: str
    unit: str
    version: str
    parameters: tuple[tuple[str, ...], ...] = ()
    parameter_names: tuple[str, ...] = ()

    @property
    def cells(self) -> list[str]:
        """The names of its cells, one for each combination of parameters, as ASV prints them."""
        return cell_names(self.name, self.parameters)

    @property
    def direction(self) -> Direction:
        """Less time and memory is better; a hash has no order; of other numbers nobody knows, and less is assumed."""
        return Direction.NONE if self.unit == "hash" else Direction.LOWER_IS_BETTER


@dataclass(frozen=True)
class Result:
    """One result file: the values of a commit on a machine, in an environment.

    A cell that was measured has a finite value, one that failed None; one that does not apply or was not selected NaN.
    `date` is the commit's and `measured_at` when its newest benchmark began, both in seconds since 1970.
    """

    machine: str
    environment: str
    commit: str
    date: float
    measured_at: float
    values: Mapping[str, float | None]
    versions: Mapping[str, str]
    path: Path
    #: Environment variables of the matrix.
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass
class History:
    """All results of a folder, the benchmarks that ASV lists beside them, and what could not or must not be read."""

    benchmarks: dict[str, Benchmark]
    results: list[Result]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def cell_names(benchmark: str, parameters: tuple[tuple[str, ...], ...]) -> list[str]:
    """`benchmark` alone where it has no parameters, and `benchmark(a, b)` for each combination where it has."""
    if not parameters:
        return [benchmark]
    return [f"{benchmark}({', '.join(combination)})" for combination in itertools.product(*parameters)]


def parameters_of(cell: str, benchmark: Benchmark) -> tuple[str, ...]:
    """The values of the parameters in a cell's name, as ASV writes them; none where the benchmark has no such cell."""
    combinations = zip(benchmark.cells, itertools.product(*benchmark.parameters), strict=False)
    return next((values for name, values in combinations if name == cell), ())


def benchmark_of(cell: str) -> str:
    """The benchmark of a cell."""
    return cell.partition("(")[0]


def read_history(folder: Path, machine: str | None = None) -> History:
    """All results in an ASV results folder, of one machine or of all, without the values of outdated benchmarks.

    Whose a result is stands in the result, also where it lies in another machine's folder, which is a problem to tell.
    Raises Unreadable where there is no such folder or machine.
    """
    if not folder.is_dir():
        raise Unreadable(f"there is no results folder {folder}")
    machines = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if machine is not None and machine not in machines:
        raise Unreadable(f"no results of machine {machine!r} in {folder}; there are: {', '.join(machines) or 'none'}")
    problems: list[str] = []
    benchmarks = _read_benchmarks(folder / "benchmarks.json", problems)
    results = []
    for name in machines if machine is None else [machine]:
        for path in sorted((folder / name).glob("*.json")):
            if path.name in OTHER_FILES:
                continue
            try:
                results.append(read_result(path))
            except Unreadable as error:
                problems.append(str(error))
    strays = Counter(
        (result.path.parent.name, result.machine) for result in results if result.machine != result.path.parent.name
    )
    problems += [f"{count} results in the folder of {there} are of {other}" for (there, other), count in strays.items()]
    outdated: Counter[str] = Counter()
    current = [
        _without_outdated(result, benchmarks, outdated) for result in results if machine in (None, result.machine)
    ]
    notes = [
        f"{count} results of {name} are of another version of the benchmark and left out"
        for name, count in outdated.items()
    ]
    return History(benchmarks, current, problems, notes)


def read_result(path: Path) -> Result:
    """One result file. Raises Unreadable where it is cut short or of another make."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path.name} cannot be read ({error}); it is left out") from error
    if not isinstance(content, dict) or "results" not in content or "commit_hash" not in content:
        raise Unreadable(f"{path.name} is no result of ASV; it is left out")
    if content.get("version", 1) not in RESULT_VERSIONS:
        raise Unreadable(f"{path.name} is a result file of version {content['version']!r}, not 1 or 2; it is left out")
    try:
        return _result(AsvResults.update_to_2(content) if content.get("version", 1) == 1 else content, path)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, UserError) as error:
        raise Unreadable(f"{path.name} is not as ASV writes it ({error!r}); it is left out") from error


def _result(content: dict[str, Any], path: Path) -> Result:
    machine = content["params"].get("machine", path.parent.name)
    values: dict[str, float | None] = {}
    versions: dict[str, str] = {}
    started: list[float] = []
    for name, row in content["results"].items():
        columns = dict(zip(content["result_columns"], row, strict=False))
        cells = cell_names(name, tuple(map(tuple, columns.get("params") or ())))
        found = columns.get("result")
        # ASV writes a benchmark that failed altogether as nothing.
        values |= zip(cells, map(_value, itertools.repeat(None, len(cells)) if found is None else found), strict=True)
        if columns.get("version") is not None:
            versions[name] = str(columns["version"])
        started.append((columns.get("started_at") or 0.0) / 1000)
    # A file's own date is that of a checkout where results come from a branch.
    measured_at = max(started, default=0.0) or path.stat().st_mtime
    commit, date = content["commit_hash"], content["date"] / 1000
    variables = {str(name): str(value) for name, value in (content.get("env_vars") or {}).items()}
    return Result(machine, content["env_name"], commit, date, measured_at, values, versions, path, variables)


def _value(value: object) -> float | None:
    """A number, NaN where the cell does not apply, None where it failed; an infinite measurement is a failed one."""
    if value is None or not isinstance(value, int | float) or math.isinf(value):
        return None
    return float(value)


def _read_benchmarks(path: Path, problems: list[str]) -> dict[str, Benchmark]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Benchmark(
                name,
                entry.get("type", "track"),
                str(entry.get("unit", "")),
                str(entry.get("version", "")),
                tuple(map(tuple, entry.get("params") or ())),
                tuple(map(str, entry.get("param_names") or ())),
            )
            for name, entry in content.items()
            if isinstance(entry, dict)
        }
    except FileNotFoundError:
        problems.append(f"there is no {path.name}, so units are unknown and no version is taken for outdated")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        problems.append(f"{path.name} cannot be read ({error!r}), so units are unknown")
    return {}


def _without_outdated(result: Result, benchmarks: Mapping[str, Benchmark], outdated: Counter[str]) -> Result:
    """`result` without the values of benchmarks whose version is not the listed one, which are counted."""

    def is_outdated(name: str) -> bool:
        listed = benchmarks.get(name)
        return (
            listed is not None and bool(listed.version) and result.versions.get(name, listed.version) != listed.version
        )

    dropped = {name for name in result.versions if is_outdated(name)}
    outdated.update(dropped)
    if not dropped:
        return result
    values = {cell: value for cell, value in result.values.items() if benchmark_of(cell) not in dropped}
    return replace(result, values=values)


def measured(values: Mapping[str, float | None]) -> Iterator[tuple[str, float]]:
    """The cells that have a number."""
    return ((cell, value) for cell, value in values.items() if value is not None and not math.isnan(value))
