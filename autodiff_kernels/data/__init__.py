"""Real data, written by `python -m tools.real_data`; docs/understand/data.md lists their sources."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np


@cache
def table(name: str) -> np.ndarray:
    """The numbers of a table: one row for each line after the header."""
    with (files(__name__) / f"{name}.csv").open(encoding="utf-8") as lines:
        numbers = np.loadtxt(lines, delimiter=",", skiprows=1)
    numbers.flags.writeable = False
    return numbers
