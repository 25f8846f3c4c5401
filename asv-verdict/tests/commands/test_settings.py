"""Settings and accepted changes; an error names the value and what is expected."""

import json

import pytest

from asv_verdict.__main__ import main
from asv_verdict.measure.commands import selection_of
from asv_verdict.project import BadSetting, Settings, read_project, read_settings
from asv_verdict.records.accepted import read_accepted


def test_without_a_file_every_setting_has_its_default(tmp_path):
    assert read_settings(tmp_path / "asv_verdict.toml") == Settings()


def test_settings_are_read_from_the_file(tmp_path):
    path = tmp_path / "asv_verdict.toml"
    path.write_text('exact = "track_"\nrelative_effect = 1\n[absolute_effects]\ntime = 1e-7\n')
    settings = read_settings(path)
    assert settings.is_deterministic("b.track_x(1)")
    assert not settings.is_deterministic("b.time_x(1)")
    assert settings.absolute_effects == {"time": 1e-7}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("exakt = 'x'", "unknown setting 'exakt'; the settings are: selection, "),
        ("session_minutes = 'x'", "session_minutes = 'x': expected a number"),
        ("session_minutes = true", "session_minutes = True: expected a number"),
        ("exact = '('", r"exact = '\(': expected a regular expression"),
        ("[paths]\n'a' = '('", r"paths\['a'\] = '\(': expected a regular expression"),
        ("[paths]\n'a' = 1", r"paths = \{'a': 1\}: expected a table of strings"),
        ("[absolute_effects]\ntime = 'x'", r"absolute_effects = \{'time': 'x'\}: expected a table of numbers"),
        ("[absolute_effects]\ntime = inf", r"absolute_effects\['time'\] = inf: expected a finite number, 0 or more"),
        ("relative_effect = 10", "relative_effect = 10: expected a fraction, at most 1, such as 0.05 for 5 %"),
        ("relative_effect = nan", "relative_effect = nan: expected a finite number, 0 or more"),
        ("lower_is_better = '('", r"lower_is_better = '\(': expected a regular expression"),
        ("exact = 1", "exact = 1: expected a string"),
        ("paths = 1", "paths = 1: expected a table"),
        ("relative_effect = -1", "relative_effect = -1: expected a finite number, 0 or more"),
        ("false_discovery_rate = 1", "false_discovery_rate = 1: expected a number above 0 and below 1"),
        ("exact = ", "cannot be read"),
    ],
)
def test_the_error_for_a_wrong_setting_names_value_and_expectation(tmp_path, text, sentence):
    path = tmp_path / "asv_verdict.toml"
    path.write_text(text)
    with pytest.raises(BadSetting, match=sentence):
        read_settings(path)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_an_unreadable_configuration_of_asv_is_an_error(tmp_path, text):
    (tmp_path / "asv.conf.json").write_text(text)
    with pytest.raises(BadSetting, match=r"asv\.conf\.json cannot be read"):
        read_project(tmp_path / "asv.conf.json")
    with pytest.raises(BadSetting, match="cannot be read"):
        read_project(tmp_path / "elsewhere.json")


def test_the_old_name_of_a_setting_is_read(tmp_path):
    path = tmp_path / "asv_verdict.toml"
    path.write_text('sitting_minutes = 7\n[configurations."other.json"]\nsession_minutes = 9\n')
    assert read_settings(path).session_minutes == 7
    assert read_settings(path, "other.json").session_minutes == 9
    path.write_text('session_minutes = 7\n[configurations."other.json"]\nsitting_minutes = 9\n')
    assert read_settings(path, "other.json").session_minutes == 9, "the table of the configuration comes first"


def test_a_configuration_of_asv_may_have_its_own_settings(tmp_path):
    path = tmp_path / "asv_verdict.toml"
    path.write_text(
        'selection = "all"\nresults_branch = "kept"\n[configurations."asv.conf.gpu.json"]\nselection = "few"\n'
    )
    usual, special = read_settings(path, "asv.conf.json"), read_settings(path, "asv.conf.gpu.json")
    assert (usual.selection, special.selection) == ("all", "few")
    assert usual.results_branch == special.results_branch == "kept"


@pytest.mark.parametrize("content", ["configurations = 1", "[configurations]\nname = 1"])
def test_the_settings_of_a_configuration_have_to_be_a_table(tmp_path, content):
    path = tmp_path / "asv_verdict.toml"
    path.write_text(content)
    with pytest.raises(BadSetting, match=r"configurations = .*: expected tables, as in"):
        read_settings(path)


def test_the_settings_of_a_configuration_are_checked(tmp_path):
    path = tmp_path / "asv_verdict.toml"
    path.write_text('[configurations."asv.conf.gpu.json"]\nselecton = "few"\n')
    assert read_settings(path, "asv.conf.json") == Settings()
    with pytest.raises(BadSetting, match="unknown setting 'selecton'"):
        read_settings(path, "asv.conf.gpu.json")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, "asv.conf.json: repo is missing: expected the path of a git clone"),
        ({"repo": ""}, "asv.conf.json: repo is missing"),
        ({"repo": 5}, "repo = 5: expected a string"),
        ({"repo": ".", "branches": []}, r"branches = \[\]: expected the name of at least one branch"),
        ({"repo": ".", "branches": "main"}, "branches = 'main': expected a list"),
        ({"repo": ".", "branches": [None]}, "entry 1 of branches = None: expected a string"),
        ({"repo": ".", "dvcs": "hg"}, "dvcs = 'hg': asv-verdict measures git repositories only"),
        ({"repo": ".", "results_dir": ["x"]}, r"results_dir = \['x'\]: expected a string"),
        ({"repo": ".", "pythons": "3.11"}, "pythons = '3.11': expected a list"),
    ],
)
def test_a_configuration_with_which_asv_would_not_run_is_an_error(tmp_path, content, sentence):
    (tmp_path / "asv.conf.json").write_text(json.dumps(content))
    with pytest.raises(BadSetting, match=sentence):
        read_project(tmp_path / "asv.conf.json")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('folder = ""', "folder = '': expected the path"),
        ('noise = "a\\u0000b"', "expected the path of a file or folder"),
        ("[absolute_effects]\ntimes = 1e-3", r"absolute_effects = \['times'\]: expected kinds among time,"),
        ("exact = 'a{99999999999}'", "expected a regular expression"),
        (f"exact = '{3000 * '('}{3000 * ')'}'", "expected a regular expression"),
    ],
)
def test_a_value_that_would_fail_at_night_is_refused(tmp_path, text, sentence):
    path = tmp_path / "asv_verdict.toml"
    path.write_text(text)
    with pytest.raises(BadSetting, match=sentence):
        read_settings(path)


@pytest.mark.parametrize("read", [read_settings, read_accepted])
def test_a_link_that_leads_nowhere_is_an_error(tmp_path, read):
    path = tmp_path / "file.toml"
    path.symlink_to("nowhere")
    with pytest.raises(BadSetting, match=r"file\.toml cannot be read"):
        read(path)


def test_a_byte_order_mark_is_accepted(tmp_path):
    path = tmp_path / "asv_verdict.toml"
    path.write_bytes(b"\xef\xbb\xbfexact = 'track_'\r\n")
    assert read_settings(path).exact == "track_"


@pytest.mark.parametrize("changes", [{"matrix": [1]}, {"matrix": {"req": {"numpy": 5}}}, {"exclude": 5}])
def test_a_matrix_that_asv_cannot_read_is_one_sentence(suite, changes, capsys):
    path = suite.root / "asv.conf.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    suite.commit()
    assert main(["nightly", "--dry-run", "--config", str(path), "--machine", "desk"]) == 2
    said = capsys.readouterr().out
    assert said.startswith("broken: asv.conf.json: ")
    assert said.count("\n") == 1


def test_the_configuration_may_have_comments(suite, monkeypatch, capsys):
    path = suite.root / "asv.conf.json"
    path.with_suffix(".jsonc").write_text("// a comment\n" + path.read_text())
    path.unlink()
    suite.commit()
    monkeypatch.chdir(suite.root)
    assert main(["nightly", "--dry-run", "--machine", "desk"]) == 0
    assert main(["nightly", "--dry-run", "--machine", "desk", "--config", "."]) == 2
    capsys.readouterr()


@pytest.mark.parametrize(
    ("command", "words"),
    [("sleep 60", "took more than 2 seconds"), ("printf '\\377('", "expected a regular expression")],
)
def test_a_command_of_the_settings_has_a_time_limit_and_prints_an_expression(suite, monkeypatch, command, words):
    monkeypatch.setattr("asv_verdict.measure.commands.SECONDS", 2.0)
    (suite.root / "asv_verdict.toml").write_text(f"selection_command = {json.dumps(command)}\n")
    with pytest.raises(BadSetting, match=words):
        selection_of(suite.project)
