"""The version of the package, as it was installed."""

from importlib import metadata


def version() -> str:
    """The version that pyproject.toml states, or `not installed` for a checkout that Python only finds by its path."""
    try:
        return metadata.version("autodiff-kernels")
    except metadata.PackageNotFoundError:
        return "not installed"
