"""The log-likelihood of a negative binomial regression on n rows."""

from benchmarks.rows import BOTH, CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="NegativeBinomial",
        method="time_gradient",
        parameters={"n": [10, 100, 10_000, 1_000_000], **CHOICES},
        fixed={"problem": "counts"},
        time=(
            "What does the derivative of a special function cost? A negative binomial regression: gamma functions, "
            "whose derivatives are digamma functions."
        ),
        stages=(
            "How long is the build time of a negative binomial regression's gradient? Special functions compile long."
        ),
        costs="What does the gradient of a negative binomial regression cost apart from time? Equations and accuracy.",
        device="How long is a GPU busy with the gradient of a negative binomial regression?",
        page=Page(
            "Negative binomial regression",
            "Gradient of the log-likelihood of a negative binomial regression on n rows, in three coefficients and "
            "the scatter.",
            [10, 100, 10_000, 1_000_000],
            rank=24,
        ),
        places={"nightly": Place(time=[pick(n=10_000, backend=BOTH, mode="reverse")])},
        fingerprints=["negative_binomial/100"],
    ),
    Row(
        name="CountsFit",
        method="time_fit",
        parameters={"n": [1_010], **CHOICES, "dtype": ["float64"]},
        fixed={"problem": "counts_fit"},
        time=(
            "How long does a fit of counts take? A negative binomial regression of 1,010 people by L-BFGS.\n\nLeaves "
            "out float32."
        ),
        stages="How long is the build time of a fit of counts? It is the build time of its gradient.",
        costs="What does a fit of counts cost apart from time? Calls of the objective, and accuracy of the result.",
        page=Page(
            "Fit of counts",
            "A whole fit to n people of real data by L-BFGS. A call is one fit or, in mode value, one objective call.",
            [1_010],
            rank=26,
        ),
        places={"nightly": Place(time=[pick(n=1_010, backend="autograd", mode="reverse")])},
        fingerprints=["negative_binomial/1010"],
    ),
]
