"""Files, processes, locks and text of this machine."""
