"""Many small log-densities: B multivariate normals of k dimensions."""

from benchmarks.rows import CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="SmallSystems",
        method="time_gradient",
        parameters={"B": [10, 100, 10_000, 100_000], "k": ["k2", "k4", "k8"], **CHOICES},
        fixed={"problem": "small_systems"},
        time=(
            "What do many small Cholesky factors and solves cost, as one batch? B systems of 2, 4 or 8 dimensions, "
            "with a parameter each."
        ),
        stages="Does the build time of a batch of small systems grow with their number?",
        costs="What do many small systems cost apart from time? Mainly memory.",
        device="How long is a GPU busy with many small systems? A batch of them can fill it.",
        page=Page(
            "Many small log-densities",
            "Gradient of the sum of B multivariate normal log-densities of 2, 4 or 8 dimensions, in B lengthscales.",
            [10, 100, 10_000, 100_000],
            rank=16,
        ),
        places={"nightly": Place(time=[pick(B=10_000, k="k4", backend="jax", mode=["value", "reverse"])])},
        fingerprints=["k2/100", "k4/100", "k8/100"],
    ),
]
