"""The decay Jacobian: m rows, 80,000 / m columns."""

from benchmarks.rows import BACKENDS, CHOICES, DTYPES, Page, Place, Row, pick

ROWS = [
    Row(
        name="DecayJacobian",
        method="time_jacobian",
        parameters={"m": [2, 100, 400, 2_000, 40_000], **CHOICES},
        fixed={"problem": "decays"},
        slow=False,
        time=(
            "At which shape of the decay Jacobian do forward and reverse mode cross? Five shapes, 2 × 40,000 to "
            "40,000 × 2.\n\nLeaves out the slow cells, which DecayPasses measures."
        ),
        stages="How long is the build time of the decay Jacobian? The program is the same for every shape.",
        costs=(
            "What does the decay Jacobian cost apart from time, wide or tall? Mainly memory, if all passes run as one "
            "batch.\n\nLeaves out the slow cells, which run their passes one after the other."
        ),
        device="How long is a GPU busy with the decay Jacobian? 80,000 entries are too few to fill a GPU.",
        page=Page(
            "Decay Jacobian",
            "Jacobian of sums of n exponential decays at m times, in the n rates. m × n = 80,000; m sets the shape.",
            [2, 100, 400, 2_000, 40_000],
            rank=5,
        ),
        places={
            "nightly": Place(time=[pick(m=400, backend="jax", mode="reverse")]),
            "gpu": Place(time=[pick(m=400, mode=["forward", "reverse"])]),
        },
        fingerprints=["standard/400"],
    ),
    Row(
        name="DecayPasses",
        method="time_jacobian",
        parameters={
            "m": [2, 40_000],
            "backend": BACKENDS,
            "mode": ["reverse", "forward", "complex_step", "chunked_reverse"],
            "dtype": DTYPES,
        },
        fixed={"problem": "decays"},
        slow=True,
        time=(
            "How slow is the wrong mode for a 2 × 40,000 or 40,000 × 2 decay Jacobian? It needs a pass for each row or "
            "column.\n\nLeaves out repeated calls: the call that was checked is the only sample."
        ),
    ),
]
