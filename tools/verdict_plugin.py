"""The ASV plugin of asv-verdict. Imported through `tools`, it also works where asv-verdict is not installed."""

from asv_verdict import Site

__all__ = ["Site"]
