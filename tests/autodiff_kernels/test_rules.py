"""LAPACK inside a JAX program, and the custom rules: correct, even for arguments that are not timed."""

import ctypes

import autograd
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autodiff_kernels import PROBLEMS
from autodiff_kernels.backends.autograd.lapack import inverted
from autodiff_kernels.backends.autograd.models import mvn as autograd_mvn
from autodiff_kernels.backends.autograd.models import timeline as autograd_timeline
from autodiff_kernels.backends.jax import lapack, solving, x64
from autodiff_kernels.backends.jax.models import mvn as jax_mvn

ARGUMENTS = ("parameters", "x", "mu", "noise")
INVERSIONS = (solving.by_fastest, solving.by_own_functions, lapack.by_lapack)


def _system(size, dtype):
    generator = np.random.default_rng(size)
    root = generator.random((size, size))
    return (root @ root.T + size * np.eye(size)).astype(dtype), generator.random(size).astype(dtype)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
@pytest.mark.parametrize("size", [1, solving.SMALLEST - 1, solving.SMALLEST, 200])
@pytest.mark.parametrize("inversion", INVERSIONS)
def test_inverse_solution_and_diagonal_agree_with_numpy(inversion, size, dtype, tolerance, compiled):
    matrix, residual = _system(size, dtype)
    with x64(dtype == "float64"):
        function = jax.jit(inversion) if compiled else inversion
        matrix[np.triu_indices(size, 1)] = np.nan  # which is not read
        inverse, solution, diagonal = map(np.asarray, function(matrix, residual))
    assert {str(array.dtype) for array in (inverse, solution, diagonal)} == {dtype}
    matrix, _ = _system(size, dtype)
    exact = np.linalg.inv(matrix.astype("float64"))
    np.testing.assert_allclose(np.tril(inverse), np.tril(exact), rtol=0, atol=tolerance * np.abs(exact).max())
    expected = exact @ residual
    np.testing.assert_allclose(solution, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    np.testing.assert_allclose(diagonal, np.linalg.cholesky(matrix.astype("float64")).diagonal(), rtol=tolerance)


def test_the_fastest_inversion_calls_lapack_from_the_smallest_size_on():
    called = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "by_lapack", lambda *system: called.append(len(system[0])) or solving.by_solves(*system))
        for size in (solving.SMALLEST - 1, solving.SMALLEST):
            jax.make_jaxpr(lambda *system: solving.by_fastest(*system))(*_system(size, "float32"))
    assert called == [solving.SMALLEST]


@pytest.mark.parametrize("size", [3, 100])
@pytest.mark.parametrize("inversion", INVERSIONS)
def test_a_matrix_that_is_not_positive_definite_gives_nan(inversion, size):
    matrix, residual = _system(size, "float32")
    inverse, solution, diagonal = map(np.asarray, jax.jit(inversion)(-matrix, residual))
    assert np.isnan(solution).all()
    assert np.isnan(diagonal).any()
    assert np.isnan(inverse[np.tril_indices(size)]).all()


def test_an_interrupt_inside_the_handler_gives_nan(monkeypatch):
    """ctypes drops exceptions, so XLA would take half-computed arrays for a result."""
    size, routine = 120, lapack.routine

    def interrupted(module, name, arguments):
        if not name.endswith("potrs"):
            return routine(module, name, arguments)

        def interrupt(*pointers):
            raise KeyboardInterrupt

        return interrupt

    monkeypatch.setattr(lapack, "routine", interrupted)
    handle = lapack.made_handler("float64")
    matrix, residual = _system(size, "float64")
    results = [np.zeros((size, size)), np.zeros(size), np.zeros(size)]
    frame = lapack.CallFrame()
    arrays = [np.ascontiguousarray(matrix), residual]
    kept = [_buffers(arrays), _buffers(results)]
    frame.arguments.buffers, frame.results.buffers = (pointers for pointers, _ in kept)
    with pytest.raises(KeyboardInterrupt):
        handle(ctypes.pointer(frame))
    assert all(np.isnan(result).all() for result in results)


def _buffers(arrays):
    """The buffers as the runtime passes them, and the objects that they point to, which must be kept alive."""
    shapes = [(ctypes.c_int64 * array.ndim)(*array.shape) for array in arrays]
    buffers = [
        lapack.Buffer(data=array.ctypes.data, rank=array.ndim, dimensions=ctypes.addressof(shape))
        for array, shape in zip(arrays, shapes, strict=True)
    ]
    pointers = (ctypes.POINTER(lapack.Buffer) * len(arrays))(*map(ctypes.pointer, buffers))
    return ctypes.cast(pointers, ctypes.POINTER(ctypes.POINTER(lapack.Buffer))), (shapes, buffers, pointers)


def test_many_calls_in_a_row_do_not_hang_on_one_core():
    """A host callback may hang here, since it waits for the thread that it runs in."""
    matrix, residual = _system(150, "float32")

    @jax.jit
    def repeated(matrix, residual):
        for _ in range(5):
            _, residual, _ = lapack.by_lapack(matrix, residual)
        return residual

    for _ in range(20):
        assert np.isfinite(repeated(matrix, residual).block_until_ready()).all()


@pytest.mark.parametrize("argument", range(4), ids=ARGUMENTS)
@pytest.mark.parametrize("size", [5, 100])
def test_jaxs_custom_rule_is_correct_in_every_argument(size, argument):
    model, inputs = jax_mvn.model("cholesky"), PROBLEMS["mvn"].inputs(size)
    arguments = (inputs.parameters, *inputs.data.values())
    with x64(True):
        by_rule = jax.grad(model.custom_rule, argument)(*map(jnp.asarray, arguments))
        by_reverse = jax.grad(model.objective, argument)(*map(jnp.asarray, arguments))
        np.testing.assert_allclose(by_rule, by_reverse, rtol=1e-8, atol=1e-10 * np.abs(by_reverse).max())
        np.testing.assert_allclose(model.custom_rule(*arguments), model.objective(*arguments), rtol=1e-12)


@pytest.mark.parametrize("size", [5, 100])
def test_jaxs_custom_rule_accepts_a_batch(size):
    model, inputs = jax_mvn.model("cholesky"), PROBLEMS["mvn"].inputs(size)
    points = np.array([inputs.parameters, 1.1 * inputs.parameters])
    with x64(True):
        gradient = jax.grad(model.custom_rule)
        data = [jnp.asarray(array) for array in inputs.data.values()]
        batch = jax.jit(jax.vmap(gradient, in_axes=(0, None, None, None)))(points, *data)
        one_by_one = [gradient(jnp.asarray(point), *data) for point in points]
    np.testing.assert_allclose(batch, one_by_one, rtol=1e-12)


def _hessian_by_the_rule(size):
    inputs = PROBLEMS["mvn"].inputs(size)
    with x64(True):
        arguments = [jnp.asarray(array) for array in (inputs.parameters, *inputs.data.values())]
        return jax.jacrev(jax.grad(jax_mvn.model("cholesky").custom_rule))(*arguments)


@pytest.mark.parametrize("size", [5, solving.SMALLEST - 1])
def test_jaxs_custom_rule_has_second_derivatives_without_lapack(size):
    exact = PROBLEMS["mvn"].hessian(PROBLEMS["mvn"].inputs(size), "cholesky")
    np.testing.assert_allclose(_hessian_by_the_rule(size), exact, rtol=1e-8)


def test_with_lapack_second_derivatives_raise():
    with pytest.raises(ValueError, match="cannot be differentiated"):
        _hessian_by_the_rule(solving.SMALLEST)


@pytest.mark.parametrize("argument", [0, 3], ids=["parameters", "noise"])
@pytest.mark.parametrize("size", [5, 100])
def test_autograds_custom_rule_is_correct_in_parameters_and_noise(size, argument):
    model, inputs = autograd_mvn.model("cholesky"), PROBLEMS["mvn"].inputs(size)
    arguments = (inputs.parameters, *inputs.data.values())
    by_rule = autograd.grad(model.custom_rule, argument)(*arguments)
    np.testing.assert_allclose(by_rule, autograd.grad(model.objective, argument)(*arguments), rtol=1e-8)
    assert model.custom_rule(*arguments) == model.objective(*arguments)


def test_second_derivatives_of_autograds_custom_rule_raise():
    model, inputs = autograd_mvn.model("cholesky"), PROBLEMS["mvn"].inputs(5)
    arguments = (inputs.parameters, *inputs.data.values())
    with pytest.raises(NotImplementedError, match="has no second derivatives"):
        autograd.hessian(model.custom_rule)(*arguments)


def test_phi_has_rules_in_both_directions():
    forward = autograd.differential_operators.make_jvp(autograd_timeline.normal_cdf)(0.7)(1.0)[1]
    reverse = autograd.grad(autograd_timeline.normal_cdf)(0.7)
    assert forward == pytest.approx(np.exp(-0.245) / np.sqrt(2 * np.pi), rel=1e-14)
    assert reverse == forward


def test_a_covariance_that_is_not_positive_definite_raises():
    with pytest.raises(np.linalg.LinAlgError, match="its leading minor of order 1 is not positive"):
        autograd_mvn.value_and_gradient(np.array([0.3, -1.7]), np.arange(3.0), np.zeros(3), np.array(0.1))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("size", [1, 2, 30])
def test_the_inverse_for_autograd_is_in_place_with_a_zero_upper_triangle(size, order):
    matrix, residual = _system(size, "float64")
    exact, given = np.linalg.inv(matrix), np.array(matrix, order=order)
    given[np.triu_indices(size, 1)] = np.nan  # which is not read
    inverse, solution, diagonal = inverted(given, residual)
    np.testing.assert_allclose(np.tril(inverse), np.tril(exact), rtol=0, atol=1e-12 * np.abs(exact).max())
    assert np.all(np.triu(inverse, 1) == 0)
    np.testing.assert_allclose(solution, exact @ residual, rtol=1e-10)
    np.testing.assert_allclose(diagonal, np.linalg.cholesky(matrix).diagonal(), rtol=1e-12)
    assert np.shares_memory(inverse, given) == (order == "C" or size == 1)
