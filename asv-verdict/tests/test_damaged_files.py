"""Damaged files of pairs, reports and benchmarks: each is a sentence, and none ends a command in a traceback."""

import json

import pytest

from asv_verdict.__main__ import main
from asv_verdict.stats.noise import Noise
from synthetic_suite import ENVIRONMENT


def _said(suite, capsys, command, *words):
    """The status and the output of a command."""
    code = main([command, "--config", str(suite.root / "asv.conf.json"), "--machine", "desk", *words])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"values": {"x": 1}}, "Expected `array`, got `int`"),
        ({"versions": []}, "Expected `object`, got `array`"),
        ({"measured_with": "cpu"}, "Expected `object | null`, got `str`"),
        ({"background_load": ["a"]}, "Expected `float`, got `str`"),
    ],
)
def test_a_pair_of_another_form_is_named(suite, capsys, changes, sentence):
    suite.commit()
    path = suite.root / ".asv" / "noise" / "desk" / f"{ENVIRONMENT}.json"
    path.write_text(json.dumps({"pairs": [{"values": {"x": [1.0, 1.1]}, **changes}]}))
    code, said = _said(suite, capsys, "calibrate", "--pairs", "0")
    assert (code, said.count("\n")) == (2, 1)
    assert f"{path} has no list of pairs" in said
    assert sentence in said


@pytest.mark.parametrize("huge", [10**400, 1e300])
def test_a_huge_number_in_a_pair_ends_neither_night_nor_tables(suite, capsys, huge):
    suite.commit()
    cell = suite.cells[0]
    path = suite.root / ".asv" / "noise" / "desk" / f"{ENVIRONMENT}.json"
    path.write_text(json.dumps({"pairs": [{"values": {cell: [1.0, huge]}, "background_load": []}] * 4}))
    assert suite.night().outcome.measured == 16
    suite.commit()
    assert suite.night().outcome.measured == 16
    assert _said(suite, capsys, "status")[0] == 0
    assert _said(suite, capsys, "calibrate", "--pairs", "0")[0] == 0


def test_the_noise_floor_of_extreme_pairs_is_a_number():
    assert 1e300 < Noise({"x": [1000.0] * 4}).floor("x") < float("inf")
