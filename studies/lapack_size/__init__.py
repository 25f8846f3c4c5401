"""The number of points from which on LAPACK is faster than triangular solves."""

from studies.blocks import DATA, Block

BLOCKS = {"lapack-size": Block(("docs/decisions/lapack-in-jax.md",), f"{DATA}/lapack-size.json", ((9, 3),))}
