"""Make text from results and commits safe inside Markdown: GitHub and a terminal show it unchanged."""

from __future__ import annotations

import re

from asv_verdict.system.text import LONGEST, one_line

#: Markup that works anywhere in a line, underscores at the edge of a word, and addresses that GitHub would link.
_ANYWHERE = re.compile(r"[\\`*\[\]~$|]|&(?=[#\w])|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.", re.IGNORECASE)
#: Characters that begin a list, a heading or a quotation, or underline a heading.
_AT_THE_START = re.compile(r"^(\d*)([-+=#>.)])")
#: GitHub notifies the person whose name follows an @; a comment in between, which nobody sees, prevents that.
_AT = "@<!-- -->"


def ratio_in_words(number: float | None) -> str:
    """A ratio from the JSON of a report, as text."""
    return "∞" if number is None else f"{number:.3f}"


def escape(text: str, longest: int = LONGEST) -> str:
    """Text from result files and commits as Markdown without markup, links and mentions, on one line."""
    line = _ANYWHERE.sub(r"\\\g<0>", one_line(text, longest))
    line = _AT_THE_START.sub(r"\1\\\2", line)
    return line.replace("<", "&lt;").replace("@", _AT)


def code(text: str, longest: int = LONGEST) -> str:
    """Text from result files and commits as code in a table. Only backticks and bars need care: they could end it."""
    line = one_line(text, longest)
    if not line:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    gap = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{gap}{line}{gap}{fence}".replace("|", "\\|")
