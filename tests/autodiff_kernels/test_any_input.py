"""Any input of the API and of the command line ends in a right number, or in one sentence and status 2."""

import contextlib
import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from autodiff_kernels import (
    BACKENDS,
    MODES,
    PROBLEMS,
    Case,
    Inputs,
    InvalidCase,
    Unsupported,
    WrongResult,
    build,
    measured_inputs,
    why_unsupported,
)
from autodiff_kernels.__main__ import main

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=4),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.floats(), max_size=2),
    st.just(np.arange(3)),
    st.just(np.array("x")),
    st.just(object()),
)
WORDS = st.sampled_from(
    [*PROBLEMS, *BACKENDS, *MODES, "float32", "float64", "cholesky", "weibull", "on", "off", "gpu", "", "n", "=", "1e9"]
)
OPTION = st.one_of(
    st.builds(
        "{}={}".format, st.sampled_from(["n", "m", "d", "noise", "dtype", "formulation", "jit", "device"]), WORDS
    ),
    st.builds("{}={}".format, st.sampled_from(["n", "m", "d", "noise"]), st.integers() | st.floats()),
    st.text(max_size=6),
)
TEXT = st.builds(
    lambda head, options: "/".join([*head, *options]), st.lists(WORDS, max_size=4), st.lists(OPTION, max_size=3)
)


@given(TEXT | st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_case_or_refused(text):
    try:
        case = Case.parse(text)
    except InvalidCase:
        return
    assert Case.parse(str(case)) == case
    assert isinstance(why_unsupported(case) or "", str)


@given(
    problem=st.sampled_from([*PROBLEMS]) | ANYTHING,
    backend=st.sampled_from([*BACKENDS]) | ANYTHING,
    mode=st.sampled_from([*MODES]) | ANYTHING,
    size=st.integers(-3, 10**6) | ANYTHING,
    options=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("dtype", "formulation", "jit", "device", "settings"), ANYTHING),
    ),
)
@settings(max_examples=200, deadline=None)
def test_any_values_are_a_case_or_refused(problem, backend, mode, size, options):
    with contextlib.suppress(InvalidCase):
        case = Case(problem, backend, mode, size, **options)
        assert Case.parse(str(case)) == case


@given(ANYTHING, ANYTHING)
@settings(max_examples=200, deadline=None)
def test_build_refuses_what_is_no_case_and_no_inputs(case, inputs):
    with contextlib.suppress(InvalidCase):
        build(case if not isinstance(case, str) else 3)
        raise AssertionError("expected InvalidCase")
    if inputs is not None:
        with contextlib.suppress(InvalidCase):
            build("rbf/autograd/reverse/d=1", inputs)
            raise AssertionError("expected InvalidCase")


#: Small cases of every problem that no compiler slows down.
SMALL = [
    f"{name}/autograd/{mode}/{problem.size_name}={size}"
    for name, problem in PROBLEMS.items()
    for size in [max(problem.size_limits[0], 3)]
    for mode in ("value", "explicit", "reverse")
]


def _changed(data, inputs):
    """The measured inputs with some arrays replaced by arbitrary ones of the same shape."""
    arrays = {"parameters": inputs.parameters, **inputs.data}
    for name in data.draw(st.lists(st.sampled_from(sorted(arrays)), min_size=1, max_size=2)):
        numbers = data.draw(
            st.sampled_from(
                [
                    st.floats(-3, 3),
                    st.floats(0.1, 3),
                    st.just(1.0),
                    st.sampled_from([0.0, np.inf, np.nan, -1.0, 1e300]),
                ]
            )
        )
        arrays[name] = data.draw(arrays_of.arrays(np.float64, arrays[name].shape, elements=numbers, fill=numbers))
    return Inputs(arrays.pop("parameters"), arrays)


def _is_right_or_refused(data):
    """Of a number, WrongResult would say that a program is wrong, and none is. A NaN is no number, and refused.

    Squares and exponentials of extreme inputs leave the range on the way to a result that would be in it.
    """
    case = Case.parse(data.draw(st.sampled_from(SMALL)))
    try:
        program = build(case, _changed(data, measured_inputs(case)))
    except WrongResult as error:
        if re.search(r"; -?(nan|inf) at ", str(error)):
            return
        raise AssertionError(f"a right result was refused, or a wrong one was computed: {error}") from error
    except (InvalidCase, Unsupported, ArithmeticError, np.linalg.LinAlgError):
        return
    assert np.isfinite(program.error)


@given(st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_inputs_give_a_right_number_or_are_refused(data):
    _is_right_or_refused(data)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@given(st.data())
@settings(max_examples=1200, deadline=None, derandomize=True)  # other draws: --hypothesis-seed, without this
def test_many_inputs_give_a_right_number_or_are_refused(data):
    _is_right_or_refused(data)


@pytest.mark.parametrize(
    ("point", "apart"),
    [
        (0.0, {(24, 0): 2.0, (26, 1): 3.0, (100, 0): 2.0}),
        (0.0, {(59, 1): -3.0, (78, 2): 3.0, (193, 2): 3.0}),
        (-1.5, {(1, 1): -3.0, (121, 0): 2.0, (148, 0): 2.0}),
    ],
)
def test_the_gradient_at_equal_points_is_right(point, apart):
    """Its terms are far smaller than the entries of the inverse, whose rounding they take over."""
    case = Case.parse("ard/autograd/explicit/d=3")
    data = measured_inputs(case).data
    x = np.full_like(data["x"], point)
    for place, coordinate in apart.items():
        x[place] = coordinate
    assert np.isfinite(build(case, Inputs(np.full(3, 0.5), {**data, "x": x})).error)


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("timeline/autograd/explicit/m=3", Inputs(np.array([1.3, 1.6]), {"t": np.full(3, 5e-324)})),
        ("timeline/jax/explicit/m=3/dtype=float32", Inputs(np.array([1.3, 1.6]), {"t": np.full(3, 1e-40)})),
        ("timeline/jax/explicit/m=3", Inputs(np.array([1e-310, 1.6]), {"t": np.ones(3)})),
    ],
)
def test_a_number_without_all_digits_is_refused(text, inputs):
    with pytest.raises(InvalidCase, match=r"expected zero, or numbers of at least \S+, which have all digits"):
        build(text, inputs)


def test_a_result_below_the_smallest_normal_number_is_accepted():
    program = build("timeline/autograd/explicit/m=3", Inputs(np.array([1.5e-10, 0.3]), {"t": np.full(3, 3.6e-308)}))
    assert np.isfinite(program.error)


ARGUMENT = st.one_of(
    WORDS,
    TEXT,
    st.text(max_size=6),
    st.sampled_from(["list", "run", "compare", "--n", "--seconds", "--cells", "--mode", "--backend", "--dtype", "-h"]),
    st.integers().map(str),
)


@given(st.lists(ARGUMENT, max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_arguments_end_with_a_status(arguments):
    """Only what needs no measuring: a compare would start processes."""
    if "compare" in arguments or "run" in arguments:
        arguments = [*arguments, "--unknown"]
    errors = io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
            status = main(arguments)
    except SystemExit as ended:
        status = ended.code
    assert status in (0, None, 2)
    assert "Traceback" not in errors.getvalue()


#: Small cases of all problems, backends and modes, some with an option that does not exist.
REQUEST = st.builds(
    lambda problem, backend, mode, size, options: "/".join(
        [problem, backend, mode, f"{PROBLEMS[problem].size_name}={size}", *options]
    ),
    st.sampled_from(sorted(PROBLEMS)),
    st.sampled_from(sorted(BACKENDS)),
    st.sampled_from(sorted(MODES)),
    st.integers(1, 12),
    st.lists(OPTION, max_size=1),
)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(REQUEST, st.sampled_from(["0.001", "0", "nan", "x"]) | st.just("0.001"))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_run_ends_with_a_right_number_or_a_sentence(asked, seconds):
    said, errors = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
            status = main(["run", asked, "--seconds", seconds])
    except SystemExit as ended:
        status = ended.code
    assert status in (0, 2), f"{asked}: {errors.getvalue()}"
    assert (said if status == 0 else errors).getvalue()
    assert "Traceback" not in errors.getvalue()
