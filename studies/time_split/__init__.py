"""The share of a night that goes into timed samples and warm-up."""

from studies.blocks import DATA, Block

BLOCK = "time-split"
BLOCKS = {
    BLOCK: Block(
        ("docs/decisions/where-the-time-goes.md",), f"{DATA}/time-split.json", "studies.time_split.__main__:shape"
    )
}
