"""Measure the commits of an ASV repository, decide which changes are real, and publish the verdict."""

__version__ = "0.2.0"
