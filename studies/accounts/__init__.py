"""How a run of the nightly selection spends its time."""

from studies.blocks import DATA, Block

_METHOD = "docs/understand/method.md"

BLOCKS = {
    "accounts": Block((_METHOD,), f"{DATA}/accounts.json", "studies.accounts.__main__:shape"),
    "accounts-spawn": Block((_METHOD,), f"{DATA}/accounts-spawn.json", ((6, 3),)),
}
