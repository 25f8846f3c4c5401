"""What can be set and accepted; what is wrong there is answered with what is allowed."""

import json

import pytest

from asv_verdict.accepted import Accepted, is_gone_with_consent, read_accepted, with_acceptance
from asv_verdict.outcome import Change, Direction, State
from asv_verdict.results import Benchmark
from asv_verdict.settings import BadSetting, Settings, read_project, read_settings

TIME = Benchmark("b.time_x", "time", "seconds", "1")
HASH = Benchmark("b.track_hash", "track", "hash", "1")


def test_without_a_file_there_are_defaults(tmp_path):
    assert read_settings(tmp_path / "asv_verdict.toml") == Settings()


def test_what_is_set_is_read(tmp_path):
    path = tmp_path / "asv_verdict.toml"
    path.write_text('exact = "track_"\nrelative_effect = 1\n[absolute_effects]\ntime = 1e-7\n')
    settings = read_settings(path)
    assert settings.is_exact("b.track_x(1)")
    assert not settings.is_exact("b.time_x(1)")
    assert settings.absolute_effects == {"time": 1e-7}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("exakt = 'x'", "unknown setting 'exakt'; there are: selection, "),
        ("sitting_minutes = 'x'", "sitting_minutes = 'x' is no float"),
        ("sitting_minutes = true", "sitting_minutes = True is no float"),
        ("exact = '('", r"exact = '\(' is no regular expression"),
        ("[paths]\n'a' = '('", r"paths = '\(' is no regular expression"),
        ("exact = ", "cannot be read"),
    ],
)
def test_what_is_wrong_is_answered(tmp_path, text, sentence):
    path = tmp_path / "asv_verdict.toml"
    path.write_text(text)
    with pytest.raises(BadSetting, match=sentence):
        read_settings(path)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_configuration_of_asv_that_cannot_be_read(tmp_path, text):
    (tmp_path / "asv.conf.json").write_text(text)
    with pytest.raises(BadSetting, match=r"asv\.conf\.json cannot be read"):
        read_project(tmp_path / "asv.conf.json")
    with pytest.raises(BadSetting, match="cannot be read"):
        read_project(tmp_path / "elsewhere.json")


def test_directions_are_those_of_the_unit_unless_they_are_set():
    assert Settings().direction("b.time_x", TIME) is Direction.LOWER_IS_BETTER
    assert Settings().direction("b.track_hash", HASH) is Direction.NONE
    assert Settings(higher_is_better="throughput").direction("b.track_throughput", None) is Direction.HIGHER_IS_BETTER
    assert [direction.effect(1.1) for direction in Direction] == ["regression", "improvement", "change"]


# --- Accepted changes ---


def _change(commits, cell="b.time_x(1)"):
    return Change(
        cell, "env", "last night", "regression", State.CONFIRMED, 1.1, (1.0, 1.2), 0.02, 1, 2, commits=commits
    )


def test_a_change_is_accepted_by_its_commit_alone(tmp_path):
    path = tmp_path / "accepted.toml"
    path.write_text('[[accepted]]\ncell = "b.time_x.*"\ncommit = "abcdef1"\nreason = "safer"\n')
    entries = read_accepted(path)
    assert with_acceptance(_change(("abcdef1234",)), entries).accepted == "safer"
    assert not with_acceptance(_change(("abcdef1234",), cell="b.time_y"), entries).accepted
    assert not with_acceptance(_change(("0000001234",)), entries).accepted
    assert not with_acceptance(_change(("abcdef1234", "0000001234")), entries).accepted, "nobody knows which it was"
    assert read_accepted(tmp_path / "none.toml") == []


def test_a_cell_may_go_by_an_entry_without_a_commit():
    assert is_gone_with_consent("b.time_x", [Accepted("b.time_x", "", "replaced")])
    assert not is_gone_with_consent("b.time_x", [Accepted("b.time_x", "abcdef1", "safer")])


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ('cell = "x"\ncommit = "abcdef1"', "needs text for cell, commit and reason"),
        ('cell = "x"\ncommit = "abcdef1"\nreason = " "', "needs text for cell, commit and reason"),
        ('cell = "x"\ncommit = "abc"\nreason = "y"', "commit 'abc' is too short; at least seven digits"),
        ('cell = "("\ncommit = "abcdef1"\nreason = "y"', "no regular expression"),
        ("cell = ", "cannot be read"),
    ],
)
def test_an_entry_that_lacks_something_is_answered(tmp_path, entry, sentence):
    path = tmp_path / "accepted.toml"
    path.write_text(f"[[accepted]]\n{entry}\n")
    with pytest.raises(BadSetting, match=sentence):
        read_accepted(path)


def test_what_is_wrong_there_costs_no_night(suite):
    """The night is measured, kept and judged; only nothing is accepted."""
    suite.commit()
    suite.night()
    (suite.root / "asv_verdict_accepted.toml").write_text("[[accepted]]\n")
    suite.commit()
    report = suite.night()
    assert report.outcome.measured == 16
    assert any("needs text for cell" in problem for problem in report.outcome.problems)
    assert json.loads((suite.root / ".asv/verdict/manifest/desk.json").read_text())["cells"]


def test_a_configuration_of_asv_may_have_settings_of_its_own(tmp_path):
    path = tmp_path / "asv_verdict.toml"
    path.write_text(
        'selection = "all"\nresults_branch = "kept"\n[configurations."asv.conf.gpu.json"]\nselection = "few"\n'
    )
    usual, special = read_settings(path, "asv.conf.json"), read_settings(path, "asv.conf.gpu.json")
    assert (usual.selection, special.selection) == ("all", "few")
    assert usual.results_branch == special.results_branch == "kept"


@pytest.mark.parametrize("content", ["configurations = 1", "[configurations]\nname = 1"])
def test_settings_of_a_configuration_are_a_table(tmp_path, content):
    path = tmp_path / "asv_verdict.toml"
    path.write_text(content)
    with pytest.raises(BadSetting, match="configurations holds tables, as in"):
        read_settings(path)


def test_settings_of_a_configuration_are_checked_as_all_are(tmp_path):
    path = tmp_path / "asv_verdict.toml"
    path.write_text('[configurations."asv.conf.gpu.json"]\nselecton = "few"\n')
    assert read_settings(path, "asv.conf.json") == Settings()
    with pytest.raises(BadSetting, match="unknown setting 'selecton'"):
        read_settings(path, "asv.conf.gpu.json")
