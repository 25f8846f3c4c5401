"""Crossings of synthetic curves whose crossing is known, and their sentences."""

import pytest

from asv_verdict.site.crossovers import Measured, crossings, leaders, rounded, summary

SIZES = (1.0, 10.0, 100.0, 1000.0)


def _curve(cost, noise=0.0, sizes=SIZES):
    return {size: Measured(cost(size), noise) for size in sizes}


def _flat_and_square(noise=0.0):
    """Two curves that cross at n = 40, straight on logarithmic axes, so that interpolation finds the exact crossing."""
    return {"flat": _curve(lambda n: 1600.0, noise), "square": _curve(lambda n: n**2, noise)}


def test_a_crossing_is_found_at_its_size():
    (crossing,) = crossings(_flat_and_square())
    assert crossing.size == pytest.approx(40)
    assert crossing.value == pytest.approx(1600)
    assert (crossing.better, crossing.worse, crossing.at) == ("flat", "square", 1000)
    assert crossing.by == pytest.approx(625)
    assert crossing.sentence("n") == "flat beats square above n ≈ 40, by a factor of 625 at n = 1,000"


def test_a_small_lead_is_a_factor_with_two_decimals():
    curves = {"a": _curve(lambda n: 100.0), "b": _curve(lambda n: 96 + n / 100)}
    (crossing,) = crossings(curves)
    assert crossing.sentence("n").endswith("by a factor of 1.06 at n = 1,000")


def test_curves_that_do_not_cross():
    assert crossings({"a": _curve(lambda n: n), "b": _curve(lambda n: 2 * n)}) == []
    assert crossings({"a": _curve(lambda n: n)}) == []
    assert crossings({"a": _curve(lambda n: n), "b": {}}) == []


def test_differences_within_the_noise_are_no_crossing():
    wiggling = {"a": _curve(lambda n: n, 0.03), "b": _curve(lambda n: n * (1.02 if n in (1.0, 100.0) else 0.98), 0.03)}
    assert crossings(wiggling) == []
    clear = {"a": wiggling["a"], "b": _curve(lambda n: n * {1.0: 2.0, 10.0: 1.02, 100.0: 0.98, 1000.0: 0.5}[n], 0.03)}
    (crossing,) = crossings(clear)
    assert 10 < crossing.size < 100
    assert (crossing.better, crossing.by) == ("b", pytest.approx(2.0))


def test_curves_that_cross_twice():
    there_and_back = {"a": _curve(lambda n: n), "b": _curve(lambda n: n * {10.0: 2.0, 100.0: 2.0}.get(n, 0.5))}
    first, second = crossings(there_and_back)
    assert (first.better, second.better) == ("a", "b")
    assert first.at == 100, "only up to there is it better"
    assert first.size == pytest.approx(10**0.5)
    assert second.size == pytest.approx(10**2.5)


def test_sizes_that_one_curve_lacks_are_skipped():
    curves = _flat_and_square()
    del curves["flat"][100.0]
    (crossing,) = crossings(curves)
    assert 10 < crossing.size < 1000


def test_leaders_and_their_summary():
    curves = {**_flat_and_square(0.01), "nearly flat": _curve(lambda n: 1605.0, 0.01)}
    assert leaders(curves)[0] == (1.0, ("square",))
    assert leaders(curves)[-1] == (1000.0, ("flat", "nearly flat"))
    assert summary(curves, "n", "Lowest time") == (
        "Lowest time: square from n = 1 to 10; flat and nearly flat from n = 100 to 1,000"
    )
    assert summary({}, "n", "Lowest time") == ""


def test_a_leader_without_a_value_at_a_size_is_interpolated():
    curves = {"best": _curve(lambda n: n, sizes=(1.0, 1000.0)), "other": _curve(lambda n: 2 * n)}
    assert summary(curves, "n", "Lowest time") == "Lowest time: best from n = 1 to 1,000"
    short = {"best": _curve(lambda n: n, sizes=(1.0, 10.0)), "other": _curve(lambda n: 2 * n)}
    assert summary(short, "n", "Lowest time") == "Lowest time: best from n = 1 to 10; other from n = 100 to 1,000"


def test_a_leader_stays_the_leader_within_the_noise():
    curves = {"a": _curve(lambda n: n, 0.05), "b": _curve(lambda n: n * (1.2 if n < 5 else 0.99), 0.05)}
    assert summary(curves, "n", "Lowest time") == "Lowest time: a from n = 1 to 1,000"


@pytest.mark.parametrize(
    ("number", "text"), [(3.0, "3"), (40_000.0, "40,000"), (123.4, "120"), (3.16, "3.2"), (15_432.1, "15,000")]
)
def test_sentences_have_rounded_numbers(number, text):
    assert rounded(number) == text
