"""How far two identical runs agree, and how often a slowdown of 5 % is detected."""

from studies.blocks import DATA, Block, Figure

_METHOD = "docs/understand/method.md"
_DATA = f"{DATA}/repeatability.json"
_LAYOUT, _FIGURES = "studies.repeatability.layout", "studies.repeatability.figures"

BLOCKS = {
    "repeatability": Block(
        (_METHOD,), _DATA, f"{_LAYOUT}:shape", f"{_LAYOUT}:layout", provenance=f"{_LAYOUT}:provenance"
    ),
    "agreement": Block((_METHOD,), f"{DATA}/agreement.json", ((12, 9),)),
    "slowdown": Block((_METHOD,), f"{DATA}/slowdown.json", ((7, 7),)),
}


def _figure(name: str, sentence: str, *arguments: int, unit: str = " %", in_readme: bool = False) -> Figure:
    page = "../understand/method.md#how-far-two-identical-runs-agree"
    return Figure((_DATA,), f"{_FIGURES}:{name}", page, sentence, unit, f"{_LAYOUT}:provenance", in_readme, arguments)


FIGURES = {
    "repeat-pairs": _figure("repeat_pairs", "Stored pairs of identical runs", unit=""),
    "repeat-3": _figure("share", "Values of identical runs that agree within 3 %, over all pairs", 0, in_readme=True),
    "repeat-3-lowest": _figure(
        "share_of_row", "Values that agree within 3 %, in the worst row of the table", 0, in_readme=True
    ),
    "repeat-3-highest": _figure(
        "share_of_row", "Values that agree within 3 %, in the best row of the table", 1, in_readme=True
    ),
    "repeat-5": _figure("share", "Values that agree within 5 %, over all pairs", 1),
    "repeat-10": _figure("share", "Values that agree within 10 %, over all pairs", 2),
}
