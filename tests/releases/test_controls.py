"""A control is never a confirmed finding, and its largest difference bounds what can be confirmed."""

import pytest

from asv_verdict.model import Change, State
from releases.controls import claimed, is_control, moved_by

EXPONENTIAL = "controls.Control.time_control('exponential')"
LOOP = "controls.Control.time_control('Python loop')"
GRADIENT = "gradients.RBFKernel.time_gradient(1, 'autograd', 'reverse', 'float64')"


def _change(cell, ratio, half_width=0.02, state=State.CONFIRMED):
    interval = (ratio * (1 - half_width), ratio * (1 + half_width))
    return Change(cell, "env", "best", "regression", state, ratio, interval, 0.02, 1.0, ratio, "seconds", "a", ("b",))


@pytest.mark.parametrize(
    ("cell", "package", "expected"),
    [
        (EXPONENTIAL, "jax", True),
        (EXPONENTIAL, "autograd", True),
        (EXPONENTIAL, "numpy", False),  # NumPy can change it
        (LOOP, "numpy", True),
        (GRADIENT, "jax", False),
    ],
)
def test_controls_depend_on_the_package(cell, package, expected):
    assert is_control(cell, package) is expected


@pytest.mark.parametrize("ratio", [1.06, 1 / 1.06])
@pytest.mark.parametrize(
    ("gradient", "state"),
    [
        (1.13, State.CONFIRMED),
        (0.87, State.CONFIRMED),
        (1.07, State.INCONCLUSIVE),  # the interval includes the difference of the control
        (0.94, State.INCONCLUSIVE),
    ],
)
def test_a_change_has_to_exceed_the_largest_difference_of_a_control(ratio, gradient, state):
    changes = [_change(EXPONENTIAL, ratio), _change(GRADIENT, gradient)]
    assert moved_by(changes, "autograd") == pytest.approx(1.06)
    assert [change.state for change in claimed(changes, "autograd")] == [State.INCONCLUSIVE, state]


def test_an_inconclusive_control_counts_with_its_estimate():
    changes = [_change(EXPONENTIAL, 1.06, state=State.INCONCLUSIVE), _change(GRADIENT, 1.04)]
    assert moved_by(changes, "jax") == pytest.approx(1.06)
    assert claimed(changes, "jax")[1].state is State.INCONCLUSIVE


def test_a_dismissed_control_does_not_raise_the_bound():
    changes = [_change(EXPONENTIAL, 1.06, state=State.DISMISSED), _change(GRADIENT, 1.04)]
    assert moved_by(changes, "jax") == 1.0
    assert claimed(changes, "jax") == changes


def test_a_dismissed_change_stays_dismissed():
    changes = [_change(EXPONENTIAL, 1.06), _change(GRADIENT, 1.0, state=State.DISMISSED)]
    assert claimed(changes, "jax")[1].state is State.DISMISSED
