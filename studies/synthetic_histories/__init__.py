"""How good is the detector of level shifts on other machines? Histories drawn at random."""

from studies.blocks import DATA, Block

_PAGE = "docs/decisions/how-good-the-verdict-is.md"

BLOCKS = {"detector-histories": Block((_PAGE,), f"{DATA}/detector-histories.json", ((17, 6),))}
