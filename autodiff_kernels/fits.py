"""The check of a whole fit: its result is a stationary point of the objective, and no worse than others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autodiff_kernels.cases import Case, InvalidCase
from autodiff_kernels.problems import Inputs
from autodiff_kernels.stationary import hessian, stationary_point

#: A fit stops when a step improves the objective by a fraction below ftol, or the gradient is below gtol.
OPTIONS = {"ftol": 1e-12, "gtol": 1e-6}
#: How much worse than another minimum, relative to the objective, a fit may end: it stops at 1e-12 of its value.
WORSE = 1e-9


def fitted(case: Case, inputs: Inputs, result: np.ndarray) -> np.ndarray:
    """The stationary point next to `result`, in float64.

    Raises InvalidCase if there is none, or if the objective is lower at another one: then the data do not determine the
    fit, or the fit begins too far away.
    """
    fit = case.definition.fit
    assert fit
    if result.shape != inputs.parameters.shape or not np.isfinite(result).all():
        return fit.optimum  # which no such result agrees with

    def gradient(point: np.ndarray) -> np.ndarray:
        return fit.gradient(inputs, point)

    def objective(point: np.ndarray) -> float:
        return float(case.definition.value(Inputs(point, inputs.data), case.formulation))

    def others() -> Iterator[np.ndarray]:
        for start in (fit.optimum, inputs.parameters):
            try:
                yield stationary_point(gradient, start)
            except ArithmeticError:
                continue

    with np.errstate(all="ignore"):
        try:
            found = stationary_point(gradient, result)
        except ArithmeticError as error:
            raise InvalidCase(
                f"{case}: these data do not determine the fit, which ended at {result}: {error}"
            ) from error
        reached = objective(found)
        for other in others():
            lower = objective(other)
            if lower < reached - WORSE * abs(reached):
                raise InvalidCase(
                    f"{case}: the fit ended at {found} with the objective {reached:.9g}, but it is {lower:.9g} at "
                    f"{other}: begin it closer to the minimum"
                )
    return found


def stopping_error(case: Case, inputs: Inputs, point: np.ndarray) -> np.ndarray:
    """How far from the minimum `point` a fit may stop, for each parameter: shape (p,).

    It stops when a step improves the objective by less than a fraction ftol, or by ftol if the objective is below 1; or
    when no entry of the gradient is above gtol. The curvature says how far from the minimum that is.
    """
    fit = case.definition.fit
    assert fit
    with np.errstate(all="ignore"):
        curvature = hessian(lambda at: fit.gradient(inputs, at), point)
        objective = float(case.definition.value(Inputs(point, inputs.data), case.formulation))
        try:
            inverse = np.abs(np.linalg.inv(curvature))
        except np.linalg.LinAlgError:
            return np.zeros_like(point)
        by_step = 10 * np.sqrt(2 * OPTIONS["ftol"] * max(abs(objective), 1) * np.diagonal(inverse))
        return by_step + 2 * OPTIONS["gtol"] * inverse.sum(axis=1)
