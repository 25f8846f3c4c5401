"""The mean-field magnetisation of n spins: a fixed point by iteration."""

from benchmarks.rows import CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="MeanFieldMagnetisation",
        method="time_gradient",
        parameters={"n": [10, 100, 1_000], "loop": ["until", "bounded"], **CHOICES},
        fixed={"problem": "fixed_point"},
        time=(
            "What does the derivative of a fixed point cost? By the implicit function theorem, or through the "
            "iteration, whose length is fixed or not known before it runs."
        ),
        stages="How long is the build time of a fixed point's derivative? The loop is compiled once.",
        costs="What does the derivative of a fixed point cost apart from time? Through the iteration, mainly memory.",
        device="How long is a GPU busy with the derivative of a fixed point? Its iterations wait for each other.",
        page=Page(
            "Mean-field magnetisation",
            "Gradient of a fixed point of n equations, found by iteration until convergence or for 64 steps.",
            [10, 100, 1_000],
            rank=15,
        ),
        places={
            "nightly": Place(
                time=[
                    pick(n=100, loop="until", backend="jax", mode="custom_rule"),
                    pick(n=100, loop="bounded", backend="jax", mode="reverse"),
                ],
            ),
        },
        fingerprints=["until/100", "bounded/10"],
    ),
]
