"""Keep infinite values out of ASV's graphs: ASV's step detection hangs on them.

This module imports only ASV, so that `asv_command.py` and the plugin can load it before anything else.
"""

from __future__ import annotations

import math
from typing import Any

from asv.console import log
from asv.graph import Graph


def without_infinity(value: Any) -> Any:
    """A number or list of numbers, with NaN for each infinity."""
    if isinstance(value, list | tuple):
        return [without_infinity(one) for one in value]
    return math.nan if isinstance(value, float) and math.isinf(value) else value


def protect(graph: type[Graph]) -> None:
    """Make a graph treat an infinite value as missing."""
    add = graph.add_data_point

    def add_data_point(self: Any, revision: int, value: Any, weight: Any = None) -> None:
        finite = without_infinity(value)
        if repr(finite) != repr(value):
            log.warning(f"{self.benchmark_name} has an infinite value at revision {revision}, which counts as missing")
        add(self, revision, finite, weight)

    graph.add_data_point = add_data_point


protect(Graph)
