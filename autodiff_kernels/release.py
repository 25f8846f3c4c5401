"""The version of the installed package."""

from importlib import metadata


def version() -> str:
    """The version of the installed package, or `not installed` for a checkout that is not installed."""
    try:
        return metadata.version("autodiff-kernels")
    except metadata.PackageNotFoundError:
        return "not installed"
