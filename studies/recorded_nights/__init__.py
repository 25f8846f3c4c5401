"""How good is the verdict? Recorded nights, replayed with artificial slowdowns."""

from studies.blocks import DATA, Block

_PAGE = "docs/decisions/how-good-the-verdict-is.md"

BLOCKS = {
    "detector-score-idle": Block((_PAGE,), f"{DATA}/detector-score-idle.json", ((24, 8),)),
    "detector-score-busy": Block((_PAGE,), f"{DATA}/detector-score-busy.json", ((24, 8),)),
}
