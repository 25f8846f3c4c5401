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


def _figure(name: str, sentence: str, unit: str = " %", *, in_readme: bool = False) -> Figure:
    page = "../understand/method.md#how-far-two-identical-runs-agree"
    return Figure((_DATA,), f"{_FIGURES}:{name}", page, sentence, unit, f"{_LAYOUT}:provenance", in_readme)


FIGURES = {
    "repeat-pairs": _figure("repeat_pairs", "Stored pairs of identical runs", ""),
    "repeat-3": _figure("repeat_3", "Values of identical runs that agree within 3 %, over all pairs", in_readme=True),
    "repeat-3-lowest": _figure(
        "repeat_3_lowest", "Values that agree within 3 %, in the worst row of the table", in_readme=True
    ),
    "repeat-3-highest": _figure(
        "repeat_3_highest", "Values that agree within 3 %, in the best row of the table", in_readme=True
    ),
    "repeat-5": _figure("repeat_5", "Values that agree within 5 %, over all pairs"),
    "repeat-10": _figure("repeat_10", "Values that agree within 10 %, over all pairs"),
}
