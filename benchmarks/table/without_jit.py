"""A few cells of several problems without JAX's compiler."""

from benchmarks.rows import DTYPES, MODES, Place, Row, pick

ROWS = [
    Row(
        name="WithoutJIT",
        method="time_derivative",
        parameters={
            "cell": ["rbf/d=1", "covariance/n=100", "mvn/n=3", "mvn/n=100", "timeline/m=400"],
            "mode": MODES,
            "dtype": DTYPES,
        },
        fixed={"backend": "jax", "jit": False},
        time=(
            "How much does JAX's compiler save? These cells run with `jax_disable_jit`, one operation at a time.\n\n"
            "Leaves out large sizes: there, dispatch is a small part of the time."
        ),
        places={"nightly": Place(time=[pick(cell="mvn/n=3", mode="reverse")])},
    ),
]
