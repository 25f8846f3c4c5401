"""The figures of the repeatability: shares of values, in percent."""

from __future__ import annotations

from typing import Any

from studies.repeatability.layout import all_of, lowest_and_highest, pooled

Data = dict[str, Any]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def share(pairs: Data, limit: int) -> str:
    """The percentage of values that agree within the first, second or third limit (3, 5 and 10 %), over all pairs."""
    return _percent(pooled(all_of(pairs)).shares()[limit])


def share_of_row(pairs: Data, row: int) -> str:
    """The percentage of values that agree within 3 %, in the worst (0) or the best row (1) of the table."""
    return _percent(lowest_and_highest(all_of(pairs))[row].shares()[0])


def repeat_pairs(pairs: Data) -> str:
    """The number of stored pairs."""
    return str(pooled(all_of(pairs)).pairs)
