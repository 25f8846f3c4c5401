"""Whole fits to real data."""

from benchmarks.rows import BOTH, CHOICES, Page, Place, Row, pick

_DOUBLE = ["float64"]

ROWS = [
    Row(
        name="GPFit",
        method="time_fit",
        parameters={"n": [60, 240], **CHOICES, "dtype": _DOUBLE},
        fixed={"problem": "gp_fit"},
        time=(
            "How long does a Gaussian process fit take in each mode? It is a whole fit to real data by L-BFGS.\n\n"
            "Mode `value` is one call of the objective, so a ratio to it counts calls of the objective. Leaves out "
            "float32."
        ),
        stages="How long is the build time of a Gaussian process fit? It is the build time of its gradient.",
        costs=(
            "What does a Gaussian process fit cost apart from time? Calls of the objective, and accuracy of the result."
        ),
        page=Page(
            "Gaussian process fit",
            "A whole fit to n months of real data by L-BFGS. A call is one fit or, in mode value, one objective call.",
            [60, 240],
            rank=9,
        ),
        places={"nightly": Place(time=[pick(n=240, backend=BOTH, mode="reverse")])},
        fingerprints=["cholesky/60"],
    ),
    Row(
        name="SurvivalFit",
        method="time_fit",
        parameters={"n": [69], **CHOICES, "dtype": _DOUBLE},
        fixed={"problem": "survival_fit"},
        time=(
            "How long does a survival fit of 69 patients take? L-BFGS makes many calls with little work in each.\n\n"
            "Leaves out float32."
        ),
        stages="How long is the build time of a survival fit? With a compiler it is longer than the fit itself.",
        costs="What does a survival fit cost apart from time? Mainly calls of the objective.",
        page=Page(
            "Survival fit",
            "A Weibull regression on real data by L-BFGS. A call is one fit or, in mode value, one objective call.",
            [69],
            rank=10,
        ),
        places={"nightly": Place(time=[pick(n=69, backend="jax", mode="reverse")])},
        fingerprints=["weibull/69"],
    ),
]
