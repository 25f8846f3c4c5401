"""The inputs of a program: the measured ones of its problem or those of a caller, in the dtype of the case."""

from __future__ import annotations

import numpy as np

from autodiff_kernels.cases import Case, InvalidCase
from autodiff_kernels.problems import Inputs

#: The last case whose measured inputs were made, with these inputs.
_last: dict[Case, Inputs] = {}


def measured_inputs(case: Case) -> Inputs:
    """The measured inputs of `case`, rounded to its dtype. Their arrays are read-only, so that they stay the same."""
    if case not in _last:
        inputs = _rounded(case, _in_float64(case))
        for array in (inputs.parameters, *inputs.data.values()):
            array.flags.writeable = False
        _last.clear()
        _last[case] = inputs
    return _last[case]


def are_measured(case: Case, inputs: Inputs) -> bool:
    """Whether `inputs` are what `measured_inputs` returned when it was last called, and for this case."""
    return _last.get(case) is inputs


def own_inputs(case: Case, inputs: Inputs) -> Inputs:
    """`inputs` of a caller, rounded to the dtype of `case`.

    Raises InvalidCase unless they have the names and shapes of the measured ones and the settings of the case.
    """
    if not isinstance(inputs, Inputs):
        raise InvalidCase(f"{case}: inputs of type {type(inputs).__name__}: expected autodiff_kernels.Inputs")
    measured = _in_float64(case)
    wanted = {"parameters": measured.parameters, **measured.data}
    if "parameters" in inputs.data:
        raise InvalidCase(f"{case}: the data contain 'parameters': expected them outside the data only")
    came = {"parameters": inputs.parameters, **inputs.data}
    if came.keys() != wanted.keys():
        raise InvalidCase(f"{case}: inputs {', '.join(sorted(map(str, came)))}: expected {', '.join(sorted(wanted))}")
    arrays = {name: np.asarray(came[name]) for name in wanted}
    for name, array in arrays.items():
        if array.shape != wanted[name].shape:
            raise InvalidCase(f"{case}: {name} has shape {array.shape}: expected {wanted[name].shape}")
        if array.dtype.kind not in "fiu":
            raise InvalidCase(f"{case}: {name} has dtype {array.dtype}: expected real numbers")
        if wanted[name].dtype.kind == "i":
            arrays[name] = _integers(case, name, array, wanted[name].dtype)
    for name, number in case.settings:
        if arrays[name] != number:
            raise InvalidCase(f"{case}: {name} = {arrays[name]} in the inputs: expected {number}, as in the case")
    parameters = arrays.pop("parameters")
    return _rounded(case, Inputs(parameters, arrays).astype("float64"))


def _integers(case: Case, name: str, array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """`array` as integers of `dtype`. Raises InvalidCase if it has another number."""
    limits = np.iinfo(dtype)
    with np.errstate(invalid="ignore"):
        is_other = ~((array == np.floor(array)) & (array >= limits.min) & (array <= limits.max))
    if is_other.any():
        raise InvalidCase(
            f"{case}: {name} contains {array[is_other].ravel()[0]}: expected whole numbers from {limits.min} to "
            f"{limits.max}"
        )
    return array.astype(dtype)


def _in_float64(case: Case) -> Inputs:
    """The measured inputs before they are rounded."""
    return case.definition.measured_inputs(case.formulation, case.size, 0, **dict(case.settings))


def _rounded(case: Case, inputs: Inputs) -> Inputs:
    """`inputs` in the dtype of the case. Raises InvalidCase unless all are finite, and positive if they have to be.

    Numbers below the smallest normal one are refused: they have few digits or one, so results from them have no more.
    """
    with np.errstate(over="ignore", under="ignore"):
        rounded = inputs.astype(case.dtype)
    for name, array in (("parameters", rounded.parameters), *rounded.data.items()):
        if array.dtype.kind == "i":
            continue
        if not np.isfinite(array).all():
            bad = array[~np.isfinite(array)].ravel()[0]
            raise InvalidCase(f"{case}: {name} contains {bad} in {case.dtype}: expected finite numbers")
        smallest = np.finfo(case.dtype).tiny
        if np.any(is_tiny := (array != 0) & (np.abs(array) < smallest)):
            raise InvalidCase(
                f"{case}: {name} contains {array[is_tiny].ravel()[0]} in {case.dtype}: expected zero, or numbers of at "
                f"least {smallest:.1e}, which have all digits"
            )
    names = case.form.parameter_names
    # If the number of parameters depends on the size, one name stands for all of them.
    parameters = rounded.parameters[None] if case.form.parameters_of_size else rounded.parameters
    named = {**dict(zip(names, parameters, strict=True)), **rounded.data}
    for name in sorted(case.form.positive):
        if not np.all(named[name] > 0):
            raise InvalidCase(f"{case}: {name} = {np.min(named[name])} in {case.dtype}: expected a number above zero")
    with np.errstate(all="ignore"):
        reason = case.definition.invalid(rounded, case.formulation)
    if reason is not None:
        raise InvalidCase(f"{case}: {reason}")
    return rounded
