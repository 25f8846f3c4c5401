"""One thread for this process and for those that it starts, as the suite measures."""

from __future__ import annotations

import os

from threadpoolctl import threadpool_limits

#: A BLAS reads these when it is loaded.
VARIABLES = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def use_one_thread() -> None:
    """Limit each BLAS that is loaded, and each that will be, to one thread.

    On a busy machine, a BLAS with several threads takes up to a thousand times as long.
    """
    os.environ.update(VARIABLES)
    threadpool_limits(1)
