"""A fit that does not converge and an oracle that is not found both raise."""

import numpy as np
import pytest

from autodiff_kernels.backends.fitting import minimise
from autodiff_kernels.data import table
from autodiff_kernels.stationary import stationary_point
from tools import real_data


def test_the_minimum_of_a_known_function():
    found = minimise(
        lambda point: (np.sum((point - 3) ** 4 + (point - 3) ** 2), 4 * (point - 3) ** 3 + 2 * (point - 3)), np.zeros(2)
    )
    np.testing.assert_allclose(found, 3, rtol=1e-6)


def test_a_fit_with_a_wrong_gradient_raises():
    with pytest.raises(ArithmeticError, match="the fit does not converge: "):
        minimise(lambda point: (np.sum(point**2), -2 * point), np.ones(2))


def test_a_stationary_point_is_found_to_the_last_digits():
    np.testing.assert_allclose(stationary_point(lambda point: np.exp(point) - 2, np.zeros(3)), np.log(2), rtol=1e-12)
    with pytest.raises(ArithmeticError, match="found no stationary point"):
        stationary_point(lambda point: np.exp(point) + 1, np.zeros(1))


def test_data_sets_are_converted_to_read_only_tables():
    assert table("co2").shape == (521, 2)
    assert table("heart").shape == (69, 3)
    assert table("nile").shape == (100, 2)
    assert table("randhie").shape == (1010, 3)
    assert not table("heart").flags.writeable
    weeks = [
        {"date": "19580329", "co2": "316.1"},
        {"date": "19580405", "co2": "317.3"},
        {"date": "19580412", "co2": ""},
    ]
    assert list(real_data.monthly_co2(weeks)) == [
        {"year": "1958.2083", "ppm": "316.100"},
        {"year": "1958.2917", "ppm": "317.300"},
    ]
    assert list(real_data.transplants([{"survival": "15.000000", "censors": "1.000000", "age": "54.300000"}])) == [
        {"days": "15", "died": "1", "age": "54.3"}
    ]


def test_tables_are_written_in_the_format_that_is_read(tmp_path):
    tables = {
        "co2": "date,co2\n19580329,316.1\n",
        "heart": "survival,censors,age\n15.0,1.0,54.3\n",
        "nile": "year,volume\n1871.0,1120.0\n",
        "randhie": "mdvis,lncoins,disea\n2,4.61512,13.73189\n",
    }
    for name, text in tables.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.csv").write_text(text)
    real_data.write(tmp_path, tmp_path)
    assert (tmp_path / "co2.csv").read_text() == "year,ppm\n1958.2083,316.100\n"
    assert (tmp_path / "heart.csv").read_text() == "days,died,age\n15,1,54.3\n"
    assert (tmp_path / "nile.csv").read_text() == "year,flow\n1871,1120\n"
    assert (tmp_path / "randhie.csv").read_text() == "visits,coinsurance,diseases\n2,4.6151,13.732\n"
