"""The timeline Jacobian: m points in time, two parameters, three curves."""

from benchmarks.quantities import ANY_BACKEND, EXACT_IN_AUTOGRAD, EXACT_IN_JAX
from benchmarks.rows import BOTH, CHOICES, DTYPES, Page, Place, Row, pick

_CURVES = ["linear", "cdf", "weibull"]

ROWS = [
    Row(
        name="TimelineJacobian",
        method="time_jacobian",
        parameters={"m": [400, 4_000, 40_000, 10_000_000], "curve": _CURVES, **CHOICES},
        fixed={"problem": "timeline"},
        slow=False,
        time=(
            "What does the timeline Jacobian, m × 2, cost? Forward mode needs two passes and reverse mode m.\n\n"
            "Leaves out the slow cells, which TimelineReversePasses and TimelineChunks measure."
        ),
        stages=(
            "How long is the build time of the timeline Jacobian? Modes differ in how often the program contains the "
            "curve."
        ),
        costs=(
            "What does the timeline Jacobian cost apart from time? Reverse mode needs a pull-back for each row.\n\n"
            "Leaves out the slow cells, which run their passes one after the other."
        ),
        device="How long is a GPU busy with the timeline Jacobian? At best, as long as it takes to write the result.",
        page=Page(
            "Timeline Jacobian",
            "Jacobian of a curve over m points in time, in two parameters: m × 2.",
            [400, 4_000, 40_000],
            rank=4,
        ),
        places={
            "nightly": Place(
                time=[
                    pick(m=40_000, curve="linear", backend=BOTH, mode=["value", "explicit", "forward"]),
                    pick(m=40_000, curve="linear", backend="jax", mode=["finite_difference", "complex_step"]),
                    pick(m=40_000, curve="linear", backend="autograd", mode="double_reverse"),
                    pick(m=400, curve="linear", backend=BOTH, mode="reverse"),
                    pick(m=4_000, curve="linear", backend="jax", mode="chunked_reverse"),
                    pick(m=40_000, curve="weibull", backend=BOTH, mode="explicit"),
                ],
                costs=[
                    pick(EXACT_IN_JAX, m=40_000, curve="linear", backend="jax", mode=["explicit", "forward"]),
                    pick(
                        EXACT_IN_AUTOGRAD,
                        m=40_000,
                        curve="linear",
                        backend="autograd",
                        mode=["forward", "double_reverse"],
                    ),
                    pick(ANY_BACKEND, m=40_000, curve="linear", backend=BOTH, mode=["explicit", "forward"]),
                ],
            ),
            "releases": Place(time=[pick(m=40_000, curve="linear", backend=BOTH, mode="forward")]),
            "gpu": Place(
                time=[
                    pick(m=40_000, curve="linear", mode=["explicit", "forward"]),
                    pick(m=10_000_000, curve=["linear", "weibull"], mode=["value", "explicit", "forward"]),
                    pick(m=10_000_000, curve="linear", mode=["explicit", "forward"], dtype="float32"),
                ],
            ),
            "beside-gpu": Place(time=[pick(m=40_000, curve="linear", backend="jax", mode=["explicit", "forward"])]),
        },
        fingerprints=["linear/400", "linear_argument/400", "cdf/400", "weibull/400"],
    ),
    Row(
        name="TimelineArgument",
        method="time_jacobian",
        parameters={"m": [400], **CHOICES},
        fixed={"problem": "timeline", "formulation": "linear_argument"},
        time=(
            "Does it matter whether the function closes over the data? Here it takes them as an argument.\n\n"
            "Compare with TimelineJacobian, curve `linear`, whose program is the same. Leaves out all m except 400."
        ),
    ),
    Row(
        name="TimelineReversePasses",
        method="time_jacobian",
        parameters={"curve": _CURVES},
        fixed={"problem": "timeline", "backend": "autograd", "mode": "reverse", "size": 40_000},
        slow=True,
        time=(
            "How slow is `autograd.jacobian` of a timeline of 40,000 points? It runs one reverse pass for each "
            "point.\n\nLeaves out repeated calls: the call that was checked is the only sample."
        ),
    ),
    Row(
        name="TimelineChunks",
        method="time_jacobian",
        parameters={"curve": _CURVES, "dtype": DTYPES},
        fixed={"problem": "timeline", "backend": "jax", "mode": "chunked_reverse", "size": 40_000},
        slow=True,
        time=(
            "How slow is the timeline Jacobian of 40,000 rows in chunked reverse mode? One float64 batch needs 25.6 "
            "GB.\n\nLeaves out repeated calls: the call that was checked is the only sample."
        ),
    ),
]
