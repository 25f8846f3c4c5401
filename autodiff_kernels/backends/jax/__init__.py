"""JAX: models in jax.numpy and modes by JAX's own transformations, compiled before the first call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np

from autodiff_kernels.backends.base import Prepared
from autodiff_kernels.backends.fitting import minimise
from autodiff_kernels.backends.jax.counts import compiled_work, predicted_memory, traced_work
from autodiff_kernels.backends.jax.device import on_device
from autodiff_kernels.backends.jax.models import MODELS
from autodiff_kernels.backends.jax.modes import TRANSFORMS, program
from autodiff_kernels.backends.jax.solving import GPU_COMPILER_OPTIONS
from autodiff_kernels.cases import Case, InvalidCase
from autodiff_kernels.problems import Inputs

__all__ = ["MODELS", "TRANSFORMS", "prepare"]


def prepare(case: Case, inputs: Inputs, clock: Callable[[], float]) -> Prepared:
    """Place `inputs`, already in the dtype of `case`, on its device, and compile the program for them."""
    device = _device(case)
    double = case.dtype == "float64"
    with x64(double), full_precision(device):
        arguments = [jax.device_put(array, device) for array in (inputs.parameters, *inputs.data.values())]
        _check_dtype(case, arguments)
        compute = program(case, MODELS[case.problem](case.formulation))
        if case.jit:
            start = clock()
            traced = jax.jit(compute).trace(*arguments)
            trace_end = clock()
            lowered = traced.lower()
            lower_end = clock()
            explicit = case.mode in ("explicit", "custom_rule")
            compiled = lowered.compile(GPU_COMPILER_OPTIONS if explicit and device.platform == "gpu" else None)
            compile_end = clock()
            memory = predicted_memory(compiled)

            def run() -> jax.Array:
                return compiled(*arguments).block_until_ready()

            return Prepared(
                run=_fit(case, compiled, arguments) if case.is_fit else run,
                work=lambda: compiled_work(traced, lowered, compiled) | memory,
                predicted_bytes=sum(memory.values()) if memory else None,
                seconds={
                    "trace": trace_end - start,
                    "lower": lower_end - trace_end,
                    "compile": compile_end - lower_end,
                },
                on_device=None if case.is_fit else on_device(lambda: compiled(*arguments), device),
            )

    def run_eagerly() -> jax.Array:
        with x64(double), full_precision(device), jax.disable_jit():
            return compute(*arguments).block_until_ready()

    def work() -> dict[str, int]:
        with x64(double):
            return {} if _only_python_runs(case) else traced_work(jax.make_jaxpr(compute)(*arguments))

    return Prepared(run_eagerly, work)


def _only_python_runs(case: Case) -> bool:
    """Whether a compiled program of this case fails, so that it has no trace."""
    return any(one.only_compiled and (one.mode, one.backend) == (case.mode, "jax") for one in case.form.refusals)


def _fit(case: Case, compiled: Callable[..., Any], arguments: list[jax.Array]) -> Callable[[], np.ndarray]:
    placed, *data = arguments
    start, device, double = np.asarray(placed), placed.device, case.dtype == "float64"

    def value_and_gradient(point: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = compiled(jax.device_put(point, device), *data)
        return float(value), np.asarray(gradient)

    def run() -> np.ndarray:
        with x64(double):
            return minimise(value_and_gradient, start)

    return run


def x64(enabled: bool) -> AbstractContextManager[Any]:
    """Switch JAX's double precision on or off inside a `with` block only, in every release."""
    if hasattr(jax, "enable_x64"):  # newer releases; 0.10 has no jax.experimental.enable_x64
        return jax.enable_x64(enabled)
    from jax import experimental

    return experimental.enable_x64(enabled)  # type: ignore[attr-defined]


def _device(case: Case) -> jax.Device:
    try:
        return jax.devices(case.device)[0]
    except (
        RuntimeError,
        AssertionError,
    ) as error:  # AssertionError if JAX_PLATFORMS names a platform without a plugin
        reason = str(error).partition("\n")[0] or "no platform of JAX_PLATFORMS starts"
    try:
        present = ", ".join(sorted({device.platform for device in jax.devices()}))
    except (RuntimeError, AssertionError):
        present = "no device"
    raise InvalidCase(f"{case}: device {case.device!r} is not available; JAX finds: {present} ({reason})")


def full_precision(device: jax.Device) -> AbstractContextManager[Any]:
    """Multiply float32 matrices in float32: by default a GPU rounds the factors to the 10 bits of TF32."""
    return nullcontext() if device.platform == "cpu" else jax.default_matmul_precision("highest")


def _check_dtype(case: Case, arguments: list[jax.Array]) -> None:
    placed = {str(argument.dtype) for argument in arguments if argument.dtype.kind != "i"}
    if placed != {case.dtype}:
        raise InvalidCase(
            f"{case}: JAX placed the inputs as {', '.join(sorted(placed))}: expected {case.dtype}. "
            "Double precision (x64) cannot be switched on here; use dtype=float32"
        )
