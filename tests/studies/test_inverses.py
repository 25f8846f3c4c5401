"""The studies of the inverse in the explicit gradient compile each way, and all ways agree."""

import numpy as np
import pytest

from autodiff_kernels import PROBLEMS
from studies.inverse_on_gpu.__main__ import WAYS, measured
from studies.lapack_size.__main__ import compiled


@pytest.mark.parametrize("way", ["by_solves", "by_lapack"])
def test_each_inverse_gives_the_gradient(way):
    expected = PROBLEMS["mvn"].derivative(PROBLEMS["mvn"].inputs(5), "cholesky")
    np.testing.assert_allclose(compiled(5, way)(), expected, rtol=1e-8)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_on_a_gpu_runs_on_a_cpu(monkeypatch, way):
    monkeypatch.setattr("studies.inverse_on_gpu.__main__.SECONDS", 0.001)
    compiling, call = measured(way, 5, "float64", triton=True)
    assert compiling > 0
    assert call > 0
