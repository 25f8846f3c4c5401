"""Data of one's own for loops, batches, groups and counts: refused with a reason, or right."""

import numpy as np
import pytest

from autodiff_kernels import Case, Inputs, InvalidCase, WrongResult, build, check, measured_inputs
from autodiff_kernels.banded import log_density


def _changed(text, **arrays):
    """The measured inputs of a case with some arrays replaced."""
    inputs = measured_inputs(Case.parse(text))
    parameters = arrays.pop("parameters", inputs.parameters)
    return Inputs(
        np.asarray(parameters), {**inputs.data, **{name: np.asarray(array) for name, array in arrays.items()}}
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("state_space/autograd/value/n=0", "n = 0 for problem 'state_space': expected a whole number of at least 1"),
        ("small_systems/jax/value/B=0", "B = 0 for problem 'small_systems': expected a whole number of at least 1"),
        ("groups/jax/value/G=1", "G = 1 for problem 'groups': expected a whole number of at least 2"),
        ("smoothness/jax/value/n=1", "n = 1 for problem 'smoothness': expected a whole number of at least 2"),
        ("ode/jax/value/n=10/step=-1", "step = -1.0: expected a finite number of at least 0"),
    ],
)
def test_a_size_or_step_that_makes_no_sense_is_refused(text, message):
    with pytest.raises(InvalidCase) as caught:
        build(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "arrays", "message"),
    [
        ("state_space/autograd/reverse/n=3", {"t": [0.0, 2.0, 1.0]}, "t decreases: expected times in ascending order"),
        ("state_space/autograd/reverse/n=3", {"parameters": [0.8, 1.7, -0.3]}, "noise = -0.3 in float64: expected"),
        ("state_space/autograd/reverse/n=3", {"parameters": [0.8, 1.7, 1e-12]}, "too close to singular"),
        ("groups/jax/reverse/G=3", {"group": np.full(30, 3)}, "group contains 3: expected numbers from 0 to 2"),
        ("groups/jax/reverse/G=3", {"group": np.full(30, -1)}, "group contains -1: expected numbers from 0 to 2"),
        ("groups/jax/reverse/G=3", {"group": np.full(30, 0.5)}, "group contains 0.5: expected whole numbers"),
        ("groups/jax/reverse/G=3", {"group": np.full(30, np.nan)}, "group contains nan: expected whole numbers"),
        ("groups/jax/reverse/G=3", {"group": np.full(30, 2.0**40)}, "expected whole numbers from -2147483648 to"),
        ("groups/autograd/reverse/G=3", {"y": np.full(30, -1.0)}, "y contains -1: expected counts"),
        ("groups/autograd/reverse/G=3", {"parameters": [0.0, 300.0, 0.0]}, "the largest predictor is 300: expected at"),
        ("counts/autograd/reverse/n=3", {"y": [1.0, 2.5, 0.0]}, "y contains 2.5: expected counts"),
        ("counts/autograd/reverse/n=3", {"y": [1.0, -2.0, 0.0]}, "y contains -2: expected counts"),
        ("counts/autograd/reverse/n=3", {"y": [1.0, 1e9, 0.0]}, "whole numbers from 0 to 100,000"),
        ("small_systems/autograd/reverse/B=3", {"noise": 0.0, "x": np.ones((3, 2))}, "noise = 0.0 in float64"),
        ("small_systems/autograd/reverse/B=3", {"noise": 1e-18, "x": np.ones((3, 2))}, "singular to working precision"),
        ("fixed_point/autograd/reverse/n=3", {"parameters": [2.0, 0.4]}, "expected at most 0.6, so that the iteration"),
        (
            "fixed_point/jax/forward/n=3",
            {"weights": np.full((3, 3), 2.0)},
            "expected at most 0.6, so that the iteration",
        ),
        ("grid/autograd/reverse/n=64", {"parameters": [2.0, 1.7, 1e-17]}, "singular"),
    ],
)
def test_data_for_which_the_model_does_not_hold_are_refused(text, arrays, message):
    with pytest.raises(InvalidCase) as caught:
        build(text, _changed(text, **arrays))
    assert message in str(caught.value)


def test_a_step_so_long_that_the_integration_leaves_the_range_is_refused():
    with pytest.raises(InvalidCase, match="the exact result is not finite at these inputs"):
        build("ode/autograd/value/n=100/step=100")


@pytest.mark.parametrize("backend", ["jax", "autograd"])
def test_groups_without_rows_and_rows_of_one_group_are_right(backend):
    text = f"groups/{backend}/reverse/G=5"
    program = build(text, _changed(text, group=np.full(50, 4)))
    np.testing.assert_allclose(program()[:4], -measured_inputs(Case.parse(text)).parameters[:4])


@pytest.mark.parametrize("mode", ["value", "explicit", "reverse"])
@pytest.mark.parametrize("kernel", ["matern12", "matern32", "matern52"])
def test_equal_times_are_right(kernel, mode):
    text = f"state_space/autograd/{mode}/n=4/formulation={kernel}"
    assert build(text, _changed(text, t=[0.0, 0.5, 0.5, 0.5])).error < 1e-12


@pytest.mark.parametrize("mode", ["explicit", "reverse", "forward"])
def test_an_index_of_any_integer_type_is_taken(mode):
    text = f"groups/jax/{mode}/G=3"
    group = measured_inputs(Case.parse(text)).data["group"]
    for dtype in (np.int64, np.uint8, np.float64):
        assert build(text, _changed(text, group=group.astype(dtype))).error < 1e-12


@pytest.mark.parametrize("block", [2, 3, 10])
def test_a_density_by_blocks_is_that_of_the_whole_matrix(block):
    generator = np.random.default_rng(0)
    band = np.triu(np.tril(generator.random((10, 10)), 0), -2)
    covariance, residual = band @ band.T + np.eye(10), generator.standard_normal(10)
    narrow = np.where(np.abs(np.subtract.outer(np.arange(10), np.arange(10))) <= 2, generator.random((10, 10)), 0)
    slope = narrow + narrow.T
    found = log_density(residual, block, lambda i, j: covariance[i, j], [lambda i, j: slope[i, j]])
    alpha = np.linalg.solve(covariance, residual)
    value = -0.5 * (10 * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1] + residual @ alpha)
    gradient = 0.5 * (alpha @ slope @ alpha - np.trace(np.linalg.solve(covariance, slope)))
    np.testing.assert_allclose(found.value, value, rtol=1e-13)
    np.testing.assert_allclose(found.gradient, [gradient], rtol=1e-12)


def test_an_odd_number_of_points_on_a_circle_is_right():
    for mode in ("value", "explicit", "reverse"):
        for backend in ("jax", "autograd"):
            assert build(f"grid/{backend}/{mode}/n=15").error < 1e-12


def test_a_number_of_steps_without_a_square_root_is_checkpointed():
    for case in ("state_space/jax/checkpoint/n=17", "ode/jax/checkpoint/n=14", "ode/autograd/checkpoint/n=7"):
        assert build(case).error < 1e-12


def test_one_scale_for_a_block_of_parameters_finds_a_wrong_entry():
    """An entry that is wrong by as much as the others are large cannot hide."""
    case = Case.parse("glm/autograd/reverse/p=100")
    inputs = measured_inputs(case)
    right = np.asarray(build(case)())
    wrong = right.copy()
    wrong[3] += 1e-6 * np.max(np.abs(right))
    with pytest.raises(WrongResult, match=r"at \(3,\)"):
        check(wrong, case, inputs)
