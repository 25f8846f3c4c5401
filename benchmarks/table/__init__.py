"""The table of the suite: in each file of this folder, ROWS are the benchmark classes of one or a few problems.

gradients.py, stages.py, costs.py and device.py make their classes from it. A new file adds its rows.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from benchmarks.rows import Row

#: The files whose rows come first; those of other files follow in alphabetical order.
ORDER = ("rbf", "covariance", "mvn", "timeline", "ard", "decays", "fits", "without_jit")


def _files() -> list[str]:
    names = [info.name for info in iter_modules(__path__)]
    return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


ROWS: dict[str, Row] = {row.name: row for name in _files() for row in import_module(f"{__name__}.{name}").ROWS}


def classes(kind: str, base: type, *, slow: bool = False) -> dict[str, type]:
    """The classes of ASV for one kind of measurement, by name: of the rows with slow cells only, or of all others.

    `kind` is a field of Row: time, stages, costs or device. `base` sets up a cell from `case`. If it has a method
    `replay`, the row names the method that calls it.
    """
    return {
        row.name: _class(row, kind, base) for row in ROWS.values() if getattr(row, kind) and (row.slow is True) == slow
    }


def _class(row: Row, kind: str, base: type) -> type:
    attributes: dict[str, Any] = {
        "__doc__": getattr(row, kind),
        "__module__": base.__module__,
        "row": row,
        "param_names": list(row.parameters),
        "params": list(row.parameters.values()),
    }
    if kind == "time":
        attributes[row.method] = base.replay_cell  # type: ignore[attr-defined]
    return type(row.name, (base,), attributes)
