"""The membrane potential after n steps of a Runge-Kutta method."""

from benchmarks.rows import CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="MembranePotential",
        method="time_gradient",
        parameters={"n": [10, 100, 1_000, 10_000], "wrt": ["conductances", "initial"], **CHOICES},
        fixed={"problem": "ode"},
        time=(
            "What does the gradient of an integrated equation cost? Runge-Kutta steps with exponentials, in three or "
            "in sixteen parameters.\n\nLeaves out loops in Python of more than 20,000 steps in all passes."
        ),
        stages="How long is the build time of an integrated equation's gradient? A step holds four stages.",
        costs="What does the gradient of an integrated equation cost apart from time? Memory, which checkpoints save.",
        device="How long is a GPU busy with the gradient of an integrated equation? It waits for each small step.",
        page=Page(
            "Membrane potential",
            "Gradient of the mean potential of 16 membranes after n Runge-Kutta steps, in three conductances or in "
            "the 16 initial potentials.",
            [10, 100, 1_000, 10_000],
            rank=14,
        ),
        places={
            "nightly": Place(
                time=[pick(n=1_000, wrt="conductances", backend="jax", mode=["reverse", "checkpoint"])],
            ),
        },
        fingerprints=["conductances/100", "initial/100"],
    ),
]
