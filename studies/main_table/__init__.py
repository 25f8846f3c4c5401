"""README's main table: a row for each problem and backend, each mode as a multiple of the objective."""

from studies.blocks import DATA, Block, Figure

_DATA = f"{DATA}/main-table.json"
_README = "../../README.md"
_FIGURES = "studies.main_table.figures"

BLOCKS = {
    "main-table": Block(
        ("README.md",), _DATA, "studies.main_table.layout:shape", "studies.main_table.layout:layout", compact=True
    )
}
_MVN, _TIMELINE = "MVN log-density, n = 1000", "timeline Jacobian, 40,000 × 2"


def _over_explicit(problem: str, backend: str, mode: str, sentence: str, *, in_readme: bool = False) -> Figure:
    """The time of a mode over that of the explicit derivative, in a row of the table."""
    arguments = (problem, backend, mode, "explicit")
    return Figure((_DATA,), f"{_FIGURES}:ratio", _README, sentence, in_readme=in_readme, arguments=arguments)


FIGURES = {
    "jax-reverse-over-explicit": _over_explicit(
        *(_MVN, "jax", "reverse"),
        "MVN log-density, n = 1000, JAX: reverse mode over the explicit gradient",
        in_readme=True,
    ),
    "autograd-reverse-over-explicit": _over_explicit(
        *(_MVN, "autograd", "reverse"),
        "MVN log-density, n = 1000, autograd: reverse mode over the explicit gradient",
    ),
    "jax-custom-rule-over-explicit": _over_explicit(
        *(_MVN, "jax", "custom_rule"),
        "MVN log-density, n = 1000, JAX: custom rule over the explicit gradient",
        in_readme=True,
    ),
    "autograd-custom-rule-over-explicit": _over_explicit(
        *(_MVN, "autograd", "custom_rule"),
        "MVN log-density, n = 1000, autograd: custom rule over the explicit gradient",
    ),
    "jax-forward-over-explicit": _over_explicit(
        *(_TIMELINE, "jax", "forward"),
        "Timeline Jacobian, 40,000 × 2, JAX: forward mode over the explicit Jacobian",
    ),
    "autograd-forward-over-explicit": _over_explicit(
        *(_TIMELINE, "autograd", "forward"),
        "Timeline Jacobian, 40,000 × 2, autograd: forward mode over the explicit Jacobian",
    ),
    "timeline-reverse-memory": Figure(
        (_DATA,),
        f"{_FIGURES}:timeline_reverse_memory",
        "../understand/method.md#what-does-not-run",
        "Timeline Jacobian, 40,000 × 2, JAX: memory that reverse mode would need (computed, not measured)",
        "",
        f"{_FIGURES}:computed",
        in_readme=True,
    ),
}
