"""The modes: how each one computes its result, and how many passes theory predicts for it.

Source of the pass counts: Griewank & Walther, Evaluating Derivatives (2008), chapters 3 and 4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Passes(NamedTuple):
    """The number of plain calls of the objective, of push-forwards and of pull-backs."""

    plain: int = 0
    forward: int = 0
    reverse: int = 0


@dataclass(frozen=True)
class Mode:
    """A way to compute a derivative. `passes(p, m)` is its number of passes for p parameters and m outputs."""

    name: str
    meaning: str
    passes: Callable[[int, int], Passes]
    #: The result: the value, the derivative, the Hessian, or the Hessian times the vector of parameters.
    result: Literal["value", "derivative", "hessian", "hessian_product"] = "derivative"

    @property
    def is_second_order(self) -> bool:
        """Whether the mode returns second derivatives."""
        return self.result.startswith("hessian")


MODES: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode("value", "the objective, the denominator of every ratio", lambda p, m: Passes(plain=1), "value"),
        Mode("explicit", "the derivative written by hand in the functions of the backend", lambda p, m: Passes()),
        Mode("reverse", "one pull-back for each output: grad, jacrev, jacobian", lambda p, m: Passes(reverse=m)),
        Mode("forward", "one push-forward for each parameter: jacfwd, make_jvp", lambda p, m: Passes(forward=p)),
        Mode(
            "linearize",
            "the objective linearised once; the linear map is applied to one direction for each parameter",
            lambda p, m: Passes(forward=p),
        ),
        Mode(
            "double_reverse",
            "the transpose of the pull-back, for functions without a forward-mode rule",
            lambda p, m: Passes(reverse=2 * p),
        ),
        Mode(
            "finite_difference",
            "central differences, two calls of the objective for each parameter; accurate to about epsilon^(2/3)",
            lambda p, m: Passes(plain=2 * p),
        ),
        Mode(
            "complex_step",
            "the imaginary part of the objective at complex parameters; exact for analytic functions only",
            lambda p, m: Passes(plain=p),
        ),
        Mode(
            "custom_rule",
            "the objective with a registered derivative rule, in reverse mode for a scalar, forward mode for a curve",
            lambda p, m: Passes(reverse=1) if m == 1 else Passes(forward=p),
        ),
        Mode(
            "chunked_reverse",
            "reverse, one batch of outputs at a time, so that fewer pull-backs are in memory at once",
            lambda p, m: Passes(reverse=m),
        ),
        Mode(
            "checkpoint",
            "reverse that recomputes intermediate values instead of storing them",
            lambda p, m: Passes(plain=1, reverse=m),
        ),
        Mode(
            "lapack",
            "the derivative written by hand, with LAPACK's inverse by a foreign call",
            lambda p, m: Passes(),
        ),
        Mode(
            "forward_over_reverse",
            "the Hessian: one push-forward of the gradient for each parameter",
            lambda p, m: Passes(forward=p, reverse=1),
            "hessian",
        ),
        Mode(
            "reverse_over_reverse",
            "the Hessian: one pull-back of the gradient for each parameter",
            lambda p, m: Passes(reverse=1 + p),
            "hessian",
        ),
        Mode(
            "hessian_vector_product",
            "the Hessian times the vector of parameters: one push-forward of the gradient, in autograd one pull-back",
            lambda p, m: Passes(forward=1, reverse=1),
            "hessian_product",
        ),
    )
}
