"""JAX: every model in jax.numpy, every mode by JAX's own transformations, compiled ahead of the first call."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_solve, solve_triangular
from jax.scipy.stats import norm

from autodiff_kernels.backends.base import Model, Models, Prepared
from autodiff_kernels.backends.jax_counts import compiled_work, predicted_memory, traced_work
from autodiff_kernels.cases import Case, InvalidCase
from autodiff_kernels.problems import Inputs

MODELS = Models()


def prepare(case: Case, inputs: Inputs, clock: Callable[[], float]) -> Prepared:
    """Place `inputs`, already in the case's dtype, on the case's device and compile the case's program for them."""
    device = _device(case)
    double = case.dtype == "float64"
    with _x64(double):
        arguments = [jax.device_put(array, device) for array in (inputs.parameters, *inputs.data.values())]
        _check_dtype(case, arguments)
        compute = _compute(case, MODELS[case.problem](case.formulation))
        if case.jit:
            start = clock()
            traced = jax.jit(compute).trace(*arguments)
            trace_end = clock()
            lowered = traced.lower()
            lower_end = clock()
            compiled = lowered.compile()
            compile_end = clock()
            memory = predicted_memory(compiled)
            return Prepared(
                run=lambda: compiled(*arguments).block_until_ready(),
                work=lambda: compiled_work(traced, lowered, compiled) | memory,
                predicted_bytes=sum(memory.values()) if memory else None,
                seconds={
                    "trace": trace_end - start,
                    "lower": lower_end - trace_end,
                    "compile": compile_end - lower_end,
                },
            )

    def run_eagerly() -> jax.Array:
        with _x64(double), jax.disable_jit():
            return compute(*arguments).block_until_ready()

    def work() -> dict[str, int]:
        with _x64(double):
            return traced_work(jax.make_jaxpr(compute)(*arguments))

    return Prepared(run_eagerly, work)


def _compute(case: Case, model: Model) -> Callable[..., jax.Array]:
    """The whole program as a function of its inputs, so that no input is a constant to the compiler."""
    if case.mode == "explicit":
        return model.explicit
    scalar = case.form.output_shape(case.size) == ()
    transform = jax.grad if case.mode == "reverse" and scalar else TRANSFORMS[case.mode]
    if case.form.data_as_argument:
        return transform(model.objective)

    def compute(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        return transform(lambda parameters: model.objective(parameters, *data))(parameters)

    return compute


# --- Modes: each takes a function of (parameters, *data) and returns its derivative in the parameters. ---


def _columns(column: Callable[[jax.Array], jax.Array], parameters: jax.Array) -> jax.Array:
    """`column` of each basis vector of the parameters, side by side on the last axis."""
    basis = jnp.eye(parameters.size, dtype=parameters.dtype)
    return jax.vmap(column, out_axes=-1)(basis)


def _linearize(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        _, linear = jax.linearize(lambda parameters: function(parameters, *data), parameters)
        return _columns(linear, parameters)

    return derivative


def _double_reverse(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        outputs, pull_back = jax.vjp(lambda parameters: function(parameters, *data), parameters)
        # The pull-back is linear, so its own pull-back is its transpose wherever it is taken.
        _, push_forward = jax.vjp(lambda cotangent: pull_back(cotangent)[0], jnp.zeros_like(outputs))
        return _columns(lambda tangent: push_forward(tangent)[0], parameters)

    return derivative


def _finite_difference(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        # The cube root of epsilon balances the error of truncation and of rounding for a central difference.
        epsilon = float(np.finfo(parameters.dtype).eps)
        steps = epsilon ** (1 / 3) * jnp.diag(jnp.where(parameters == 0, 1, parameters))
        points = jnp.stack([parameters + steps, parameters - steps])
        # All points are one batch: on two cores JAX 0.10.2 can hang for ever on two independent factorisations.
        above, below = jax.vmap(jax.vmap(lambda point: function(point, *data)))(points)
        widths = jnp.diagonal(points[0] - points[1])
        return jnp.moveaxis(above - below, 0, -1) / widths

    return derivative


def _complex_step(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    step = 1e-20

    def derivative(parameters: jax.Array, *data: jax.Array) -> jax.Array:
        return _columns(lambda direction: function(parameters + 1j * step * direction, *data).imag / step, parameters)

    return derivative


TRANSFORMS: dict[str, Callable[[Callable[..., jax.Array]], Callable[..., jax.Array]]] = {
    "value": lambda function: function,
    "reverse": jax.jacrev,  # and grad where the objective is a scalar
    "forward": jax.jacfwd,
    "linearize": _linearize,
    "double_reverse": _double_reverse,
    "finite_difference": _finite_difference,
    "complex_step": _complex_step,
}


# --- Models: formulas and names as in autodiff_kernels/problems. ---


@MODELS.register
def rbf(formulation: str) -> Model:
    """k = variance · exp(-½ ‖x1 - x2‖² / lengthscale²)."""

    def objective(parameters: jax.Array, x1: jax.Array, x2: jax.Array) -> jax.Array:
        lengthscale, variance = parameters
        return variance * jnp.exp(-0.5 * jnp.sum((x1 - x2) ** 2) / lengthscale**2)

    def explicit(parameters: jax.Array, x1: jax.Array, x2: jax.Array) -> jax.Array:
        lengthscale, variance = parameters
        scaled = jnp.sum((x1 - x2) ** 2) / lengthscale**2
        correlation = jnp.exp(-0.5 * scaled)
        return jnp.stack([variance * correlation * scaled / lengthscale, correlation])

    return Model(objective, explicit)


def _squared_distances(x: jax.Array) -> jax.Array:
    return (x[:, None] - x[None, :]) ** 2


def _rbf_matrix(parameters: jax.Array, x: jax.Array) -> jax.Array:
    lengthscale, variance = parameters
    return variance * jnp.exp(-0.5 * _squared_distances(x) / lengthscale**2)


@MODELS.register
def covariance(formulation: str) -> Model:
    """K = variance · exp(-½ D / lengthscale²), as it is or contracted with a cotangent."""

    def slopes(parameters: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        lengthscale, variance = parameters
        scaled = _squared_distances(x) / lengthscale**2
        correlation = jnp.exp(-0.5 * scaled)
        return variance / lengthscale * correlation * scaled, correlation

    if formulation == "full":
        return Model(
            objective=lambda parameters, x, cotangent: _rbf_matrix(parameters, x),
            explicit=lambda parameters, x, cotangent: jnp.stack(slopes(parameters, x), axis=-1),
        )
    return Model(
        objective=lambda parameters, x, cotangent: jnp.sum(cotangent * _rbf_matrix(parameters, x)),
        explicit=lambda parameters, x, cotangent: jnp.stack(
            [jnp.sum(cotangent * slope) for slope in slopes(parameters, x)]
        ),
    )


@MODELS.register
def mvn(formulation: str) -> Model:
    """log N(x; mu, K + noise·I) by one Cholesky factor, or with determinant and general solves as in a textbook."""

    def normalisation(x: jax.Array) -> float:
        return -0.5 * x.size * math.log(2 * math.pi)

    def with_noise(covariance: jax.Array, noise: jax.Array) -> jax.Array:
        return covariance + noise * jnp.eye(len(covariance), dtype=covariance.dtype)

    def objective(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
        factor = jnp.linalg.cholesky(with_noise(_rbf_matrix(parameters, x), noise))
        # A complex step makes the factor complex, and the solve wants one dtype.
        whitened = solve_triangular(factor, (x - mu).astype(factor.dtype), lower=True)
        return normalisation(x) - jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened

    def explicit(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
        lengthscale, variance = parameters
        covariance = _rbf_matrix(parameters, x)
        factor = jnp.linalg.cholesky(with_noise(covariance, noise))
        # One inverse serves both traces, since tr(S⁻¹ ∂K) = Σ S⁻¹ ∘ ∂K for symmetric matrices.
        inverse = cho_solve((factor, True), jnp.eye(x.size, dtype=x.dtype))
        alpha = inverse @ (x - mu)
        weights = 0.5 * (jnp.outer(alpha, alpha) - inverse) * covariance
        return jnp.stack([jnp.sum(weights * _squared_distances(x)) / lengthscale**3, jnp.sum(weights) / variance])

    def textbook_objective(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
        covariance = with_noise(_rbf_matrix(parameters, x), noise)
        whitened = jnp.linalg.solve(jnp.linalg.cholesky(covariance), (x - mu).astype(covariance.dtype))
        return normalisation(x) - 0.5 * jnp.log(jnp.linalg.det(covariance)) - 0.5 * whitened @ whitened

    def textbook_explicit(parameters: jax.Array, x: jax.Array, mu: jax.Array, noise: jax.Array) -> jax.Array:
        lengthscale, variance = parameters
        covariance = _rbf_matrix(parameters, x)
        factor = jnp.linalg.cholesky(with_noise(covariance, noise))
        alpha = jnp.linalg.solve(factor.T, jnp.linalg.solve(factor, x - mu))

        def component(slope: jax.Array) -> jax.Array:
            trace = jnp.trace(jnp.linalg.solve(factor.T, jnp.linalg.solve(factor, slope)))
            return 0.5 * (alpha @ slope @ alpha - trace)

        return jnp.stack(
            [component(covariance * _squared_distances(x) / lengthscale**3), component(covariance / variance)]
        )

    return Model(textbook_objective, textbook_explicit) if formulation == "textbook" else Model(objective, explicit)


@MODELS.register
def timeline(formulation: str) -> Model:
    """t·mu/sigma, t·Phi(mu/sigma) or (t/lambda)^rho."""

    def linear(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return t * mu / sigma

    def linear_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return jnp.stack([t / sigma, -t * mu / sigma**2], axis=-1)

    def cdf(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        return t * norm.cdf(mu / sigma)

    def cdf_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        mu, sigma = parameters
        density = norm.pdf(mu / sigma)
        return jnp.stack([t * density / sigma, -t * density * mu / sigma**2], axis=-1)

    def weibull(parameters: jax.Array, t: jax.Array) -> jax.Array:
        lambda_, rho = parameters
        return (t / lambda_) ** rho

    def weibull_explicit(parameters: jax.Array, t: jax.Array) -> jax.Array:
        lambda_, rho = parameters
        ratio = t / lambda_
        hazard = ratio**rho
        return jnp.stack([-rho / lambda_ * hazard, hazard * jnp.log(ratio)], axis=-1)

    models = {"cdf": Model(cdf, cdf_explicit), "weibull": Model(weibull, weibull_explicit)}
    return models.get(formulation, Model(linear, linear_explicit))


# --- Precision and device. ---


def _x64(enabled: bool) -> AbstractContextManager[Any]:
    """JAX's double precision switched on or off inside a `with` block only, whatever the release."""
    if hasattr(jax, "enable_x64"):  # in newer releases; jax.experimental.enable_x64 is gone in 0.10.
        return jax.enable_x64(enabled)
    from jax import experimental

    return experimental.enable_x64(enabled)  # type: ignore[attr-defined]


def _device(case: Case) -> jax.Device:
    try:
        return jax.devices(case.device)[0]
    except RuntimeError:
        present = ", ".join(sorted({device.platform for device in jax.devices()}))
        raise InvalidCase(f"case {case} asks for device {case.device!r}; JAX finds here: {present}") from None


def _check_dtype(case: Case, arguments: list[jax.Array]) -> None:
    placed = {str(argument.dtype) for argument in arguments}
    if placed != {case.dtype}:
        raise InvalidCase(
            f"case {case} asks for {case.dtype}, but JAX placed its inputs as {', '.join(sorted(placed))}: "
            "double precision (x64) cannot be switched on here; ask for dtype=float32"
        )
