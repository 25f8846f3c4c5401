"""The ASV plugin of asv-verdict, found where it is installed and else in its source."""

from asv_verdict.plugin import Site

__all__ = ["Site"]
