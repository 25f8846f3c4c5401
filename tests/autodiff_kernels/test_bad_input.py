"""An invalid case or input raises an error with the value and what is expected."""

import re

import numpy as np
import pytest

from autodiff_kernels import BACKENDS, PROBLEMS, Case, Inputs, InvalidCase, Unsupported, WrongResult, build, programs
from autodiff_kernels.accuracy import relative_errors
from autodiff_kernels.backends.base import Prepared


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mvm/jax/reverse/n=3", f"unknown problem 'mvm'; allowed: {', '.join(PROBLEMS)}"),
        ("mvn/jacks/reverse/n=3", f"unknown backend 'jacks'; allowed: {', '.join(BACKENDS)}"),
        (
            "mvn/autograd/revers/n=3",
            "unknown mode 'revers' for backend 'autograd'; allowed: checkpoint, complex_step, custom_rule",
        ),
        ("mvn/jax/reverse/n=3/dtype=float16", "unknown dtype 'float16'; allowed: float64, float32"),
        (
            "mvn/jax/reverse/n=3/formulation=lu",
            "unknown formulation 'lu' for problem 'mvn'; allowed: cholesky, textbook",
        ),
        ("mvn/jax/reverse/n=3/device=tpu", "unknown device 'tpu'; allowed: cpu, gpu"),
        ("mvn/jax/reverse/n=3/jit=yes", "unknown jit 'yes'; allowed: on, off"),
        (
            "mvn/jax/reverse/m=3",
            "unknown key 'm' for problem 'mvn'; allowed: n, dtype, formulation, jit, device, noise",
        ),
        (
            "rbf/jax/reverse/d=3/noise=1",
            "unknown key 'noise' for problem 'rbf'; allowed: d, dtype, formulation, jit, device",
        ),
        ("mvn/jax/reverse/n=0", "n = 0 for problem 'mvn': expected a whole number of at least 1"),
        ("mvn/jax/reverse/n=-4", "n = -4 for problem 'mvn': expected a whole number of at least 1"),
        ("mvn/jax/reverse/n=many", "n = 'many': expected a whole number"),
        ("mvn/jax/reverse/n=3/noise=-0.1", "noise = -0.1: expected a finite number of at least 0"),
        ("mvn/jax/reverse/n=3/noise=nan", "noise = nan: expected a finite number of at least 0"),
        ("mvn/jax/reverse/n=3/noise=much", "noise = 'much': expected a number"),
        ("mvn/jax/reverse/n=3/n=4", "case 'mvn/jax/reverse/n=3/n=4' sets n twice"),
        ("mvn/jax/reverse/dtype=float32", "has no size; add n=NUMBER"),
        ("mvn/jax/reverse/3", "'3' in case 'mvn/jax/reverse/3': expected key=value; keys: n, dtype"),
        ("mvn/jax/reverse", "case 'mvn/jax/reverse': expected problem/backend/mode/size, for example mvn/jax/reverse/"),
        ("mvn", "case 'mvn': expected problem/backend/mode/size, for example mvn/jax/reverse/n=1000"),
    ],
)
def test_an_invalid_case_raises(text, message):
    with pytest.raises(InvalidCase, match=re.escape(message)):
        build(text)


def test_invalid_values_that_only_python_can_pass_raise():
    for size in (True, 2.0, "3"):
        with pytest.raises(InvalidCase, match="expected a whole number of at least 1"):
            Case("mvn", "jax", "reverse", size)
    with pytest.raises(InvalidCase, match="jit = 'on': expected True, False or None"):
        Case("mvn", "jax", "reverse", 3, jit="on")
    with pytest.raises(InvalidCase, match="unknown setting 'jitter' for problem 'mvn'; allowed: noise"):
        Case("mvn", "jax", "reverse", 3, settings=(("jitter", 1.0),))
    with pytest.raises(InvalidCase, match="noise = 'much': expected a number"):
        Case("mvn", "jax", "reverse", 3, settings=(("noise", "much"),))
    with pytest.raises(InvalidCase, match="expected each name once"):
        Case("mvn", "jax", "reverse", 3, settings=(("noise", 1.0), ("noise", 2.0)))
    with pytest.raises(InvalidCase, match="case = 3: expected a Case or its text, for example mvn/jax/reverse/n=1000"):
        build(3)
    assert Case("mvn", "jax", "reverse", np.int64(3)) == Case("mvn", "jax", "reverse", 3)


@pytest.mark.parametrize(
    "text",
    [
        "mvn/jax/reverse/n=1000",
        "mvn/jax/reverse/n=3/dtype=float32/formulation=textbook/jit=off/device=gpu/noise=0.25",
        "timeline/autograd/forward/m=400/formulation=weibull",
        "mvn/jax/reverse/n=3/noise=0",
    ],
)
def test_the_text_form_is_parsed_back(text):
    assert str(Case.parse(text)) == text
    assert Case.parse(str(Case.parse(text))) == Case.parse(text)


def _mvn_inputs(**changes):
    arrays = {"parameters": [0.3, 1.7], "x": [0.1, 0.5, 0.9], "mu": [0.0, 0.0, 0.0], "noise": 0.1} | changes
    return Inputs(np.array(arrays.pop("parameters")), {name: np.array(array) for name, array in arrays.items()})


@pytest.mark.parametrize("backend", ["jax", "autograd"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": [0.1, 0.5]}, "mvn/{}/reverse/n=3: x has shape (2,): expected (3,)"),
        ({"mu": 0.0}, "mvn/{}/reverse/n=3: mu has shape (): expected (3,)"),
        ({"parameters": [0.3]}, "mvn/{}/reverse/n=3: parameters has shape (1,): expected (2,)"),
        (
            {"parameters": [0.3, np.nan]},
            "mvn/{}/reverse/n=3: parameters contains nan in float64: expected finite numbers",
        ),
        (
            {"parameters": [np.inf, 1.0]},
            "mvn/{}/reverse/n=3: parameters contains inf in float64: expected finite numbers",
        ),
        ({"x": [0.1, np.nan, 0.9]}, "mvn/{}/reverse/n=3: x contains nan in float64: expected finite numbers"),
        ({"parameters": [0.0, 1.0]}, "mvn/{}/reverse/n=3: lengthscale = 0.0 in float64: expected a number above zero"),
        ({"parameters": [0.3, -1.0]}, "mvn/{}/reverse/n=3: variance = -1.0 in float64: expected a number above zero"),
        ({"x": ["a", "b", "c"]}, "mvn/{}/reverse/n=3: x has dtype <U1: expected real numbers"),
        ({"parameters": [0.3, 1j]}, "mvn/{}/reverse/n=3: parameters has dtype complex128: expected real numbers"),
        ({"noise": -0.1}, "mvn/{}/reverse/n=3: noise = -0.1 in the inputs: expected 0.1, as in the case"),
        (
            {"nois": 0.1},
            "mvn/{}/reverse/n=3: inputs mu, nois, noise, parameters, x: expected mu, noise, parameters, x",
        ),
    ],
)
def test_invalid_inputs_raise(changes, message, backend):
    with pytest.raises(InvalidCase, match=re.escape(message.format(backend))):
        build(f"mvn/{backend}/reverse/n=3", _mvn_inputs(**changes))


def test_inputs_in_another_order_are_the_same_inputs():
    inputs = _mvn_inputs()
    shuffled = Inputs(inputs.parameters, dict(sorted(inputs.data.items())))
    for backend in ("jax", "autograd"):
        case = f"mvn/{backend}/reverse/n=3"
        np.testing.assert_array_equal(build(case, inputs)(), build(case, shuffled)())


def test_inputs_whose_exact_result_overflows_raise():
    inputs = Inputs(np.array([1e-300, 10.0]), {"t": np.linspace(1, 100, 400)})
    with pytest.raises(InvalidCase, match="the exact result is not finite at these inputs"):
        build("timeline/autograd/forward/m=400/formulation=weibull", inputs)


@pytest.mark.parametrize(
    ("parameters", "message"), [([1e60, 1.0], "contains inf"), ([1e-60, 1.0], "lengthscale = 0.0")]
)
def test_inputs_outside_the_range_of_float32_raise(parameters, message):
    with pytest.raises(InvalidCase, match=f"{message} in float32"):
        build("mvn/jax/reverse/n=3/dtype=float32", _mvn_inputs(parameters=parameters))


@pytest.mark.parametrize("backend", ["jax", "autograd"])
def test_finite_differences_work_for_a_parameter_of_zero(backend):
    inputs = Inputs(np.array([0.0, 1.6]), {"t": np.linspace(1, 100, 400)})
    assert build(f"timeline/{backend}/finite_difference/m=400", inputs).error < 1e-8


@pytest.mark.parametrize("text", ["mvn/jax/reverse/n=300/noise=1e-9", "mvn/jax/reverse/n=100/noise=1e-3/dtype=float32"])
def test_a_covariance_too_close_to_singular_raises(text):
    with pytest.raises(InvalidCase, match=r"too close to singular for the tolerance .*: condition number"):
        build(text)


def test_the_determinant_rule_holds_for_the_measured_inputs_only():
    far_apart = np.linspace(0.0, 1e4, 300)
    inputs = Inputs(np.array([0.3, 1.0]), {"x": far_apart, "mu": far_apart - 1, "noise": np.array(0.1)})
    with pytest.raises(Unsupported, match=r"determinant of S for n = 300 is 1e-287, outside the range of float32"):
        build("mvn/jax/reverse/n=300/formulation=textbook/dtype=float32")
    assert build("mvn/jax/reverse/n=300/formulation=textbook/dtype=float32", inputs).error < 1e-5
    with pytest.raises(Unsupported, match=r"determinant of S for n = 1000 is 1e1006, outside the range of float64"):
        build("mvn/jax/value/n=1000/formulation=textbook/noise=10")


def test_double_precision_that_cannot_be_switched_on_raises(monkeypatch):
    from contextlib import nullcontext

    from autodiff_kernels.backends import jax as backend

    monkeypatch.setattr(backend, "x64", lambda enabled: nullcontext())
    monkeypatch.setattr(programs, "built", {})
    with pytest.raises(InvalidCase, match=r"JAX placed the inputs as float32: expected float64.*use dtype=float32"):
        build("rbf/jax/reverse/d=1")


def test_a_missing_device_raises():
    import jax

    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("this machine has a GPU")
    with pytest.raises(InvalidCase, match="device 'gpu' is not available; JAX finds: cpu"):
        build("rbf/jax/reverse/d=1/device=gpu")
    with pytest.raises(Unsupported, match="autograd runs on cpu only"):
        build("rbf/autograd/reverse/d=1/device=gpu")


def _build_returning(monkeypatch, result):
    from autodiff_kernels.backends import autograd as backend

    prepared = Prepared(run=lambda: result, work=dict)
    monkeypatch.setattr(backend, "prepare", lambda case, inputs, clock: prepared)
    monkeypatch.setattr(programs, "built", {})
    return build("rbf/autograd/reverse/d=1")


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (np.array([np.nan, 1.0]), "relative error inf, tolerance 1e-09"),
        (np.array([np.inf, 1.0]), "relative error inf"),
        (np.array([1.0, 2.0]), r"the result differs from the oracle: relative error .* at \(\d,\), expected "),
        (np.array([1.0]), r"the result has shape \(1,\): expected \(2,\)"),
        (np.array([1.0, 2.0], dtype="float32"), "the result has dtype float32: expected float64"),
    ],
)
def test_a_wrong_result_raises(monkeypatch, result, message):
    with pytest.raises(WrongResult, match=message):
        _build_returning(monkeypatch, result)


def test_relative_errors_are_scaled_per_column():
    expected = np.array([[1e6, 1.0], [5e5, 0.0]])
    result = expected + np.array([[0.0, 0.1], [1e5, -0.2]])
    np.testing.assert_allclose(relative_errors(result, expected), [[0.0, 0.1], [0.1, 0.2]])
    np.testing.assert_array_equal(relative_errors(np.array(2.5), np.array(2.0)), 0.25)
    zero = np.array([0.0, 1.0])
    np.testing.assert_array_equal(relative_errors(zero, zero), 0)
    np.testing.assert_array_equal(relative_errors(np.array([1e-12, 1.0]), zero), [np.inf, 0])
    np.testing.assert_array_equal(relative_errors(np.array([np.nan, np.inf]), zero), np.inf)
