"""The RBF kernel of one pair of points."""

from benchmarks.rows import BOTH, CHOICES, COMMON, Page, Place, Row, pick

ROWS = [
    Row(
        name="RBFKernel",
        method="time_gradient",
        parameters={"d": [1, 100, 10_000], **CHOICES},
        fixed={"problem": "rbf"},
        time=(
            "What does the gradient of the RBF kernel cost? Mostly dispatch, so it shows the minimum cost of any call."
        ),
        stages=(
            "How long is the build time of the RBF kernel's gradient? It shows the minimum build time of any program."
        ),
        costs="What does the gradient of the RBF kernel cost apart from time? It shows the fixed cost of a backend.",
        device="How long is a GPU busy with the gradient of the RBF kernel? Hardly at all: dispatch dominates.",
        page=Page(
            "RBF kernel", "Gradient of the kernel of one pair of points in d dimensions.", [1, 100, 10_000], rank=8
        ),
        places={
            "nightly": Place(time=[pick(d=1, backend=BOTH, mode="reverse")]),
            "releases": Place(time=[pick(d=1, backend=BOTH, mode="reverse")]),
            "gpu": Place(time=[pick(d=1, mode=COMMON)]),
            "beside-gpu": Place(time=[pick(d=1, backend=BOTH, mode="reverse")]),
        },
        fingerprints=["standard/100"],
    ),
]
