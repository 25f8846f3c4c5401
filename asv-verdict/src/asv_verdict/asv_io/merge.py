"""Add the results of a night to the stored results. A stored number is never changed or lost."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from asv.results import Results

from asv_verdict.asv_io.results import DAMAGED, Unreadable, cell_names, read_result
from asv_verdict.system.files import regular_files, replace_whole

#: The columns without which a result has no meaning.
REQUIRED = {"result", "params", "version"}


def keep(source: Path, target: Path, listed: Path | None = None) -> list[str]:
    """Add the results folder `source` to `target`. Returns a sentence for each file that could not be added.

    A new result file is copied, together with the files next to it that share its name. An existing file gains the
    cells that had no number. An existing file that cannot be read is left as it is.

    `listed` is the list of benchmarks to copy, by default that of `source`; a folder with results of several commits
    holds the list of the commit that ran last.
    """
    sentences = []
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
        except DAMAGED as error:
            sentences.append(f"cannot store {path.name}: {error if isinstance(error, Unreadable) else repr(error)}")
    listed = listed or source / "benchmarks.json"
    try:
        if listed in regular_files(listed.parent, 1):
            replace_whole(target / listed.name, listed.read_bytes())
    except OSError as error:
        sentences.append(f"cannot store the list of benchmarks: {error}")
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
    """Copy to `target` the cells of `source` that have no number there, for benchmarks of the same version."""
    read_result(source), read_result(target)  # raises Unreadable unless both are complete
    new, old = (_content(path) for path in (source, target))
    wanted = ", ".join(sorted(REQUIRED))
    for path, content in ((source, new), (target, old)):
        if not isinstance(content["result_columns"], list) or not set(content["result_columns"]) >= REQUIRED:
            raise Unreadable(f"{path.name} has the columns {content['result_columns']!r}: expected at least {wanted}")
    columns = old["result_columns"] = [*dict.fromkeys([*old["result_columns"], *new["result_columns"]])]
    changed = False
    for name, values in new["results"].items():
        row = _row(columns, dict(zip(new["result_columns"], values, strict=False)))
        if name not in old["results"]:
            old["results"][name] = list(row.values())
            changed = True
        else:
            kept = _row(columns, dict(zip(columns, old["results"][name], strict=False)))
            changed |= _add_cells(row, kept)
            old["results"][name] = list(kept.values())
    if changed:
        replace_whole(target, json.dumps(old))


def _content(path: Path) -> dict[str, Any]:
    """The content of a result file in ASV's present format."""
    content = _finite(path) or json.loads(path.read_text(encoding="utf-8"))
    return {**Results.update_to_2(content), "version": 2} if content.get("version") == 1 else content


def _row(columns: list[str], values: dict[str, Any]) -> dict[str, Any]:
    """The values of a benchmark in the order of `columns`, None where there is none."""
    return {column: values.get(column) for column in columns}


def _add_cells(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Fill the gaps of `old`, and add the combinations of parameters that it lacks; returns whether it changed."""
    parameters = old["params"] or []
    if new["version"] != old["version"] or len(new["params"] or []) != len(parameters):
        return False
    source, there = _places(new["params"]), _places(parameters)
    wanted = {
        cell: index
        for cell, index in source.items()
        if _number(new["result"], index) is not None
        and (cell not in there or _number(old["result"], there[cell]) is None)
    }
    if wanted and not wanted.keys() <= there.keys():
        old["params"] = [
            [*own, *(one for one in more if one not in own)]
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


def _places(parameters: list[list[str]] | None) -> dict[str, int]:
    """The place of each combination of parameters in a list of results."""
    return {cell: place for place, cell in enumerate(cell_names("", tuple(map(tuple, parameters or ()))))}


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
