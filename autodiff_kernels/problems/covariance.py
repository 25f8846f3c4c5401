"""RBF matrix: the kernel matrix of n points on a line.

K[i, j] = variance · exp(-½ (x[i] - x[j])² / lengthscale²)

∂K/∂lengthscale = K ∘ D / lengthscale³, D[i, j] = (x[i] - x[j])²
∂K/∂variance    = K / variance

Formulations
- `contracted`: the scalar ⟨C, K⟩ = Σ C[i, j] K[i, j] for a fixed n × n cotangent C; its gradient.
- `full`: the matrix itself; its n × n × 2 Jacobian.
"""

from dataclasses import replace

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem


def inputs(size: int, seed: int = 0) -> Inputs:
    """`size` points uniform in [0, 1) and a cotangent uniform in [0, 1), which is not symmetric."""
    generator = np.random.default_rng(seed)
    return Inputs(
        np.array([0.3, 1.7]),
        {"x": generator.random(size), "cotangent": generator.random((size, size))},
    )


def _kernel_matrix(inputs: Inputs) -> np.ndarray:
    lengthscale, variance = inputs.parameters
    x = inputs.data["x"]
    # exp(-½(a-b)²) = exp(-½a²) exp(ab) exp(-½b²): a different formula from that of the backends.
    scaled = (x - x.mean()) / lengthscale
    envelope = np.exp(-0.5 * scaled**2)
    return variance * np.exp(np.outer(scaled, scaled)) * np.outer(envelope, envelope)


def _matrix_derivative(inputs: Inputs) -> np.ndarray:
    lengthscale, variance = inputs.parameters
    x = inputs.data["x"]
    kernel_matrix = _kernel_matrix(inputs)
    return np.stack([kernel_matrix * np.subtract.outer(x, x) ** 2 / lengthscale**3, kernel_matrix / variance], axis=-1)


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """⟨C, K⟩ of shape (), or K of shape (n, n)."""
    kernel_matrix = _kernel_matrix(inputs)
    return kernel_matrix if formulation == "full" else np.einsum("ij,ij->", inputs.data["cotangent"], kernel_matrix)


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient of ⟨C, K⟩, shape (2,), or the Jacobian of K, shape (n, n, 2)."""
    jacobian = _matrix_derivative(inputs)
    return jacobian if formulation == "full" else np.einsum("ij,ijk->k", inputs.data["cotangent"], jacobian)


_CONTRACTED = Formulation(
    ("lengthscale", "variance"),
    sizes=(10, 100, 300, 1000),
    gpu_sizes=(8192,),
    # Each entry of K takes a difference, a square, two products and an exponential. The contraction adds a product
    # with C and a sum; the gradient also takes a product with D and a second sum.
    operations=lambda size: Operations(value=6 * size**2, derivative=9 * size**2),
    largest_array=lambda size: size**2,
    positive=frozenset({"lengthscale", "variance"}),
    checkpoints=frozenset({"jax", "autograd"}),
)

PROBLEM = Problem(
    name="covariance",
    summary="RBF matrix of n points, contracted to a number or full; derivative in (lengthscale, variance)",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "contracted": _CONTRACTED,
        "full": replace(
            _CONTRACTED,
            output_shape=lambda size: (size, size),
            gpu_sizes=(4096,),
            checkpoints=frozenset(),
            operations=lambda size: Operations(value=5 * size**2, derivative=6 * size**2),
        ),
    },
)
