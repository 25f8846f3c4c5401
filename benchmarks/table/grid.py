"""The log-density of a periodic Gaussian process on a regular grid: by the Fourier transform, or a Cholesky factor."""

from benchmarks.rows import BOTH, CHOICES, Page, Place, Row, pick

ROWS = [
    Row(
        name="PeriodicProcess",
        method="time_gradient",
        parameters={"n": [16, 256, 4_096, 65_536], **CHOICES},
        fixed={"problem": "grid", "formulation": "fourier"},
        time=(
            "What does the gradient through a Fourier transform cost? Complex numbers inside of a real gradient, and "
            "n log n work."
        ),
        stages=(
            "How long is the build time of a Fourier transform's gradient? Its program has the same size for every n."
        ),
        costs="What does the gradient through a Fourier transform cost apart from time? Accuracy, mainly.",
        device="How long is a GPU busy with the gradient through a Fourier transform?",
        page=Page(
            "Periodic process",
            "Gradient of the log-density of a Gaussian process on a circle of n points, by the Fourier transform.",
            [16, 256, 4_096, 65_536],
            rank=22,
        ),
        places={"nightly": Place(time=[pick(n=4_096, backend=BOTH, mode="reverse")])},
        fingerprints=["fourier/256"],
    ),
    Row(
        name="PeriodicProcessDense",
        method="time_gradient",
        parameters={"n": [16, 256, 1_024], **CHOICES},
        fixed={"problem": "grid", "formulation": "dense"},
        time="From how many points on is the Fourier transform faster than a Cholesky factor? This is the factor.",
        stages="How long is the build time of the periodic process's gradient by a Cholesky factor?",
        costs="What does the periodic process's gradient by a Cholesky factor cost apart from time? n² memory.",
        device="How long is a GPU busy with the periodic process's gradient by a Cholesky factor?",
        page=Page(
            "Periodic process, dense",
            "The same log-density by the Cholesky factor of the n × n covariance matrix.",
            [16, 256, 1_024],
            rank=23,
        ),
        fingerprints=["dense/1024"],
    ),
]
