"""The contestants. Each computes the gradient of the MVN log-density in lengthscale and variance by its best idiom."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autodiff_kernels import PROBLEMS, Inputs, build

#: Takes the inputs and returns a program. A call of the program waits for the gradient, shape (2,), and returns it.
Build = Callable[[Inputs], Callable[[], np.ndarray]]
#: The roofline: n³ / 2 multiplications and additions at the rate of a matrix product. Stored data call it "floor".
FLOOR = "floor"


def floor(inputs: Inputs) -> Callable[[], np.ndarray]:
    """A product of two n × n matrices. It is twice the work of the roofline, so `measure` halves its time."""
    size = inputs.data["x"].size
    left, right = np.random.default_rng(0).random((2, size, size))
    return lambda: left @ right


def ours(backend: str, mode: str) -> Build:
    """A program of this package, which `build` compares with the oracle."""
    return lambda inputs: build(f"mvn/{backend}/{mode}/n={inputs.data['x'].size}").run


def scikit_learn(inputs: Inputs) -> Callable[[], np.ndarray]:
    """The gradient of GaussianProcessRegressor.log_marginal_likelihood, converted from log-parameters to parameters."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    lengthscale, variance = inputs.parameters
    x, y = inputs.data["x"][:, None], inputs.data["x"] - inputs.data["mu"]
    kernel = ConstantKernel(variance) * RBF(lengthscale)
    regressor = GaussianProcessRegressor(kernel, alpha=float(inputs.data["noise"]), optimizer=None).fit(x, y)
    logarithms = regressor.kernel_.theta

    def run() -> np.ndarray:
        _, gradient = regressor.log_marginal_likelihood(logarithms, eval_gradient=True, clone_kernel=False)
        in_variance, in_lengthscale = gradient
        return np.array([in_lengthscale / lengthscale, in_variance / variance])

    return run


def tinygp(inputs: Inputs) -> Callable[[], np.ndarray]:
    """jax.grad of GaussianProcess.log_probability, compiled."""
    from tinygp import GaussianProcess, kernels

    def log_density(parameters, x, mu, noise):  # type: ignore[no-untyped-def]
        lengthscale, variance = parameters
        kernel = variance * kernels.ExpSquared(scale=lengthscale)
        return GaussianProcess(kernel, x, diag=noise).log_probability(x - mu)

    return _compiled_gradient(log_density, inputs)


def gpjax(inputs: Inputs) -> Callable[[], np.ndarray]:
    """jax.grad of the conjugate marginal log-likelihood, compiled, without jitter."""
    import gpjax
    import jax.numpy as jnp

    def log_density(parameters, x, mu, noise):  # type: ignore[no-untyped-def]
        lengthscale, variance = parameters
        kernel = gpjax.kernels.RBF(lengthscale=lengthscale, variance=variance)
        prior = gpjax.gps.Prior(mean_function=gpjax.mean_functions.Zero(), kernel=kernel, jitter=0.0)
        model = prior * gpjax.likelihoods.Gaussian(obs_stddev=jnp.sqrt(noise))
        return gpjax.objectives.conjugate_mll(model, gpjax.Dataset(X=x[:, None], y=(x - mu)[:, None]))

    return _compiled_gradient(log_density, inputs)


def _compiled_gradient(log_density: Callable[..., object], inputs: Inputs) -> Callable[[], np.ndarray]:
    import jax

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    arguments = [jax.device_put(array) for array in (inputs.parameters, *inputs.data.values())]
    compiled = jax.jit(jax.grad(log_density)).lower(*arguments).compile()
    return lambda: compiled(*arguments).block_until_ready()


def pytorch(inputs: Inputs) -> Callable[[], np.ndarray]:
    """torch.autograd through a Cholesky factor and a triangular solve, in eager mode."""
    import torch

    torch.set_num_threads(1)
    parameters = torch.tensor(inputs.parameters, requires_grad=True)
    x, mu, noise = (torch.tensor(array) for array in inputs.data.values())

    def run() -> np.ndarray:
        lengthscale, variance = parameters
        noisy = variance * torch.exp(-0.5 / lengthscale**2 * (x[:, None] - x) ** 2) + noise * torch.eye(
            len(x), dtype=x.dtype
        )
        factor = torch.linalg.cholesky(noisy)
        whitened = torch.linalg.solve_triangular(factor, (x - mu)[:, None], upper=False)
        value = -torch.log(factor.diagonal()).sum() - 0.5 * (whitened**2).sum()
        (gradient,) = torch.autograd.grad(value, parameters)
        return np.asarray(gradient)

    return run


OURS: dict[str, Build] = {
    f"{backend} {mode.replace('_', ' ')}": ours(backend, mode)
    for backend in ("autograd", "jax")
    for mode in ("explicit", "custom_rule", "reverse")
}
PEERS: dict[str, Build] = {
    "scikit-learn": scikit_learn,
    "tinygp": tinygp,
    "GPJax": gpjax,
    "PyTorch": pytorch,
}
CONTESTANTS: dict[str, Build] = {FLOOR: floor, **OURS, **PEERS}
#: The package of each other library on the package index.
PACKAGES = {"scikit-learn": "scikit-learn", "tinygp": "tinygp", "GPJax": "gpjax", "PyTorch": "torch"}


def inputs(size: int) -> Inputs:
    """The measured inputs of `mvn`."""
    return PROBLEMS["mvn"].inputs(size)
