"""The roughness of a field on a grid of two or three dimensions."""

from benchmarks.rows import BOTH, CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="PlaneRoughness",
        method="time_gradient",
        parameters={"n": [8, 32, 200, 1_400, 8_000], **CHOICES},
        fixed={"problem": "smoothness", "formulation": "plane"},
        time=(
            "What does the gradient of a stencil cost, in up to two million parameters? It reads and writes memory, "
            "and computes little."
        ),
        stages="How long is the build time of a stencil's gradient? Its program has the same size for every n.",
        costs=(
            "What does the gradient of a stencil cost apart from time? Memory for a copy of the field, or for several."
        ),
        device="How long is a GPU busy with the gradient of a stencil? Memory traffic sets the time.",
        page=Page(
            "Roughness of a plane",
            "Gradient of the squared differences between neighbours on a grid of n × n points, in all of them.",
            [8, 32, 200, 1_400],
            rank=18,
        ),
        places={"nightly": Place(time=[pick(n=200, backend=BOTH, mode="reverse")])},
        fingerprints=["plane/32"],
    ),
    Row(
        name="CubeRoughness",
        method="time_gradient",
        parameters={"n": [4, 10, 125, 400], **CHOICES},
        fixed={"problem": "smoothness", "formulation": "cube"},
        time=(
            "What does the gradient of a stencil cost on a grid of three dimensions? Neighbours are far apart in "
            "memory."
        ),
        stages="How long is the build time of a stencil's gradient on a grid of three dimensions?",
        costs="What does the gradient of a stencil on a grid of three dimensions cost apart from time? Mainly memory.",
        device="How long is a GPU busy with the gradient of a stencil on a grid of three dimensions?",
        page=Page(
            "Roughness of a cube",
            "Gradient of the squared differences between neighbours on a grid of n × n × n points, in all of them.",
            [4, 10, 125],
            rank=19,
        ),
        fingerprints=["cube/10"],
    ),
]
