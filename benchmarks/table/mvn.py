"""The MVN log-density of n points: its gradient, its second derivatives, and the textbook formula."""

from benchmarks.quantities import ANY_BACKEND, EXACT_IN_AUTOGRAD, EXACT_IN_JAX, STAGES
from benchmarks.rows import BOTH, CHOICES, COMMON, SECOND_ORDER, Page, Place, Row, pick

ROWS = [
    Row(
        name="MVNLogDensity",
        method="time_gradient",
        parameters={"n": [3, 100, 300, 1000, 4096, 16_384], **CHOICES},
        fixed={"problem": "mvn", "formulation": "cholesky"},
        time=("What does the gradient of the MVN log-density cost? Cholesky and solves do n³ work for two parameters."),
        stages=(
            "How long is the build time of the MVN log-density's gradient? Its program has the most equations of the "
            "suite."
        ),
        costs="What does the gradient of the MVN log-density cost apart from time? Equations, memory and accuracy.",
        device="How long is a GPU busy with the gradient of the MVN log-density? Mostly with matrix products.",
        page=Page(
            "MVN log-density",
            "Gradient of a multivariate normal log-density with an RBF kernel: a Gaussian process log-likelihood.",
            [3, 100, 300, 1000],
            rank=1,
        ),
        places={
            "nightly": Place(
                time=[
                    pick(n=[3, 1000], backend=BOTH, mode=COMMON),
                    pick(n=100, backend=BOTH, mode="reverse"),
                    pick(n=100, backend="jax", mode="linearize"),
                    pick(n=1000, backend=BOTH, mode="custom_rule"),
                    pick(n=1000, backend="jax", mode="lapack"),
                    pick(n=100, backend="autograd", mode="double_reverse"),
                    pick(n=1000, backend="jax", mode="reverse", dtype="float32"),
                ],
                stages=[pick(n=3, backend="jax", mode="reverse", stage=STAGES)],
                # Deterministic metrics detect small changes at little cost. They hardly depend on the size.
                costs=[
                    pick(EXACT_IN_JAX, n=100, backend="jax", mode=[*COMMON, "forward"]),
                    pick(EXACT_IN_AUTOGRAD, n=100, backend="autograd", mode=COMMON),
                    pick(["float64_values"], n=1000, backend="jax", mode="reverse", dtype="float32"),
                    pick(ANY_BACKEND, n=1000, backend=BOTH, mode=["explicit", "reverse"]),
                    pick(ANY_BACKEND, n=1000, backend="jax", mode="reverse", dtype="float32"),
                ],
            ),
            "releases": Place(
                time=[
                    pick(n=3, backend="jax", mode="reverse", dtype=["float64", "float32"]),
                    pick(n=3, backend="autograd", mode="reverse"),
                    pick(n=[100, 1000], backend=BOTH, mode="reverse"),
                ],
                stages=[pick(n=3, backend="jax", mode="reverse", stage="compile")],
                costs=[pick(EXACT_IN_JAX, n=3, backend="jax", mode="reverse")],
            ),
            "gpu": Place(
                time=[
                    pick(n=[1000, 4096, 16_384], mode=COMMON),
                    pick(n=4096, mode="forward"),
                    pick(n=16_384, mode="custom_rule"),
                    pick(n=4096, mode=["explicit", "reverse"], dtype="float32"),
                    pick(n=16_384, mode=["value", "explicit"], dtype="float32"),
                ],
            ),
            "beside-gpu": Place(time=[pick(n=1000, backend=BOTH, mode=["explicit", "reverse"])]),
        },
        fingerprints=["cholesky/100"],
    ),
    Row(
        name="MVNSecondOrder",
        method="time_derivative",
        parameters={"n": [3, 100, 300], **CHOICES, "mode": ["value", "reverse", *SECOND_ORDER]},
        fixed={"problem": "mvn", "formulation": "cholesky"},
        time=(
            "What do second derivatives of the MVN log-density cost? The whole Hessian, or its product with a "
            "vector.\n\nLeaves out n above 300 and explicit Hessians."
        ),
        stages=(
            "How long is the build time of the MVN log-density's second derivatives? JAX differentiates a derivative."
        ),
        costs="What do second derivatives of the MVN log-density cost apart from time? Equations and memory.",
        device="How long is a GPU busy with second derivatives of the MVN log-density? Leaves out n above 300.",
        places={
            "nightly": Place(time=[pick(n=100, backend="jax", mode=["forward_over_reverse", "reverse_over_reverse"])]),
            "gpu": Place(time=[pick(n=300, mode="hessian_vector_product")]),
        },
    ),
    Row(
        name="MVNTextbook",
        method="time_gradient",
        parameters={"n": [3, 100, 300, 1000], **CHOICES},
        fixed={"problem": "mvn", "formulation": "textbook"},
        time=(
            "What does the textbook formula of the MVN log-density cost? It takes a determinant and general solves.\n\n"
            "Leaves out every n at which the determinant underflows. The explicit gradient has no determinant and runs "
            "at all n."
        ),
        stages=(
            "How long is the build time of the MVN log-density by the textbook formula? Each solve factorises anew."
        ),
        costs="What does the textbook formula of the MVN log-density cost apart from time? Mainly accuracy.",
        page=Page(
            "MVN log-density, textbook formula",
            "The MVN log-density by determinant and general solves.",
            [3, 100, 300, 1000],
            rank=2,
        ),
        places={"nightly": Place(time=[pick(n=100, backend="jax", mode="reverse")])},
        fingerprints=["textbook/100"],
    ),
]
