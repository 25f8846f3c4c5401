"""The MVN log-density with one lengthscale for each of d dimensions."""

from benchmarks.rows import CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="ARDLogDensity",
        method="time_gradient",
        parameters={"d": [1, 4, 16, 64], **CHOICES},
        fixed={"problem": "ard"},
        time=(
            "From how many parameters on is reverse mode fastest? The ARD log-density has 1 to 64 lengthscales.\n\n"
            "The alternatives are forward mode and finite differences. Leaves out all n except 200."
        ),
        stages=(
            "How long is the build time of the ARD log-density's gradient? Its program has the same size for every d."
        ),
        costs=("What do more parameters cost in the ARD log-density apart from time? Mainly memory in forward mode."),
        device=(
            "How long is a GPU busy with the gradient of the ARD log-density? The problem is too small to fill a GPU."
        ),
        page=Page(
            "ARD log-density",
            "Gradient of the MVN log-density with one lengthscale for each of d dimensions, at 200 points.",
            [1, 4, 16, 64],
            rank=3,
        ),
        places={
            "nightly": Place(time=[pick(d=16, backend="jax", mode="reverse")]),
            "gpu": Place(time=[pick(d=16, mode="reverse")]),
        },
        fingerprints=["cholesky/4"],
    ),
]
