"""Result files are decoded fast, and numbers that JSON lacks or that failed are read as before."""

import json
import math

import msgspec
import numpy as np
import pytest

from asv_verdict.asv_io.decoding import INFINITE, NAN, latest, numbers


def raw(*texts):
    """Texts of a result file that are not decoded yet."""
    return [msgspec.Raw(text) for text in texts]


def test_the_numbers_of_all_benchmarks_are_read_at_once():
    values = raw(b"[1.5, null]", b"null", b"[" + NAN + b", " + INFINITE + b", -" + INFINITE + b"]")
    np.testing.assert_array_equal(numbers(values, [2, 2, 3]), [1.5, *[np.inf] * 3, np.nan, *[np.inf] * 2])


def test_a_value_that_is_no_number_has_failed():
    np.testing.assert_array_equal(numbers(raw(b'["x", 2]', b"[true]"), [2, 1]), [np.inf, 2, 1])


@pytest.mark.parametrize("values", [raw(b"[1, 2]", b"[3]"), [[1, 2], [3]]])
def test_a_wrong_number_of_results_is_an_error(values):
    with pytest.raises(ValueError, match="1 results for 2 cells"):
        numbers(values, [2, 2])


@pytest.mark.parametrize("make", [lambda moments: raw(*map(str.encode, map(json.dumps, moments))), list])
@pytest.mark.parametrize(("moments", "expected"), [([], 0), ([None], 0), ([3, None, 5, 4], 5)])
def test_the_last_moment_counts(make, moments, expected):
    assert latest(make(moments)) == expected


def test_a_moment_that_is_no_date_stays_one():
    assert math.isinf(latest(raw(b"1", INFINITE)))
