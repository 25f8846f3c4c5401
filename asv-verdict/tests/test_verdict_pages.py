"""The documents on the verdict: their commands parse, their settings are read, and their tables are complete."""

import re
import shlex
from pathlib import Path

import msgspec
import pytest

from asv_verdict.__main__ import _parser
from asv_verdict.model import Verdict
from asv_verdict.project import Settings, read_settings
from asv_verdict.records.accepted import read_accepted

ROOT = Path(__file__).parents[2]
PAGES = ["asv-verdict/README.md", "docs/understand/verdict.md", "asv-verdict/docs/first-night.md"]


def _text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def _blocks(page):
    """The indented code blocks of a page, without their indent."""
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", _text(page), re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_parse(page):
    lines = [line for block in _blocks(page) for line in block.splitlines() if line.startswith("asv-verdict ")]
    assert len(lines) >= 6
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        for name in words[0].split("|"):
            if name != "--version":
                folder = ["FOLDER"] if name == "pictures" and len(words) == 1 else []
                _parser().parse_args([name, *words[1:], *folder])


def test_the_settings_of_the_page_are_read(tmp_path):
    (settings,) = [block for block in _blocks(PAGES[2]) if "relative_effect" in block]
    path = tmp_path / "asv_verdict.toml"
    path.write_text(settings, encoding="utf-8")
    found = read_settings(path)
    assert (found.relative_effect, found.absolute_effects, found.paths["docs/*"]) == (0.05, {"time": 1e-7}, "")


@pytest.mark.parametrize("page", PAGES[1:])
def test_the_accepted_change_of_a_page_is_read(tmp_path, page):
    (entry,) = [block for block in _blocks(page) if "[[accepted]]" in block]
    path = tmp_path / "accepted.toml"
    path.write_text(entry, encoding="utf-8")
    assert [one.commit for one in read_accepted(path)] == ["1a2b3c4d"]


def test_the_table_of_settings_is_complete_and_has_the_defaults():
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", _text(PAGES[1]).partition("## Settings")[2], re.MULTILINE)
    documented = {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}
    assert documented.keys() == {field.name for field in msgspec.structs.fields(Settings)} | {"configurations"}
    usual = Settings()
    for name in ("reference_days", "session_minutes", "confirming_minutes", "relative_effect", "false_discovery_rate"):
        assert f"{getattr(usual, name):g}" in re.findall(r"[\d.]+", documented[name])
    for name in ("noise", "folder", "accepted"):
        assert f"`{getattr(usual, name)}`" in documented[name]


@pytest.mark.parametrize("page", PAGES[1:])
def test_each_verdict_of_a_page_has_its_exit_status(page):
    for verdict in Verdict:
        assert f"| {verdict.word} | {verdict.value} |" in _text(page)
