"""The blocks that tools/documents.py renders: the pages, data, layout and table shapes of each."""

from __future__ import annotations

from typing import NamedTuple

DATA = "docs/findings/data"
#: Rows and columns of a table.
Shape = tuple[int, int]


class Block(NamedTuple):
    """One or more tables that a command makes.

    `layout` names the function that turns the data into tables. `shape` is the shape of each table, or names the
    function that computes it from the cases that the command measures. `provenance` names a function that completes the
    caption if the data are in several files. A block with an empty `data` has no caption: each of its rows has a
    command, a commit and a date.
    """

    pages: tuple[str, ...]
    data: str
    shape: tuple[Shape, ...] | str
    layout: str = "tools.documents:transcribed"
    compact: bool = False
    provenance: str = ""


class Figure(NamedTuple):
    """A number in a sentence of a document, which is also a row of the index of findings.

    The function `layout` makes the text from the files `data`; the first file has the provenance. `page` is the page of
    the finding, relative to docs/findings. `sentence` says what the number means; `unit` follows the number.
    """

    data: tuple[str, ...]
    layout: str
    page: str
    sentence: str
    unit: str = " ×"
    #: Command, commit and date for `index`, if they are not those of the first file.
    provenance: tuple[str, str, str] | None = None


_METHOD = "docs/understand/method.md"
_SCORE = "docs/decisions/how-good-the-verdict-is.md"
_LAPACK = "docs/decisions/lapack-in-jax.md"
_GPU = "docs/findings/gpu/summary.md"
_RELEASES = "docs/findings/releases.md"
_MAIN, _PEERS, _MODES = f"{DATA}/main-table.json", f"{DATA}/peers.json", f"{DATA}/modes.json"
_PAIRS = f"{DATA}/repeatability.json"

BLOCKS = {
    "findings": Block(("docs/findings/README.md",), "", "tools.figures:index_shape", "tools.figures:index"),
    "main-table": Block(("README.md",), _MAIN, "tools.table:shape", "tools.table:layout", compact=True),
    "repeatability": Block(
        (_METHOD,),
        _PAIRS,
        "tools.repeatability:shape",
        "tools.repeatability:layout",
        provenance="tools.repeatability:provenance",
    ),
    "agreement": Block((_METHOD,), f"{DATA}/agreement.json", ((12, 9),)),
    "slowdown": Block((_METHOD,), f"{DATA}/slowdown.json", ((7, 7),)),
    "accounts": Block((_METHOD,), f"{DATA}/accounts.json", "tools.accounts:shape"),
    "accounts-spawn": Block((_METHOD,), f"{DATA}/accounts-spawn.json", ((6, 3),)),
    "peers": Block(("docs/findings/peers.md",), _PEERS, "tools.peers.layout:shape", "tools.peers.layout:layout"),
    "roofline": Block((_LAPACK,), _PEERS, "tools.peers.layout:roofline_shape", "tools.peers.layout:roofline_layout"),
    "lapack-size": Block((_LAPACK,), f"{DATA}/lapack-size.json", ((9, 3),)),
    "modes": Block(("docs/findings/modes.md",), _MODES, "tools.crossovers:shape"),
    "releases-jax": Block(
        (_RELEASES,), f"{DATA}/releases-jax.json", "tools.highlights:jax_shape", "tools.highlights:jax"
    ),
    "releases-others": Block(
        (_RELEASES,), f"{DATA}/releases-others.json", "tools.highlights:others_shape", "tools.highlights:others"
    ),
    "gpu-summary": Block(
        (_GPU,), f"{DATA}/gpu.json", "tools.gpu_table:summary_shape", "tools.gpu_table:summary_layout"
    ),
    "gpu": Block((_GPU,), f"{DATA}/gpu.json", "tools.gpu_table:shape", "tools.gpu_table:layout"),
    "detector-score-idle": Block((_SCORE,), f"{DATA}/detector-score-idle.json", ((24, 8),)),
    "detector-score-busy": Block((_SCORE,), f"{DATA}/detector-score-busy.json", ((20, 8),)),
    "detector-histories": Block((_SCORE,), f"{DATA}/detector-histories.json", ((17, 6),)),
    "detector-peers": Block((_SCORE,), f"{DATA}/detector-peers.json", ((31, 6),)),
    "drills": Block(("docs/decisions/drills.md",), f"{DATA}/drills.json", "tools.drills.__main__:shape"),
    "site-cost": Block(("docs/decisions/the-dashboards-assets.md",), f"{DATA}/site-cost.json", ((5, 2),)),
}

_README, _REPEAT = "../../README.md", "../understand/method.md#how-far-two-identical-runs-agree"
_GPU_DATA = f"{DATA}/gpu.json"


#: The figures that README states in its sentences.
IN_README = (
    "jax-reverse-over-explicit",
    "jax-custom-rule-over-explicit",
    "timeline-reverse-memory",
    "jax-matrix-slowest",
    "repeat-3",
    "repeat-3-lowest",
    "repeat-3-highest",
)


def _main(name: str, sentence: str, unit: str = " ×") -> Figure:
    return Figure((_MAIN,), f"tools.figures:{name}", _README, sentence, unit)


def _repeat(name: str, sentence: str, unit: str = " %") -> Figure:
    return Figure((_PAIRS,), f"tools.figures:{name}", _REPEAT, sentence, unit)


FIGURES = {
    "jax-reverse-over-explicit": _main(
        "jax_reverse_over_explicit", "MVN log-density, n = 1000, JAX: reverse mode over the explicit gradient"
    ),
    "autograd-reverse-over-explicit": _main(
        "autograd_reverse_over_explicit", "MVN log-density, n = 1000, autograd: reverse mode over the explicit gradient"
    ),
    "jax-custom-rule-over-explicit": _main(
        "jax_custom_rule_over_explicit", "MVN log-density, n = 1000, JAX: custom rule over the explicit gradient"
    ),
    "autograd-custom-rule-over-explicit": _main(
        "autograd_custom_rule_over_explicit",
        "MVN log-density, n = 1000, autograd: custom rule over the explicit gradient",
    ),
    "jax-forward-over-explicit": _main(
        "jax_forward_over_explicit", "Timeline Jacobian, 40,000 × 2, JAX: forward mode over the explicit Jacobian"
    ),
    "autograd-forward-over-explicit": _main(
        "autograd_forward_over_explicit",
        "Timeline Jacobian, 40,000 × 2, autograd: forward mode over the explicit Jacobian",
    ),
    "timeline-reverse-memory": Figure(
        (_MAIN,),
        "tools.figures:timeline_reverse_memory",
        "../understand/method.md#what-does-not-run",
        "Timeline Jacobian, 40,000 × 2, JAX: memory that reverse mode would need (computed, not measured)",
        "",
        ("autodiff-kernels list --problem timeline", "", ""),
    ),
    "fastest-peer-over-ours": Figure(
        (_PEERS,),
        "tools.figures:fastest_peer_over_ours",
        "peers.md",
        "MVN log-density, n = 1000: the fastest other library over the fastest program of this package",
    ),
    "ours-over-roofline": Figure(
        (_PEERS,),
        "tools.figures:ours_over_roofline",
        "peers.md",
        "MVN log-density, n = 1000: the fastest program of this package over the roofline",
    ),
    "fit-reverse-over-rule-jax": Figure(
        (_MODES,),
        "tools.figures:fit_reverse_over_rule_jax",
        "modes.md",
        "Gaussian process fit, 240 points, JAX: reverse mode over the custom rule",
    ),
    "fit-reverse-over-rule-autograd": Figure(
        (_MODES,),
        "tools.figures:fit_reverse_over_rule_autograd",
        "modes.md",
        "Gaussian process fit, 240 points, autograd: reverse mode over the custom rule",
    ),
    "jax-matrix-slowest": Figure(
        (f"{DATA}/releases-jax.json",),
        "tools.figures:jax_matrix_slowest",
        "releases.md",
        "RBF matrix, n = 300, float32: JAX 0.4.38 over 0.4.31, the largest slowdown of a gradient in one step",
    ),
    "gpu-reverse-over-explicit": Figure(
        (_GPU_DATA,),
        "tools.figures:gpu_reverse_over_explicit",
        "gpu/summary.md",
        "MVN log-density, n = 16,384, H200: reverse mode over the explicit gradient",
    ),
    "gpu-explicit-over-roofline": Figure(
        (_GPU_DATA,),
        "tools.figures:gpu_explicit_over_roofline",
        "gpu/summary.md",
        "MVN log-density, n = 16,384, H200: the explicit gradient over the roofline",
    ),
    "repeat-pairs": _repeat("repeat_pairs", "Stored pairs of identical runs", ""),
    "repeat-3": _repeat("repeat_3", "Values of identical runs that agree within 3 %, over all pairs"),
    "repeat-3-lowest": _repeat("repeat_3_lowest", "Values that agree within 3 %, in the worst row of the table"),
    "repeat-3-highest": _repeat("repeat_3_highest", "Values that agree within 3 %, in the best row of the table"),
    "repeat-5": _repeat("repeat_5", "Values that agree within 5 %, over all pairs"),
    "repeat-10": _repeat("repeat_10", "Values that agree within 10 %, over all pairs"),
}
