"""The ASV plugin for environments of type `installed`. Imported through `tools`, it also works uninstalled."""

from asv_verdict import Installed

__all__ = ["Installed"]
