"""The figures of the repeatability: shares of values, in percent."""

from __future__ import annotations

from typing import Any

from studies.repeatability.layout import all_of, lowest_and_highest, pooled

Data = dict[str, Any]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def repeat_3(pairs: Data) -> str:
    """The percentage of values that agree within 3 %, over all pairs."""
    return _percent(pooled(all_of(pairs)).shares()[0])


def repeat_5(pairs: Data) -> str:
    """The percentage of values that agree within 5 %, over all pairs."""
    return _percent(pooled(all_of(pairs)).shares()[1])


def repeat_10(pairs: Data) -> str:
    """The percentage of values that agree within 10 %, over all pairs."""
    return _percent(pooled(all_of(pairs)).shares()[2])


def repeat_3_lowest(pairs: Data) -> str:
    """The percentage of values that agree within 3 %, in the worst row of the table."""
    return _percent(lowest_and_highest(all_of(pairs))[0].shares()[0])


def repeat_3_highest(pairs: Data) -> str:
    """The percentage of values that agree within 3 %, in the best row of the table."""
    return _percent(lowest_and_highest(all_of(pairs))[1].shares()[0])


def repeat_pairs(pairs: Data) -> str:
    """The number of stored pairs."""
    return str(pooled(all_of(pairs)).pairs)
