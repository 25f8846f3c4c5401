"""The loss of a network of n layers."""

from benchmarks.rows import CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="NetworkLayers",
        method="time_gradient",
        parameters={"n": [1, 10, 100], "network": ["small", "middle", "attention"], **CHOICES},
        fixed={"problem": "layers"},
        time=(
            "What does the gradient of a network cost, in all of its weights? Layers of width 16 and 64, and "
            "attention, written one after the other."
        ),
        stages=(
            "How does the build time of a network's gradient grow with its layers? Each of them is traced and compiled."
        ),
        costs=(
            "What does the gradient of a network cost apart from time? Equations and build time grow with the layers."
        ),
        device="How long is a GPU busy with the gradient of a small network? Each layer is a few small kernels.",
        page=Page(
            "Network of layers",
            "Gradient of the loss of a network of n layers, in all of its weights.",
            [1, 10, 100],
            rank=20,
        ),
        places={
            "nightly": Place(
                time=[
                    pick(n=10, network="small", backend="jax", mode="reverse", dtype="float32"),
                    pick(n=10, network="attention", backend="jax", mode="reverse", dtype="float32"),
                ],
                stages=[pick(n=10, network="small", backend="jax", mode="reverse", stage="compile")],
            ),
        },
        fingerprints=["small/10", "middle/1", "attention/10"],
    ),
]
