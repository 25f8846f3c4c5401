"""Comparisons: which cells a comparison selects, by the changed files and by an expression."""

import pytest

from asv_verdict.model import Verdict
from asv_verdict.project import BadSetting
from comparing import commit, compared


def test_only_cells_that_the_changed_files_can_affect_are_measured(suite):
    (suite.root / "asv_verdict.toml").write_text('[paths]\n"slow/*" = "Slow"\n"docs/*" = ""\n')
    commit(suite)
    commit(suite, files={"slow/a.py": "1", "docs/a.md": "1"})
    report, _ = compared(suite)
    assert report.outcome.expected == 2
    commit(suite, files={"docs/b.md": "1"})
    assert compared(suite)[0].outcome.expected == 0
    commit(suite, files={"docs/c.md": "1", "elsewhere.py": "1"})
    assert compared(suite)[0].outcome.expected == 16
    assert compared(suite, selection="Fast")[0].outcome.expected == 12, "a selection of the user overrides the paths"


def test_a_selection_that_matches_nothing_is_broken(suite):
    commit(suite)
    commit(suite)
    report, text = compared(suite, selection="nothing_like_it")
    assert report.outcome.verdict is Verdict.BROKEN
    assert "no cell of the suite matches" in text


@pytest.mark.parametrize("selection", ["(", "[a", "*"])
def test_a_selection_that_is_no_expression_is_refused_before_anything_is_built(suite, selection):
    commit(suite)
    commit(suite)
    with pytest.raises(BadSetting, match="expected a regular expression for cells"):
        compared(suite, selection=selection)
    assert suite.runs == []


@pytest.mark.parametrize(("selection", "cells"), [("(?i)^KERNELS", 2), ("(?i)work", 0), ("^kernels|^counts", 2)])
def test_a_selection_with_flags_and_paths_go_together(suite, selection, cells):
    (suite.root / "asv_verdict.toml").write_text(f"selection = '{selection}'\n[paths]\n'slow/*' = '(?i)slow'\n")
    commit(suite)
    commit(suite, files={"slow/a.py": "1"})
    assert compared(suite)[0].outcome.expected == cells


@pytest.mark.parametrize(
    "expressions", [(r"(F)ast|x(.)\2", "Slow"), ("(?P<a>Fast)", "(?P<a>Slow)"), ("(?x)Fast # all", "Slow")]
)
def test_expressions_that_cannot_be_joined_select_every_cell(suite, expressions):
    fast, slow = expressions
    (suite.root / "asv_verdict.toml").write_text(f"[paths]\n'fast/*' = '{fast}'\n'slow/*' = '{slow}'\n")
    commit(suite)
    commit(suite, files={"fast/a.py": "1", "slow/a.py": "1"})
    report, _ = compared(suite)
    assert report.outcome.expected == 16
    assert any("cannot be joined" in note for note in report.notes)


def test_without_paths_every_cell_is_measured_even_if_no_file_changed(suite):
    commit(suite)
    assert compared(suite, base="HEAD", head="HEAD")[0].outcome.expected == 16
    suite.commit()
    assert compared(suite)[0].outcome.expected == 16
