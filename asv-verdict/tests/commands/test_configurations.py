"""Configurations of ASV, and files beside them, with values that ASV itself would stumble over: one sentence each."""

import json

import pytest

from asv_verdict.__main__ import main


def _said(suite, capsys):
    """What a dry run says; it is one sentence with the status of a broken night."""
    assert main(["nightly", "--dry-run", "--config", str(suite.root / "asv.conf.json"), "--machine", "desk"]) == 2
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.count("\n") == 1
    return said.out


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"environment_type": ["virtualenv"]},
            "environment_type = ['virtualenv']: expected a type in which ASV builds",
        ),
        ({"plugins": None}, "asv.conf.json: plugins = None: expected a list"),
        ({"plugins": [1]}, "asv.conf.json: entry 1 of plugins = 1: expected a string"),
        ({"exclude": [{"python": "("}]}, "asv.conf.json: ASV cannot read pythons, matrix, include or exclude: missing"),
        ({"results_dir": "a\0"}, "asv.conf.json: results_dir = 'a\\x00': expected the path of a folder"),
        ({"env_dir": "a\0"}, "asv.conf.json: env_dir = 'a\\x00': expected the path of a folder"),
    ],
)
def test_a_value_that_asv_cannot_use_is_one_sentence(suite, capsys, changes, sentence):
    suite.commit()
    path = suite.root / "asv.conf.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    assert _said(suite, capsys).startswith(f"broken: {sentence}")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"repo": ' * 100_000])
def test_a_deeply_nested_configuration_is_one_sentence(suite, capsys, text):
    suite.commit()
    (suite.root / "asv.conf.json").write_text(text)
    assert "asv.conf.json cannot be read: maximum recursion depth exceeded" in _said(suite, capsys)


@pytest.mark.parametrize("text", [b"[project", b"a = '\xe9'", b"a = " + b"[" * 100_000])
def test_a_damaged_pyproject_is_named(suite, capsys, text):
    """ASV reads the build requirements in it, and does not name the file in its error."""
    suite.commit()
    (suite.root / "pyproject.toml").write_bytes(text)
    assert _said(suite, capsys).startswith("broken: pyproject.toml cannot be read: ")
