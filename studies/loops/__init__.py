"""What a loop costs: a step in each backend and mode and in C, memory over the steps, and the same without a loop."""

from studies.blocks import DATA, Block

BLOCKS = {"loops": Block(("docs/findings/modes.md",), f"{DATA}/loops.json", "studies.loops.tables:shape")}
