"""Values of options on the command line."""

from __future__ import annotations

import argparse


def whole_number(text: str, least: int = 0) -> int:
    """A whole number, `least` or more. Raises ArgumentTypeError."""
    try:
        if text.isdecimal() and (number := int(text)) >= least:
            return number
    except ValueError:  # it has more digits than Python reads
        pass
    raise argparse.ArgumentTypeError(f"{text[:20]!r}: expected a whole number, {least} or more")
