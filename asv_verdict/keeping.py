"""A night's results, added to those that are there: nothing that was measured is ever changed or lost."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from asv_verdict.files import replace_whole
from asv_verdict.results import Unreadable, cell_names, read_result


def keep(source: Path, target: Path, listed: Path | None = None) -> list[str]:
    """Add the results folder `source` to the results folder `target`; what could not be added has a sentence.

    `listed` is the list of benchmarks, that of `source` where it is None: in the folder of several commits lies that of
    the one that was measured last.

    A result file that is new is copied, and so is whatever lies beside it under its name. One that is there gains the
    cells that had no number. One that is there and cannot be read is left as it is.
    """
    sentences = []
    for path in sorted(source.glob("*/*.json")):
        there = target / path.relative_to(source)
        try:
            if path.name == "machine.json":
                if not there.exists():
                    replace_whole(there, path.read_bytes())
            elif not there.exists():
                read_result(path)
                for beside in sorted(path.parent.glob(f"{path.stem}.*"), key=lambda beside: beside == path):
                    replace_whole(there.with_name(beside.name), beside.read_bytes())
            else:
                _add(path, there)
        except (Unreadable, OSError) as error:
            sentences.append(f"{path.name} of this night is not kept: {error}")
    listed = listed or source / "benchmarks.json"
    try:
        if listed.exists():
            replace_whole(target / listed.name, listed.read_bytes())
    except OSError as error:
        sentences.append(f"the list of benchmarks is not kept: {error}")
    return sentences


def _add(source: Path, target: Path) -> None:
    """Give `target` the cells of `source` that have no number there, of benchmarks of the same version."""
    read_result(source), read_result(target)  # both whole, or Unreadable
    new, old = (json.loads(path.read_text(encoding="utf-8")) for path in (source, target))
    columns = old["result_columns"]
    if columns != new["result_columns"]:
        raise Unreadable(f"{target.name} has other columns")
    changed = False
    for name, row in new["results"].items():
        if name not in old["results"]:
            old["results"][name] = row
            changed = True
        else:
            changed |= _add_cells(_row(columns, row), kept := _row(columns, old["results"][name]))
            old["results"][name] = [kept[column] for column in columns]
    if changed:
        replace_whole(target, json.dumps(old))


def _row(columns: list[str], row: list[Any]) -> dict[str, Any]:
    return {**dict.fromkeys(columns), **dict(zip(columns, row, strict=False))}


def _add_cells(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Fill the gaps of `old`, and whether there were any."""
    if (new["version"], new["params"]) != (old["version"], old["params"]):
        return False
    count = len(cell_names("", tuple(map(tuple, new["params"] or ()))))
    gaps = [
        index
        for index in range(count)
        if _number(new["result"], index) is not None and _number(old["result"], index) is None
    ]
    for column in ("result", "samples", *(name for name in old if name.startswith("stats_"))):
        if gaps and new.get(column) is not None:
            old[column] = list(old.get(column) or [None] * count)
            for index in gaps:
                old[column][index] = new[column][index]
    return bool(gaps)


def _number(values: list[Any] | None, index: int) -> float | None:
    value = None if values is None else values[index]
    return value if isinstance(value, int | float) and not math.isnan(value) else None
