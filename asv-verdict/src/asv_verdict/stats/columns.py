"""Robust statistics of the columns of a table with missing values."""

from __future__ import annotations

import numpy as np

from asv_verdict.stats.ratio import DEVIATIONS_OF_MAD


def deviation_of(values: np.ndarray) -> float:
    """The robust standard deviation of numbers."""
    return DEVIATIONS_OF_MAD * float(np.median(np.abs(values - np.median(values))))


def newest_of_columns(rows: np.ndarray, count: int) -> np.ndarray:
    """The newest `count` values of each column; NaN for the others."""
    if len(rows) <= count:
        return rows
    newer = np.cumsum(np.isfinite(rows)[::-1], axis=0)[::-1]
    return np.where(newer <= count, rows, np.nan)


def deviation_of_columns(away: np.ndarray) -> np.ndarray:
    """Robust standard deviations of columns of distances."""
    return DEVIATIONS_OF_MAD * median_of_columns(np.abs(away))


def median_of_columns(rows: np.ndarray) -> np.ndarray:
    """Medians of columns, NaN for an empty column; np.nanmedian is ten times slower."""
    rows = rows[np.isfinite(rows).any(axis=1)]
    if not len(rows):
        return np.full(rows.shape[1], np.nan)
    ordered = np.sort(rows, axis=0)  # NaN comes last
    count = np.isfinite(rows).sum(axis=0)
    columns = np.arange(rows.shape[1])
    middle = (ordered[np.maximum(count - 1, 0) // 2, columns] + ordered[count // 2 % len(rows), columns]) / 2
    return np.where(count > 0, middle, np.nan)
