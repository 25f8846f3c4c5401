"""Damaged files of pairs, reports and benchmarks: each is a sentence, and none ends a command in a traceback."""

import json

import pytest

from asv_verdict.__main__ import main
from asv_verdict.stats.noise import Noise
from synthetic_results import ENVIRONMENT


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


@pytest.mark.parametrize(("field", "value"), [("threshold", -2.0), ("explained", 0.0), ("explained", -1.0)])
def test_a_report_with_an_impossible_number_is_named(suite, capsys, field, value):
    suite.commit()
    suite.night()
    suite.commit(factors={"Slow": 1.5})
    suite.night()
    path = max((suite.project.folder / "reports").glob("*/report.json"))
    content = json.loads(path.read_text())
    content["changes"][0][field] = value
    path.write_text(json.dumps(content))
    code, said = _said(suite, capsys, "status")
    assert code == 0
    assert f"the report {path.parent.name} cannot be read" in said


BOMB = [[str(number) for number in range(1000)]] * 4


@pytest.mark.parametrize("parameters", [[[1, 2]], [[None]], BOMB])
def test_parameters_that_make_no_cells_are_named(suite, capsys, parameters):
    suite.commit()
    suite.night()
    path = suite.root / ".asv" / "results" / "benchmarks.json"
    content = json.loads(path.read_text())
    content["kernels.Slow.time_call"]["params"] = parameters
    path.write_text(json.dumps(content))
    assert _said(suite, capsys, "nightly", "--dry-run")[0] == 0
    assert "benchmarks.json cannot be read" in _said(suite, capsys, "status")[1]


def test_a_result_with_a_trillion_cells_is_named(suite, capsys):
    suite.commit()
    suite.night()
    (path,) = (suite.root / ".asv/results/desk").glob("*-virtualenv*.json")
    content = json.loads(path.read_text())
    content["results"]["kernels.Slow.time_call"][1] = BOMB
    path.write_text(json.dumps(content))
    said = _said(suite, capsys, "store", "--branch", "results")[1]
    assert main(["detect", str(suite.root / ".asv/results")]) == 2
    assert "has 1000000000000 combinations of parameters: expected at most 1000000" in capsys.readouterr().out + said
