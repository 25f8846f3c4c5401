"""The vocabulary of gradient modes: what each one does and how many passes theory predicts for it.

Source of the pass counts: Griewank & Walther, Evaluating Derivatives (2008), chapters 3 and 4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Passes(NamedTuple):
    """How often the objective is run plainly, pushed forward with a tangent, and pulled back with a cotangent."""

    plain: int = 0
    forward: int = 0
    reverse: int = 0


@dataclass(frozen=True)
class Mode:
    """A way to get a derivative. `passes(p, m)` counts its passes for p parameters and m outputs."""

    name: str
    meaning: str
    passes: Callable[[int, int], Passes]
    #: What it returns: the value, the derivative, the Hessian, or the Hessian times the parameters.
    result: Literal["value", "derivative", "hessian", "hessian_product"] = "derivative"

    @property
    def is_second_order(self) -> bool:
        """Whether it takes derivatives of a derivative."""
        return self.result.startswith("hessian")


MODES: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode("value", "the objective itself, the denominator of every ratio", lambda p, m: Passes(plain=1), "value"),
        Mode("explicit", "the derivative written by hand", lambda p, m: Passes()),
        Mode("reverse", "one pull-back for each output: grad, jacrev, jacobian", lambda p, m: Passes(reverse=m)),
        Mode("forward", "one push-forward for each parameter: jacfwd, make_jvp", lambda p, m: Passes(forward=p)),
        Mode(
            "linearize",
            "the objective linearised once, its linear part applied to each parameter",
            lambda p, m: Passes(forward=p),
        ),
        Mode(
            "double_reverse",
            "the transpose of the pull-back: forward mode for functions without a forward rule",
            lambda p, m: Passes(reverse=2 * p),
        ),
        Mode(
            "finite_difference",
            "central differences, two objectives for each parameter; accurate to about epsilon^(2/3)",
            lambda p, m: Passes(plain=2 * p),
        ),
        Mode(
            "complex_step",
            "imaginary part of one complex objective for each parameter; exact for analytic functions only",
            lambda p, m: Passes(plain=p),
        ),
        Mode(
            "custom_rule",
            "the objective with a derivative rule of our own; in reverse of a number, forward of a curve",
            lambda p, m: Passes(reverse=1) if m == 1 else Passes(forward=p),
        ),
        Mode(
            "chunked_reverse",
            "reverse, a batch of outputs after the other, so that not all pull-backs are in memory at once",
            lambda p, m: Passes(reverse=m),
        ),
        Mode(
            "checkpoint",
            "reverse, with parts of the objective computed again and not kept",
            lambda p, m: Passes(plain=1, reverse=m),
        ),
        Mode(
            "forward_over_reverse",
            "the Hessian: the gradient pushed forward for each parameter",
            lambda p, m: Passes(forward=p, reverse=1),
            "hessian",
        ),
        Mode(
            "reverse_over_reverse",
            "the Hessian: the gradient pulled back for each parameter",
            lambda p, m: Passes(reverse=1 + p),
            "hessian",
        ),
        Mode(
            "hessian_vector_product",
            "the Hessian times the parameters: the gradient pushed forward along them, in autograd pulled back",
            lambda p, m: Passes(forward=1, reverse=1),
            "hessian_product",
        ),
    )
}
