"""Published detectors of change points on the synthetic histories, beside ours."""

from studies.blocks import DATA, Block

_PAGE = "docs/decisions/how-good-the-verdict-is.md"

BLOCKS = {"detector-peers": Block((_PAGE,), f"{DATA}/detector-peers.json", ((31, 6),))}
