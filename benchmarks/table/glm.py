"""The log-likelihood of a logistic regression with p coefficients."""

from benchmarks.rows import BOTH, CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="LogisticRegression",
        method="time_gradient",
        parameters={"p": [5, 100, 1_000, 10_000], **CHOICES},
        fixed={"problem": "glm"},
        time=(
            "What does the gradient of a logistic regression cost, in up to 10,000 coefficients? One more product of "
            "a matrix and a vector."
        ),
        stages=(
            "How long is the build time of a logistic regression's gradient? Its program has the same size for every p."
        ),
        costs="What does the gradient of a logistic regression cost apart from time? Mainly memory in forward mode.",
        device="How long is a GPU busy with the gradient of a logistic regression? It reads the matrix twice.",
        page=Page(
            "Logistic regression",
            "Gradient of the log-likelihood of a logistic regression on 1,000 rows, in p coefficients.",
            [5, 100, 1_000, 10_000],
            rank=17,
        ),
        places={"nightly": Place(time=[pick(p=1_000, backend=BOTH, mode="reverse")])},
        fingerprints=["logistic/100"],
    ),
    Row(
        name="LogisticSecondOrder",
        method="time_derivative",
        parameters={
            "p": [5, 100, 1_000, 10_000],
            **CHOICES,
            "mode": ["value", "reverse", "hessian_vector_product", "forward_over_reverse", "reverse_over_reverse"],
        },
        fixed={"problem": "glm"},
        time=(
            "What does a step of Newton's method for a logistic regression cost? The product of the Hessian and a "
            "vector, or the whole Hessian of up to 400 coefficients."
        ),
        stages="How long is the build time of a logistic regression's second derivatives?",
        costs="What do second derivatives of a logistic regression cost apart from time? Mainly memory.",
        device="How long is a GPU busy with second derivatives of a logistic regression?",
        places={"nightly": Place(time=[pick(p=1_000, backend="jax", mode="hessian_vector_product")])},
    ),
]
