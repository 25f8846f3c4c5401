"""The best mode for each shape of a problem, the memory of modes, and how the cost grows with the size."""

from studies.blocks import DATA, Block, Figure

_DATA = f"{DATA}/modes.json"
_FIT = "studies.modes.figures:fit_reverse_over_rule"

BLOCKS = {"modes": Block(("docs/findings/modes.md",), _DATA, "studies.modes.tables:shape")}
FIGURES = {
    "fit-reverse-over-rule-jax": Figure(
        (_DATA,),
        _FIT,
        "modes.md",
        "Gaussian process fit, 240 points, JAX: reverse mode over the custom rule",
        arguments=("jax",),
    ),
    "fit-reverse-over-rule-autograd": Figure(
        (_DATA,),
        _FIT,
        "modes.md",
        "Gaussian process fit, 240 points, autograd: reverse mode over the custom rule",
        arguments=("autograd",),
    ),
}
