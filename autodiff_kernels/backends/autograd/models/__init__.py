"""One file for each model, named after its problem. Formulas and names are those of autodiff_kernels/problems."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from autodiff_kernels.backends.base import Model

MODELS: dict[str, Callable[[str], Model]] = {
    info.name: import_module(f"{__name__}.{info.name}").model for info in iter_modules(__path__)
}
