"""What each backend offers, readable without importing it. A new backend adds its row here."""

from __future__ import annotations

from dataclasses import dataclass

from autodiff_kernels.modes import MODES

DTYPES = ("float64", "float32")
DEVICES = ("cpu", "gpu")


@dataclass(frozen=True)
class Backend:
    """What one backend has of everything; the first entry of `jit` is its default."""

    modes: frozenset[str]
    dtypes: tuple[str, ...]
    jit: tuple[bool, ...]
    devices: tuple[str, ...]
    #: Whether the pull-backs of a Jacobian run as one batch; otherwise they run one after the other.
    batches_pull_backs: bool = False
    #: The problems that it has a model of; None is all of them.
    problems: frozenset[str] | None = None


BACKENDS: dict[str, Backend] = {
    "jax": Backend(frozenset(MODES), DTYPES, jit=(True, False), devices=DEVICES, batches_pull_backs=True),
    "autograd": Backend(frozenset(MODES) - {"linearize"}, ("float64",), jit=(False,), devices=("cpu",)),
}
