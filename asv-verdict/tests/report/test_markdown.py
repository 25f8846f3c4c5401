"""Foreign text in Markdown: whatever goes in comes out as that text, by GitHub's own parser."""

import re
from html.parser import HTMLParser

import cmarkgfm
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asv_verdict.report.markdown import code, escape
from asv_verdict.system.text import one_line, visible

#: Pieces of text that have a meaning in Markdown or make GitHub add a link, and random text.
MARKS = r"""\`*_[]()<>{}#+-.!|~@:&"'$=/^ """
WORDS = r"a Z 1 é www. http:// https://a.b ftp://x.y mailto:a@b.c xmpp:a@b.c a@b.c WWW.X.Y :// &lt; &#64; <b> <!-- -->"
SIGNS = r"](http://x.y) ](x) [x] ![ ``` ~~~ --- 1. \| || `` __ **"
HIDDEN = ["\x1b", "\u202e", "\n", "\t", "\u200d", "    "]
PIECES = st.sampled_from([*MARKS, *WORDS.split(), *SIGNS.split(), *HIDDEN])
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=60))
#: Markdown around a text, the kind of element that shows it, and what the reader sees.
PLACES = {
    "item": ("- {}", "li", "{}"),
    "after words": ("- head: `abcdef12` {}", "li", "head: abcdef12 {}"),
    "cell": ("| a | b |\n|---|---|\n| {} | 1 |", "td", "{}"),
    "paragraph": ("Measured on {}, with care", "p", "Measured on {}, with care"),
    "start": ("{}", "p", "{}"),
}


class _Rendered(HTMLParser):
    """The texts of the elements of a kind, and all names of elements."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.open, self.texts, self.seen = kind, 0, [], set()

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.open += tag == self.kind
        if tag == self.kind:
            self.texts.append("")

    def handle_endtag(self, tag):
        self.open -= tag == self.kind

    def handle_data(self, data):
        if self.open:
            self.texts[-1] += data


def _render(markdown, kind):
    page = _Rendered(kind)
    page.feed(cmarkgfm.github_flavored_markdown_to_html(markdown))
    return page


def _squeezed(text):
    return " ".join(text.split())


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=120, deadline=None, derandomize=True)
@given(TEXTS)
@example("\\[click](http://evil.example)")
@example("&#64;you <b>&amp;lt;</b>")
@example("1. a")
@example("- b")
def test_escaped_text_comes_out_as_it_went_in(place, text):
    markdown, kind, seen = PLACES[place]
    page = _render(markdown.format(escape(text)), kind)
    assert _squeezed("".join(page.texts[:1])) == _squeezed(seen.format(one_line(text)))
    assert not page.seen & {"a", "em", "strong", "del", "img", "h1", "h2", "ol", "pre", "hr", "input", "blockquote"}


@settings(max_examples=250, deadline=None, derandomize=True)
@given(TEXTS)
@example("`a|b`")
@example("a\\|b")
@example("``")
def test_code_in_a_table_comes_out_as_it_went_in(text):
    page = _render(f"| a | b |\n|---|---|\n| {code(text)} | 1 |", "td")
    assert page.texts == [one_line(text), "1"]
    assert not page.seen & {"a", "em", "strong", "del", "img", "input"}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS)
def test_nobody_is_mentioned(text):
    assert not re.search(r"@[\w-]", escape(text))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=80))
def test_no_text_reaches_the_terminal_as_a_command(text):
    shown = visible(text)
    assert all(character.isprintable() or character in "\n\t\u200c\u200d" or character.isspace() or ord(character) > 127
               for character in shown)  # fmt: skip
    assert "\x1b" not in shown
    assert "\x9b" not in shown


def test_a_long_text_is_cut():
    assert one_line("a" * 30, 10) == "aaaaaaaaa…"
    assert escape("*" * 2000).count("\\*") == 999
