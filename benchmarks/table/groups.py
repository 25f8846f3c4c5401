"""The log-likelihood of a regression with effects for each of G groups, which rows gather by an index."""

from benchmarks.rows import BOTH, CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="GroupEffects",
        method="time_gradient",
        parameters={
            "G": [10, 100, 10_000, 100_000],
            "terms": ["intercepts", "slopes", "interpolated"],
            **CHOICES,
        },
        fixed={"problem": "groups"},
        time=(
            "What does the gradient of an indexed read cost? Rows gather the effects of their groups, and the "
            "gradient adds the rows of each group up."
        ),
        stages="How long is the build time of an indexed read's gradient? Its program has the same size for every G.",
        costs="What does the gradient of an indexed read cost apart from time? Mainly memory.",
        device="How long is a GPU busy with the gradient of an indexed read? Rows of one group add to the same number.",
        page=Page(
            "Effects of groups",
            "Gradient of the log-likelihood of a Poisson regression with one or three effects for each of G groups, "
            "or of values between the knots of a grid.",
            [10, 100, 10_000, 100_000],
            rank=21,
        ),
        places={"nightly": Place(time=[pick(G=10_000, terms="intercepts", backend=BOTH, mode="reverse")])},
        fingerprints=["intercepts/100", "slopes/100", "interpolated/100"],
    ),
]
