"""Add the results of a night to the stored results. A stored number is never changed or lost."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from asv.results import Results

from asv_verdict.asv_io.benchmarks import read_benchmarks
from asv_verdict.asv_io.results import DAMAGED, Unreadable, read_result
from asv_verdict.system.files import regular_files, replace_whole

#: The columns without which a result has no meaning.
REQUIRED = {"result", "params", "version"}


class OtherVersion(Unreadable):
    """A stored result has numbers of another version of a benchmark."""


def keep(source: Path, target: Path, listed: Path | None = None, baselines: Collection[str] = ()) -> list[str]:
    """Add the results folder `source` to `target`. Returns a sentence for each file that could not be added.

    A new result file is copied, together with the files next to it that share its name. An existing file gains the
    cells that had no number. An existing file that cannot be read is left as it is.

    `listed` is the list of benchmarks to copy, by default that of `source`; a folder with results of several commits
    holds the list of the commit that ran last. A list that cannot be read is not copied. The commits in `baselines`
    were measured before: if they have numbers of an earlier version of a benchmark, there is no sentence.
    """
    sentences, before = [], tuple(commit[:8] for commit in baselines)
    for path in regular_files(source, 2):
        if path.suffix != ".json":
            continue
        there = target / path.relative_to(source)
        try:
            if path.name == "machine.json":
                if not there.exists():
                    replace_whole(there, path.read_bytes())
            elif not there.exists():
                read_result(path)
                for beside in _beside(path):
                    replace_whole(there.with_name(beside.name), beside.read_bytes())
                content = _finite(path)
                replace_whole(there, path.read_bytes() if content is None else json.dumps(content))
            else:
                _add(path, there)
        except OtherVersion as error:
            if not path.name.startswith(before):
                sentences.append(f"cannot store {path.name}: {error}")
        except DAMAGED as error:
            sentences.append(f"cannot store {path.name}: {error if isinstance(error, Unreadable) else repr(error)}")
    listed = listed or source / "benchmarks.json"
    try:
        if listed in regular_files(listed.parent, 1):
            read_benchmarks(listed)
            replace_whole(target / listed.name, listed.read_bytes())
    except DAMAGED as error:
        sentences.append(f"cannot store the list of benchmarks: {error!r}")
    return sentences


def _beside(path: Path) -> list[Path]:
    """The files that share the name of a result file, such as the provenance of its numbers."""
    found = (beside for beside in regular_files(path.parent, 1) if beside.name.startswith(f"{path.stem}."))
    return [beside for beside in found if beside != path]


def _finite(path: Path) -> Any | None:
    """The content of a result file with NaN for each infinity, on which `asv publish` hangs; None if it has none."""
    infinite = False

    def number(text: str) -> float:
        nonlocal infinite
        value = float(text)
        infinite |= math.isinf(value)
        return math.nan if math.isinf(value) else value

    content = json.loads(path.read_text(encoding="utf-8"), parse_float=number, parse_constant=number)
    return content if infinite else None


def _add(source: Path, target: Path) -> None:
    """Copy to `target` the cells of `source` that have no number there.

    Raises Unreadable if one of them is incomplete or if they are of different commits, and OtherVersion if a benchmark
    has numbers of another version there: its row has room for one version. The other benchmarks are added nevertheless.
    """
    whose = [(result.commit, result.environment) for result in map(read_result, (source, target))]
    if whose[0] != whose[1]:
        # ASV names a file after the first eight digits of the commit.
        found, expected = (" in ".join(one) for one in reversed(whose))
        raise Unreadable(f"the stored file of this name is of {found}: expected {expected}")
    new, old = (_content(path) for path in (source, target))
    wanted = ", ".join(sorted(REQUIRED))
    for path, content in ((source, new), (target, old)):
        if not isinstance(content["result_columns"], list) or not set(content["result_columns"]) >= REQUIRED:
            raise Unreadable(f"{path.name} has the columns {content['result_columns']!r}: expected at least {wanted}")
    columns = old["result_columns"] = [*dict.fromkeys([*old["result_columns"], *new["result_columns"]])]
    changed, others = False, []
    for name, values in new["results"].items():
        row = _row(columns, dict(zip(new["result_columns"], values, strict=False)))
        kept = _row(columns, dict(zip(columns, old["results"].get(name, ()), strict=False)))
        if name in old["results"] and _are_alike(row, kept):
            changed |= _add_cells(row, kept)
            old["results"][name] = list(kept.values())
        elif name not in old["results"] or (_has_numbers(row) and not _has_numbers(kept)):
            old["results"][name] = list(row.values())
            changed = True
        elif _has_numbers(row):
            others.append(name)
    if changed:
        replace_whole(target, json.dumps(old))
    if others:
        raise OtherVersion(f"there are numbers of another version already for: {', '.join(others)}")


def _content(path: Path) -> dict[str, Any]:
    """The content of a result file in ASV's present format."""
    content = _finite(path) or json.loads(path.read_text(encoding="utf-8"))
    return {**Results.update_to_2(content), "version": 2} if content.get("version") == 1 else content


def _are_alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two rows are of one version of a benchmark, with the same number of parameters."""
    return one["version"] == other["version"] and len(one["params"] or []) == len(other["params"] or [])


def _has_numbers(row: dict[str, Any]) -> bool:
    return any(_number(row["result"], place) is not None for place in range(len(row["result"] or ())))


def _row(columns: list[str], values: dict[str, Any]) -> dict[str, Any]:
    """The values of a benchmark in the order of `columns`, None where there is none."""
    return {column: values.get(column) for column in columns}


def _add_cells(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Fill the gaps of `old`, and add the combinations of parameters that it lacks; returns whether it changed."""
    parameters = old["params"] or []
    source, there = _places(new["params"]), _places(parameters)
    wanted = {
        cell: index
        for cell, index in source.items()
        if _number(new["result"], index) is not None
        and (cell not in there or _number(old["result"], there[cell]) is None)
    }
    if wanted and not wanted.keys() <= there.keys():
        old["params"] = [
            [*own, *(Counter(more) - Counter(own)).elements()]
            for own, more in zip(parameters, new["params"], strict=True)
        ]
    for column in ("result", "samples", *(name for name in old if name.startswith("stats_"))):
        if wanted and (old.get(column) or new.get(column)):
            missing = math.nan if column == "result" else None
            old[column] = [
                _at(new.get(column), wanted[cell]) if cell in wanted else _at(old.get(column), there.get(cell), missing)
                for cell in _places(old["params"])
            ]
    return bool(wanted)


def _places(parameters: list[list[str]] | None) -> dict[tuple[tuple[str, ...], int], int]:
    """The place of each combination of parameters in a list of results.

    A combination that occurs several times is numbered: each of its results has a place of its own.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    places = {}
    for place, combination in enumerate(itertools.product(*(parameters or ()))):
        places[combination, counts[combination]] = place
        counts[combination] += 1
    return places


def _at(values: list[Any] | None, place: int | None, missing: float | None = None) -> Any:
    """The value at a place: `missing` if the combination is new, None if all have failed."""
    if place is None:
        return missing
    return values[place] if values else None


def _number(values: list[Any] | None, index: int) -> float | None:
    value = None if values is None else values[index]
    try:
        return value if isinstance(value, int | float) and math.isfinite(value) else None
    except OverflowError:  # an integer that no float can hold
        return None
