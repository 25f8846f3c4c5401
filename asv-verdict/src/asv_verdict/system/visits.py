"""The value of a cell from one process, a visit: ASV keeps only what it computes from all of them.

A suite may combine the processes of a cell itself, and give ASV the statistic of all so far. Such a suite can write the
value of the present process, a number in JSON, to the file that the environment variable VARIABLE names. The script
`asv_host.py` imports this module, which lies next to it.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import statistics
import tempfile
from typing import Any

VARIABLE = "ASV_VERDICT_VALUE_FILE"


class ToldValue:
    """The file in which a suite may tell its value. It stays the same, since fork servers keep their environment."""

    def __init__(self) -> None:
        descriptor, self.path = tempfile.mkstemp(suffix=".json")
        os.close(descriptor)
        os.environ[VARIABLE] = self.path

    def forget(self) -> None:
        """Empty the file before a visit."""
        with contextlib.suppress(OSError), open(self.path, "w", encoding="utf-8"):
            pass

    def read(self) -> float | None:
        """The number that the suite wrote since then, if it is one."""
        with contextlib.suppress(OSError, ValueError, RecursionError), open(self.path, encoding="utf-8") as file:
            return _number(json.load(file))
        return None


def value_of(result: Any, told: float | None) -> float | None:
    """The told value, the median of the samples, or the number that a benchmark returned; None if it failed."""
    if result.errcode:
        return None
    if told is not None:
        return told
    samples = (result.samples or [None])[0]
    try:
        return _number(statistics.median(samples) if samples else (result.result or [None])[0])
    except TypeError:  # a benchmark may return anything
        return None


def name_of(benchmark: dict[str, Any], index: int) -> str:
    """The name of a cell, as asv_io/decoding.py makes it."""
    if not benchmark["params"]:
        return str(benchmark["name"])
    combination = next(itertools.islice(itertools.product(*benchmark["params"]), index, None))
    return f"{benchmark['name']}({', '.join(combination)})"


def _number(found: object) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        return float(found) if math.isfinite(found) else None
    except OverflowError:  # an integer that no float can hold
        return None
