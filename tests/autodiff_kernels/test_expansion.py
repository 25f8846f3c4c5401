"""The oracle for many points: the expansion of the kernel is accurate, and is not used if it would not be."""

import numpy as np
import pytest

from autodiff_kernels.expansion import expanded
from autodiff_kernels.problems import mvn


# The decomposition has an error of epsilon times the largest eigenvalue in every eigenvalue. A small noise, which
# divides, magnifies it.
@pytest.mark.parametrize(("noise", "tolerance"), [(0.1, 1e-10), (1e-3, 1e-8)])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_agrees_with_the_decomposition(monkeypatch, seed, noise, tolerance):
    inputs = mvn.inputs(400, seed, noise=noise)
    by_decomposition = mvn.value(inputs, "cholesky"), mvn.derivative(inputs, "cholesky")
    assert mvn.expansion_of(inputs) is None
    monkeypatch.setattr(mvn, "DECOMPOSED", 100)
    assert mvn.expansion_of(inputs) is not None
    np.testing.assert_allclose(mvn.value(inputs, "cholesky"), by_decomposition[0], rtol=1e-11)
    np.testing.assert_allclose(mvn.derivative(inputs, "cholesky"), by_decomposition[1], rtol=tolerance)


def test_its_eigenvalues_are_those_of_the_matrix():
    inputs = mvn.inputs(500)
    expansion = expanded(inputs.data["x"], *inputs.parameters, 0.1)
    exact = np.linalg.eigvalsh(mvn.noisy_covariance(inputs))[::-1]
    columns = expansion.eigenvalues.size
    np.testing.assert_allclose(expansion.eigenvalues, exact[:columns], rtol=0, atol=1e-15 * exact[0])
    np.testing.assert_allclose(exact[columns:], 0.1, rtol=1e-10)


def test_its_gradient_agrees_with_differences_of_its_value_at_the_largest_size():
    inputs = mvn.inputs(16_384)
    residual = inputs.data["x"] - inputs.data["mu"]

    def value(lengthscale, variance):
        return expanded(inputs.data["x"], lengthscale, variance, 0.1).log_density(residual)

    (lengthscale, variance), step = inputs.parameters, 1e-5
    differences = [
        (value(lengthscale + step, variance) - value(lengthscale - step, variance)) / (2 * step),
        (value(lengthscale, variance + step) - value(lengthscale, variance - step)) / (2 * step),
    ]
    np.testing.assert_allclose(mvn.derivative(inputs, "cholesky"), differences, rtol=1e-5)


@pytest.mark.parametrize(
    ("x", "lengthscale", "noise"),
    [
        (np.linspace(0, 1, 50), 0.3, 0.1),  # as many columns as the matrix has rows
        (np.linspace(0, 100, 4000), 0.01, 0.1),  # too far apart for a series
        (np.linspace(0, 1, 4000), 0.3, 0.0),
    ],
)
def test_there_is_no_expansion_with_many_columns_or_without_noise(x, lengthscale, noise):
    assert expanded(x, lengthscale, 1.7, noise) is None


def test_many_ill_conditioned_points_are_refused_like_few(monkeypatch):
    monkeypatch.setattr(mvn, "DECOMPOSED", 100)
    reason = mvn.ill_conditioned(mvn.inputs(2000, noise=1e-9), 1e-7, 1e-3)
    assert "the covariance of these 2000 points is singular to working precision" in reason
    assert "1.0e-09" in reason
