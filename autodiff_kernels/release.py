"""The version of the package, as it was installed."""

from importlib import metadata


def version() -> str:
    """The version that pyproject.toml states, or `not installed` for a checkout without an installation."""
    try:
        return metadata.version("autodiff-kernels")
    except metadata.PackageNotFoundError:
        return "not installed"
