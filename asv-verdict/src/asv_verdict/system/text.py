"""Foreign text for a terminal: from commits, results, other programs and other people."""

from __future__ import annotations

import unicodedata

#: The longest text of a message, in characters.
LONGEST = 1000
#: Categories that a terminal or a browser obeys and does not show: control, format, surrogates, separators of lines.
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Line breaks and tabs, and the joiners inside emoji and words of some scripts.
_HARMLESS = frozenset("\n\t\u200c\u200d")


def visible(text: str) -> str:
    r"""The text with control characters, except line breaks and tabs, as escape sequences such as `\x1b`."""
    return "".join(
        character
        if character in _HARMLESS or unicodedata.category(character) not in _OBEYED
        else character.encode("unicode_escape").decode()
        for character in text.replace("\r\n", "\n")
    )


def one_line(text: str, longest: int = LONGEST) -> str:
    """The visible text on one line, cut with an ellipsis after `longest` characters."""
    line = " ".join(visible(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
