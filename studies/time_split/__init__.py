"""The share of a night that goes into timed samples and warm-up."""

from studies.blocks import DATA, Block

BLOCK = "time-split"
#: A table for each project that was measured.
BLOCKS = {BLOCK: Block(("docs/decisions/where-the-time-goes.md",), f"{DATA}/time-split.json", ((2, 7),))}
