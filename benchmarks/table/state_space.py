"""The state-space log-likelihood of n observations: by a Kalman filter, its loop unrolled, and by a Cholesky factor."""

from benchmarks.quantities import EXACT_IN_JAX
from benchmarks.rows import CHOICES, COMMON, Page, Place, Row, pick

ROWS = [
    Row(
        name="StateSpaceLogLikelihood",
        method="time_gradient",
        parameters={
            "n": [10, 100, 1_000, 10_000],
            "kernel": ["matern32", "matern12", "matern52"],
            **CHOICES,
        },
        fixed={"problem": "state_space"},
        time=(
            "What does the gradient through a loop of n small steps cost? A Kalman filter, whose state has 1 to 3 "
            "entries.\n\nLeaves out loops in Python of more than 20,000 steps in all passes."
        ),
        stages="How long is the build time of a loop's gradient? Its program has the same size for every n.",
        costs="What does the gradient through a loop cost apart from time? Reverse mode stores values of every step.",
        device="How long is a GPU busy with the gradient through a loop of small steps? It waits for each of them.",
        page=Page(
            "State-space log-likelihood",
            "Gradient of the log-likelihood of n observations of a Gaussian process with a Matérn kernel, by a "
            "Kalman filter.",
            [10, 100, 1_000, 10_000],
            rank=11,
        ),
        places={
            "nightly": Place(
                time=[
                    pick(n=1_000, kernel="matern32", backend="jax", mode=[*COMMON, "forward"]),
                    pick(n=1_000, kernel="matern32", backend="jax", mode="reverse", dtype="float32"),
                    pick(n=100, kernel="matern32", backend="autograd", mode=COMMON),
                ],
                costs=[
                    pick(EXACT_IN_JAX, n=1_000, kernel="matern32", backend="jax", mode="reverse"),
                    pick(["peak_bytes"], n=10_000, kernel="matern32", backend="jax", mode=["reverse", "checkpoint"]),
                ],
            ),
        },
        fingerprints=["matern32/100", "matern12/100", "matern52/100"],
    ),
    Row(
        name="StateSpaceUnrolled",
        method="time_gradient",
        parameters={"n": [10, 100], **CHOICES},
        fixed={"problem": "state_space", "formulation": "unrolled"},
        time=(
            "What does a loop cost whose steps are written one after the other? The compiler sees all of them at once."
        ),
        stages=(
            "How does the build time of an unrolled loop grow with its steps? Tracing and compiling see each of them."
        ),
        costs="What does an unrolled loop cost apart from time? Mainly equations and build time.",
        device="How long is a GPU busy with the gradient through an unrolled loop? Each step is many small kernels.",
        page=Page(
            "State-space log-likelihood, unrolled",
            "The same log-likelihood, with the n steps of the filter written one after the other.",
            [10, 100],
            rank=12,
        ),
        fingerprints=["unrolled/10"],
    ),
    Row(
        name="StateSpaceDense",
        method="time_gradient",
        parameters={"n": [10, 100, 1_000], **CHOICES},
        fixed={"problem": "state_space", "formulation": "dense"},
        time=(
            "From how many observations on is a Kalman filter faster than a Cholesky factor? This is the factor: n³ "
            "work."
        ),
        stages="How long is the build time of the state-space log-likelihood's gradient by a Cholesky factor?",
        costs=(
            "What does the state-space log-likelihood's gradient by a Cholesky factor cost apart from time? n² memory."
        ),
        device="How long is a GPU busy with the state-space log-likelihood's gradient by a Cholesky factor?",
        page=Page(
            "State-space log-likelihood, dense",
            "The same log-likelihood by the Cholesky factor of the n × n covariance matrix.",
            [10, 100, 1_000],
            rank=13,
        ),
        fingerprints=["dense/1000"],
    ),
    Row(
        name="StateSpaceFit",
        method="time_fit",
        parameters={"n": [100], **CHOICES, "dtype": ["float64"]},
        fixed={"problem": "state_space_fit"},
        time=(
            "How long does a state-space fit of 100 years take? L-BFGS makes many calls of a Kalman "
            "filter.\n\nLeaves out float32."
        ),
        stages="How long is the build time of a state-space fit? It is the build time of its gradient.",
        costs="What does a state-space fit cost apart from time? Calls of the objective, and accuracy of the result.",
        page=Page(
            "State-space fit",
            "A whole fit to n years of real data by L-BFGS. A call is one fit or, in mode value, one objective call.",
            [100],
            rank=25,
        ),
        places={"nightly": Place(time=[pick(n=100, backend="jax", mode="reverse")])},
        fingerprints=["matern12/100"],
    ),
]
