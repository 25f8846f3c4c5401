"""HIPS autograd: objectives in autograd.numpy, hand-written derivatives in plain NumPy and LAPACK."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import autograd
import autograd.numpy as anp
import numpy as np
import scipy.linalg
import scipy.special
from autograd.differential_operators import make_jvp, make_jvp_reversemode
from autograd.scipy.linalg import solve_triangular
from autograd.scipy.stats import norm

from autodiff_kernels.backends.autograd_counts import Function, work
from autodiff_kernels.backends.base import Model, Models, Prepared
from autodiff_kernels.cases import Case
from autodiff_kernels.problems import Inputs

MODELS = Models()


def prepare(case: Case, inputs: Inputs, clock: Callable[[], float]) -> Prepared:
    """Bind `inputs`, already in the case's dtype, to the case's program; nothing is compiled, so no stage is timed."""
    model = MODELS[case.problem](case.formulation)
    arguments = (inputs.parameters, *inputs.data.values())

    def program(objective: Function) -> Callable[[], np.ndarray]:
        """The call that is timed; all that can be decided before it is decided here."""
        if case.mode == "explicit":
            return partial(model.explicit, *arguments)
        scalar = case.form.output_shape(case.size) == ()
        transform = _gradient if case.mode == "reverse" and scalar else TRANSFORMS[case.mode]
        if case.form.data_as_argument:
            return partial(transform, objective, *arguments)
        parameters, *data = arguments
        return partial(transform, lambda parameters: objective(parameters, *data), parameters)

    return Prepared(run=program(model.objective), work=lambda: work(program, model.objective))


# --- Modes: each takes a function of (parameters, *data), the parameters and the data. ---


def _gradient(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    return autograd.grad(function)(parameters, *data)


def _jacobian(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    return autograd.jacobian(function)(parameters, *data)


def _columns(column: Function, parameters: np.ndarray) -> np.ndarray:
    """`column` of each basis vector of the parameters, side by side on the last axis."""
    return np.stack([column(direction) for direction in np.eye(parameters.size)], axis=-1)


def _forward(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    push_forward = make_jvp(function)(parameters, *data)
    return _columns(lambda direction: push_forward(direction)[1], parameters)


def _double_reverse(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    return _columns(make_jvp_reversemode(function)(parameters, *data), parameters)


def _finite_difference(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    # The cube root of epsilon balances the error of truncation and of rounding for a central difference.
    steps = np.finfo(parameters.dtype).eps ** (1 / 3) * np.where(parameters == 0, 1, parameters)

    def column(direction: np.ndarray) -> np.ndarray:
        above, below = parameters + steps * direction, parameters - steps * direction
        return (function(above, *data) - function(below, *data)) / np.sum(above - below)

    return _columns(column, parameters)


def _complex_step(function: Function, parameters: np.ndarray, *data: np.ndarray) -> np.ndarray:
    step = 1e-20
    return _columns(lambda direction: function(parameters + 1j * step * direction, *data).imag / step, parameters)


TRANSFORMS: dict[str, Function] = {
    "value": lambda function, parameters, *data: function(parameters, *data),
    "reverse": _jacobian,  # and the gradient where the objective is a scalar
    "forward": _forward,
    "double_reverse": _double_reverse,
    "finite_difference": _finite_difference,
    "complex_step": _complex_step,
}


# --- Models: formulas and names as in autodiff_kernels/problems. ---


@MODELS.register
def rbf(formulation: str) -> Model:
    """k = variance · exp(-½ ‖x1 - x2‖² / lengthscale²)."""

    def objective(parameters: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        return variance * anp.exp(-0.5 * anp.sum((x1 - x2) ** 2) / lengthscale**2)

    def explicit(parameters: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        difference = x1 - x2
        scaled = difference @ difference / lengthscale**2
        correlation = np.exp(-0.5 * scaled)
        return np.array([variance * correlation * scaled / lengthscale, correlation])

    return Model(objective, explicit)


def _squared_distances(x: np.ndarray) -> np.ndarray:
    return (x[:, None] - x[None, :]) ** 2


def _rbf_matrix(parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
    lengthscale, variance = parameters
    return variance * anp.exp(-0.5 / lengthscale**2 * _squared_distances(x))


@MODELS.register
def covariance(formulation: str) -> Model:
    """K = variance · exp(-½ D / lengthscale²), as it is or contracted with a cotangent."""

    def full_explicit(parameters: np.ndarray, x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        distances = _squared_distances(x)
        jacobian = np.empty((*distances.shape, 2))
        correlation = np.exp(-0.5 / lengthscale**2 * distances)
        np.multiply(correlation, distances, out=jacobian[..., 0])
        jacobian[..., 0] *= variance / lengthscale**3
        jacobian[..., 1] = correlation
        return jacobian

    def contracted_explicit(parameters: np.ndarray, x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        distances = _squared_distances(x)
        weighted = np.exp(-0.5 / lengthscale**2 * distances)
        weighted *= cotangent
        return np.array([np.vdot(weighted, distances) * variance / lengthscale**3, weighted.sum()])

    if formulation == "full":
        return Model(lambda parameters, x, cotangent: _rbf_matrix(parameters, x), full_explicit)
    return Model(lambda parameters, x, cotangent: anp.sum(cotangent * _rbf_matrix(parameters, x)), contracted_explicit)


@MODELS.register
def mvn(formulation: str) -> Model:
    """log N(x; mu, K + noise·I) by one Cholesky factor, or with determinant and general solves as in a textbook."""

    def noisy_covariance(parameters: np.ndarray, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        return _rbf_matrix(parameters, x) + noise * np.eye(x.size)

    def normalisation(x: np.ndarray) -> float:
        return -0.5 * x.size * np.log(2 * np.pi)

    def objective(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
        factor = anp.linalg.cholesky(noisy_covariance(parameters, x, noise))
        whitened = solve_triangular(factor, x - mu, lower=True)
        # autograd has the derivative of a diagonal along the last two axes only.
        diagonal = anp.diagonal(factor, axis1=-1, axis2=-2)
        return normalisation(x) - anp.sum(anp.log(diagonal)) - 0.5 * anp.dot(whitened, whitened)

    def explicit(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        distances = _squared_distances(x)
        covariance = variance * np.exp(-0.5 / lengthscale**2 * distances)
        noisy = covariance.copy()
        noisy.flat[:: x.size + 1] += noise
        factor = scipy.linalg.cho_factor(noisy, lower=True, overwrite_a=True, check_finite=False)
        # One inverse serves both traces, since tr(S⁻¹ ∂K) = Σ S⁻¹ ∘ ∂K for symmetric matrices.
        inverse = scipy.linalg.cho_solve(factor, np.eye(x.size), overwrite_b=True, check_finite=False)
        alpha = inverse @ (x - mu)
        weights = np.outer(alpha, alpha)
        weights -= inverse
        weights *= covariance
        return np.array([np.vdot(weights, distances) / lengthscale**3, weights.sum() / variance]) / 2

    def textbook_objective(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
        covariance = noisy_covariance(parameters, x, noise)
        whitened = anp.linalg.solve(anp.linalg.cholesky(covariance), x - mu)
        return normalisation(x) - 0.5 * anp.log(anp.linalg.det(covariance)) - 0.5 * anp.dot(whitened, whitened)

    def textbook_explicit(parameters: np.ndarray, x: np.ndarray, mu: np.ndarray, noise: np.ndarray) -> np.ndarray:
        lengthscale, variance = parameters
        noisy = noisy_covariance(parameters, x, noise)
        signal = noisy - noise * np.eye(x.size)
        factor = np.linalg.cholesky(noisy)
        alpha = np.linalg.solve(factor.T, np.linalg.solve(factor, x - mu))

        def component(slope: np.ndarray) -> np.ndarray:
            trace = np.trace(np.linalg.solve(factor.T, np.linalg.solve(factor, slope)))
            return 0.5 * (alpha @ slope @ alpha - trace)

        return np.array([component(signal * _squared_distances(x) / lengthscale**3), component(signal / variance)])

    return Model(textbook_objective, textbook_explicit) if formulation == "textbook" else Model(objective, explicit)


@MODELS.register
def timeline(formulation: str) -> Model:
    """t·mu/sigma, t·Phi(mu/sigma) or (t/lambda)^rho."""

    def jacobian(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.stack([first, second], axis=-1)

    def linear(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        return t * mu / sigma

    def linear_explicit(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        return jacobian(t / sigma, t * (-mu / sigma**2))

    def cdf(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        return t * norm.cdf(mu / sigma)

    def cdf_explicit(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        mu, sigma = parameters
        density = np.exp(-0.5 * (mu / sigma) ** 2) / np.sqrt(2 * np.pi)
        return jacobian(t * (density / sigma), t * (-density * mu / sigma**2))

    def weibull(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        lambda_, rho = parameters
        return (t / lambda_) ** rho

    def weibull_explicit(parameters: np.ndarray, t: np.ndarray) -> np.ndarray:
        lambda_, rho = parameters
        ratio = t / lambda_
        hazard = ratio**rho
        return jacobian(-rho / lambda_ * hazard, hazard * np.log(ratio))

    models = {"cdf": Model(cdf, cdf_explicit), "weibull": Model(weibull, weibull_explicit)}
    return models.get(formulation, Model(linear, linear_explicit))
