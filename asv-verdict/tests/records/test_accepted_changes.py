"""Accepted changes: which entry accepts what, and what is wrong with an entry."""

import json

import pytest

from asv_verdict.model import Change, State
from asv_verdict.project import BadSetting
from asv_verdict.records.accepted import Accepted, is_gone_with_consent, read_accepted, with_acceptance


def _change(commits, cell="b.time_x(1)"):
    return Change(cell, "env", "previous", "regression", State.CONFIRMED, 1.1, (1.0, 1.2), 0.02, 1, 2, commits=commits)


def test_only_the_commit_of_a_change_accepts_it(tmp_path):
    path = tmp_path / "accepted.toml"
    path.write_text('[[accepted]]\ncell = "b.time_x.*"\ncommit = "abcdef1"\nreason = "safer"\n')
    entries = read_accepted(path)
    assert with_acceptance(_change(("abcdef1234",)), entries).accepted == "safer"
    assert not with_acceptance(_change(("abcdef1234",), cell="b.time_y"), entries).accepted
    assert not with_acceptance(_change(("0000001234",)), entries).accepted
    assert not with_acceptance(_change(("abcdef1234", "0000001234")), entries).accepted, (
        "which of the two commits made the change is unknown"
    )
    assert read_accepted(tmp_path / "none.toml") == ()


def test_an_entry_without_a_commit_accepts_that_a_cell_is_gone():
    assert is_gone_with_consent("b.time_x", [Accepted("b.time_x", "", "replaced")])
    assert not is_gone_with_consent("b.time_x", [Accepted("b.time_x", "abcdef1", "safer")])


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            'cell = "x"\ncommit = "abcdef1"',
            r"accepted\.toml, entry 1 of \[\[accepted\]\]: the setting reason is missing",
        ),
        ('cell = "x"\ncommit = "abcdef1"\nreason = " "', "reason = ' ': expected text that says why"),
        ('cell = "x"\ncommit = 7\nreason = "y"', r"entry 1 of \[\[accepted\]\]: commit = 7: expected a string"),
        (
            'cell = "x"\ncommit = ""\nreason = "y"\nuntil = "z"',
            "unknown setting 'until'; the settings are: cell, commit,",
        ),
        ('cell = "x"\ncommit = "abc"\nreason = "y"', "commit = 'abc': expected at least seven digits"),
        ('cell = "("\ncommit = "abcdef1"\nreason = "y"', "expected a regular expression"),
        ("cell = ", "cannot be read"),
    ],
)
def test_the_error_for_an_incomplete_entry_names_what_is_expected(tmp_path, entry, sentence):
    path = tmp_path / "accepted.toml"
    path.write_text(f"[[accepted]]\n{entry}\n")
    with pytest.raises(BadSetting, match=sentence):
        read_accepted(path)


def test_a_wrong_entry_does_not_prevent_a_night(suite):
    """The night measures, stores and judges; only no change counts as accepted."""
    suite.commit()
    suite.night()
    (suite.root / "asv_verdict_accepted.toml").write_text("[[accepted]]\n")
    suite.commit()
    report = suite.night()
    assert report.outcome.measured == 16
    assert any("the setting cell is missing" in problem for problem in report.outcome.problems)
    assert json.loads((suite.root / ".asv/verdict/manifest/desk.json").read_text())["cells"]


def test_the_case_of_a_hash_does_not_matter():
    entries = [Accepted("b.time_x", "ABCDEF1", "safer")]
    assert with_acceptance(_change(("abcdef1234",), cell="b.time_x"), entries).accepted == "safer"
