"""Text from results and commits, safe inside Markdown."""

from __future__ import annotations


def ratio_in_words(number: float | None) -> str:
    """A ratio from the JSON of a report, as text."""
    return "∞" if number is None else f"{number:.3f}"


def escape(text: str) -> str:
    """Text from result files and commits, so that Markdown, HTML and @names in it have no effect."""
    for character, meant in _MEANT.items():
        text = text.replace(character, meant)
    return " ".join(text.split())


def code(text: str) -> str:
    """The same as code: between backticks only a backtick and the bar of a table have a meaning."""
    return f"`{' '.join(text.split()).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


#: An underscore inside a word needs no escape.
_MEANT = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "@": "&#64;",
    "`": "&#96;",
    "|": "&#124;",
    "*": "\\*",
    "[": "\\[",
    "#": "\\#",
}
