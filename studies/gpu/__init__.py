"""The results of a GPU: its rates, every cell, and the cells that are also measured on the CPU."""

from studies.blocks import DATA, Block, Figure

_PAGE, _DATA = "docs/findings/gpu/summary.md", f"{DATA}/gpu.json"
_LAYOUT = "studies.gpu.layout"

BLOCKS = {
    "gpu-summary": Block((_PAGE,), _DATA, f"{_LAYOUT}:summary_shape", f"{_LAYOUT}:summary_layout"),
    "gpu": Block((_PAGE,), _DATA, f"{_LAYOUT}:shape", f"{_LAYOUT}:layout"),
}
FIGURES = {
    "gpu-reverse-over-explicit": Figure(
        (_DATA,),
        f"{_LAYOUT}:reverse_over_explicit",
        "gpu/summary.md",
        "MVN log-density, n = 16,384, H200: reverse mode over the explicit gradient",
    ),
    "gpu-explicit-over-roofline": Figure(
        (_DATA,),
        f"{_LAYOUT}:explicit_over_roofline",
        "gpu/summary.md",
        "MVN log-density, n = 16,384, H200: the explicit gradient over the roofline",
    ),
}
