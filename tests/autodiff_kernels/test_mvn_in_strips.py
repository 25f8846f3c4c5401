"""The derivatives by strips agree with the formula as it stands."""

import numpy as np
import pytest

from autodiff_kernels import PROBLEMS
from autodiff_kernels.backends.autograd import mvn_in_strips
from autodiff_kernels.backends.autograd.mvn_in_strips import derivatives, naive_derivatives


@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 100, 300])
@pytest.mark.parametrize("entries", [1, 700, 32_000])
def test_strips_of_any_height_agree_with_whole_matrices(monkeypatch, size, entries):
    monkeypatch.setattr(mvn_in_strips, "STRIP", entries)
    data = PROBLEMS["mvn"].inputs(size).data
    parameters, random = np.array([0.8, 1.7]), np.random.default_rng(size)
    arguments = (parameters, data["x"], data["mu"] + random.normal(size=size), np.array(0.3))
    gradient, in_noise, quadratic, diagonal = derivatives(*arguments)
    expected, expected_in_noise = naive_derivatives(*arguments)
    np.testing.assert_allclose(gradient, expected, rtol=1e-10)
    np.testing.assert_allclose(in_noise, expected_in_noise, rtol=1e-10)
    assert quadratic > 0
    assert diagonal.shape == (size,)
