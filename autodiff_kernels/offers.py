"""The modes, dtypes and devices of each backend, readable without importing it. Add a row for a new backend."""

from __future__ import annotations

from dataclasses import dataclass

from autodiff_kernels.modes import MODES

DTYPES = ("float64", "float32")
DEVICES = ("cpu", "gpu")
#: The number of outputs that chunked_reverse pulls back in one batch.
CHUNK = 64


@dataclass(frozen=True)
class Backend:
    """What one backend offers. The first entry of `jit` is its default."""

    modes: frozenset[str]
    dtypes: tuple[str, ...]
    jit: tuple[bool, ...]
    devices: tuple[str, ...]
    #: Whether the passes of a derivative run as one batch; otherwise they run one after the other.
    batches_passes: bool = False
    #: The problems for which the backend has a model; None means all.
    problems: frozenset[str] | None = None


BACKENDS: dict[str, Backend] = {
    "jax": Backend(
        frozenset(MODES),
        DTYPES,
        jit=(True, False),
        devices=DEVICES,
        batches_passes=True,
    ),
    "autograd": Backend(
        frozenset(MODES) - {"linearize", "chunked_reverse", "lapack"},
        ("float64",),
        jit=(False,),
        devices=("cpu",),
    ),
}
