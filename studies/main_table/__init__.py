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
FIGURES = {
    "jax-reverse-over-explicit": Figure(
        (_DATA,),
        f"{_FIGURES}:jax_reverse_over_explicit",
        _README,
        "MVN log-density, n = 1000, JAX: reverse mode over the explicit gradient",
        in_readme=True,
    ),
    "autograd-reverse-over-explicit": Figure(
        (_DATA,),
        f"{_FIGURES}:autograd_reverse_over_explicit",
        _README,
        "MVN log-density, n = 1000, autograd: reverse mode over the explicit gradient",
    ),
    "jax-custom-rule-over-explicit": Figure(
        (_DATA,),
        f"{_FIGURES}:jax_custom_rule_over_explicit",
        _README,
        "MVN log-density, n = 1000, JAX: custom rule over the explicit gradient",
        in_readme=True,
    ),
    "autograd-custom-rule-over-explicit": Figure(
        (_DATA,),
        f"{_FIGURES}:autograd_custom_rule_over_explicit",
        _README,
        "MVN log-density, n = 1000, autograd: custom rule over the explicit gradient",
    ),
    "jax-forward-over-explicit": Figure(
        (_DATA,),
        f"{_FIGURES}:jax_forward_over_explicit",
        _README,
        "Timeline Jacobian, 40,000 × 2, JAX: forward mode over the explicit Jacobian",
    ),
    "autograd-forward-over-explicit": Figure(
        (_DATA,),
        f"{_FIGURES}:autograd_forward_over_explicit",
        _README,
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
