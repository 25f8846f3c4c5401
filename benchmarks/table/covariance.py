"""The RBF matrix of n points: contracted to a number, and all of its entries."""

from benchmarks.quantities import ANY_BACKEND, EXACT_IN_JAX
from benchmarks.rows import BOTH, CHOICES, COMMON, Page, Place, Row, pick

ROWS = [
    Row(
        name="RBFCovariance",
        method="time_gradient",
        parameters={"n": [10, 100, 300, 1000, 8192], **CHOICES},
        fixed={"problem": "covariance", "formulation": "contracted"},
        time=(
            "What does the gradient of the RBF matrix cost? Memory traffic and exp dominate. Leaves out linear algebra."
        ),
        stages=(
            "How long is the build time of the RBF matrix's gradient? It has few equations, and the compiler fuses "
            "most."
        ),
        costs=(
            "What does the gradient of the RBF matrix cost apart from time? Mainly memory, if operations are not fused."
        ),
        device="How long is a GPU busy with the gradient of the RBF matrix? Memory traffic sets the time.",
        page=Page(
            "RBF matrix",
            "Gradient of the kernel matrix of n points, contracted to a number by fixed weights.",
            [10, 100, 300, 1000],
            rank=6,
        ),
        places={
            "nightly": Place(
                time=[
                    pick(n=300, backend=BOTH, mode=COMMON),
                    pick(n=300, backend="jax", mode="reverse", dtype="float32"),
                ],
                stages=[pick(n=300, backend="jax", mode="reverse", stage=["compile", "first_call"])],
                costs=[
                    pick(EXACT_IN_JAX, n=300, backend="jax", mode=["explicit", "reverse"]),
                    pick(["float64_values"], n=300, backend="jax", mode="reverse", dtype="float32"),
                    pick(ANY_BACKEND, n=300, backend=BOTH, mode="reverse"),
                    pick(ANY_BACKEND, n=300, backend="jax", mode="reverse", dtype="float32"),
                ],
            ),
            "releases": Place(
                time=[
                    pick(n=300, backend="jax", mode="reverse", dtype=["float64", "float32"]),
                    pick(n=300, backend="autograd", mode="reverse"),
                ],
                costs=[pick(EXACT_IN_JAX, n=300, backend="jax", mode="reverse", dtype=["float64", "float32"])],
            ),
            "gpu": Place(
                time=[pick(n=[1000, 8192], mode=COMMON), pick(n=8192, mode="reverse", dtype="float32")],
            ),
            "beside-gpu": Place(time=[pick(n=1000, backend="jax", mode=["explicit", "reverse"])]),
        },
        fingerprints=["contracted/100"],
    ),
    Row(
        name="RBFCovarianceJacobian",
        method="time_jacobian",
        parameters={"n": [10, 100, 300, 1000, 4096], **CHOICES},
        fixed={"problem": "covariance", "formulation": "full"},
        time="What does the RBF matrix Jacobian cost, with n² outputs and two parameters? It favours forward mode.",
        stages="How long is the build time of the RBF matrix Jacobian? Its program has the same size for every n.",
        costs="What does the RBF matrix Jacobian with n² outputs cost apart from time? Mainly memory in reverse mode.",
        device="How long is a GPU busy with the RBF matrix Jacobian of n² outputs? Writing the result sets the time.",
        page=Page(
            "RBF matrix Jacobian", "Jacobian of all n × n entries of the kernel matrix.", [10, 100, 300, 1000], rank=7
        ),
        places={
            "nightly": Place(
                time=[
                    pick(n=100, backend="jax", mode=["explicit", "forward"]),
                    pick(n=100, backend="autograd", mode="forward"),
                ],
            ),
            "gpu": Place(time=[pick(n=4096, mode=["explicit", "forward"])]),
        },
        fingerprints=["full/100"],
    ),
]
