"""Keep values that are no finite numbers out of ASV's graphs.

ASV's step detection hangs on an infinity and on a sum that no float can hold, and `asv publish` fails for a text or a
huge integer, which a `track_` benchmark can return.

This module imports only ASV, so that `asv_host.py` and the plugin can load it before anything else.
"""

from __future__ import annotations

import math
from typing import Any

from asv.console import log
from asv.graph import Graph

#: A sum of millions of numbers up to this size is a finite float.
LARGEST = 1e300


def only_finite(value: Any) -> Any:
    """A value or list of values, with NaN for each that is neither None nor a finite number up to LARGEST."""
    if isinstance(value, list | tuple):
        return [only_finite(one) for one in value]
    try:
        return value if value is None or (math.isfinite(value) and abs(value) <= LARGEST) else math.nan
    except (TypeError, OverflowError):
        return math.nan


def protect(graph: type[Graph]) -> None:
    """Make a graph treat a value that is no finite number as missing."""
    add = graph.add_data_point

    def add_data_point(self: Any, revision: int, value: Any, weight: Any = None) -> None:
        finite = only_finite(value)
        if repr(finite) != repr(value):
            log.warning(
                f"{self.benchmark_name}: the value at revision {revision} is no finite number up to {LARGEST:g} "
                "and counts as missing"
            )
        add(self, revision, finite, weight)

    graph.add_data_point = add_data_point


protect(Graph)
