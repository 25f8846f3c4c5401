"""Compare the gradient of the MVN log-density of this package with that of other libraries."""

from studies.blocks import DATA, Block, Figure

_DATA = f"{DATA}/peers.json"
_LAYOUT = "studies.peers.layout"

BLOCKS = {
    "peers": Block(("docs/findings/peers.md",), _DATA, f"{_LAYOUT}:shape", f"{_LAYOUT}:layout"),
    "roofline": Block(
        ("docs/decisions/lapack-in-jax.md",), _DATA, f"{_LAYOUT}:roofline_shape", f"{_LAYOUT}:roofline_layout"
    ),
}
FIGURES = {
    "fastest-peer-over-ours": Figure(
        (_DATA,),
        f"{_LAYOUT}:fastest_peer_over_ours",
        "peers.md",
        "MVN log-density, n = 1000: the fastest other library over the fastest program of this package",
    ),
    "ours-over-roofline": Figure(
        (_DATA,),
        f"{_LAYOUT}:ours_over_roofline",
        "peers.md",
        "MVN log-density, n = 1000: the fastest program of this package over the roofline",
    ),
}
