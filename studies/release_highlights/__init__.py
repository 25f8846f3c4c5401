"""The short tables of the largest findings about releases, from what `python -m releases` has found."""

from studies.blocks import DATA, Block, Figure

_PAGE = "docs/findings/releases.md"
_LAYOUT = "studies.release_highlights.layout"

BLOCKS = {
    "releases-jax": Block((_PAGE,), f"{DATA}/releases-jax.json", f"{_LAYOUT}:jax_shape", f"{_LAYOUT}:jax"),
    "releases-others": Block((_PAGE,), f"{DATA}/releases-others.json", f"{_LAYOUT}:others_shape", f"{_LAYOUT}:others"),
}
FIGURES = {
    "jax-matrix-slowest": Figure(
        (f"{DATA}/releases-jax.json",),
        f"{_LAYOUT}:jax_matrix_slowest",
        "releases.md",
        "RBF matrix, n = 300, float32: JAX 0.4.38 over 0.4.31, the largest slowdown of a gradient in one step",
        in_readme=True,
    ),
}
