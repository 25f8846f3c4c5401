"""The findings on file: summary.md is rendered from summary.json, and each program states the measured ratio."""

import json
import re

import pytest

from releases import __main__ as command
from releases.__main__ import FINDINGS
from releases.markdown import markdown
from releases.reproduction import id_of

FOLDERS = [FINDINGS / package for package in ("jax", "autograd", "numpy")]


def _summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_summary_on_file_is_its_rendering(folder):
    assert (folder / "summary.md").read_text(encoding="utf-8") == markdown(_summary(folder))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_program_of_each_finding_on_file_is_printed_by_its_id(folder, capsys):
    summary = _summary(folder)
    found = {id_of(folder.name, one): one for one in summary["findings"] if one["needs"]}
    assert found
    assert len(found) == sum(bool(one["needs"]) for one in summary["findings"])
    for name, one in found.items():
        assert command.main(["reproduce", name]) == 0
        text = capsys.readouterr().out
        low, high = one["interval"]
        ratio = f"a ratio of {one['ratio']:.2f} (99 % interval {low:.2f} to {high:.2f}) on this processor:\n"
        assert f"The release history measured {ratio}{summary['processor']}\n" in text
        assert re.match(rf'"""{folder.name} {re.escape(one["before"])} → {re.escape(one["after"])}: ', text)
        compile(text, name, "exec")
        assert name in (folder / "summary.md").read_text(encoding="utf-8")


def test_an_unknown_id_is_refused(capsys):
    assert command.main(["reproduce", "nothing"]) == 2
    assert "no finding has the ID 'nothing'" in capsys.readouterr().err


def test_the_command_prints_a_summary_or_replaces_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "FINDINGS", tmp_path)
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "summary.json").write_text((FINDINGS / "numpy" / "summary.json").read_text())
    text = (FINDINGS / "numpy" / "summary.md").read_text(encoding="utf-8")
    assert command.main(["findings", "numpy"]) == 0
    assert capsys.readouterr().out == text
    assert not (tmp_path / "numpy" / "summary.md").exists()
    assert command.main(["findings", "numpy", "--write"]) == 0
    assert (tmp_path / "numpy" / "summary.md").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ([], ""),
        ([(40, 40)], "no count changed"),
        ([(40, 40), (40, 44)], "equations 40 → 44"),
    ],
)
def test_the_counts_of_a_finding(evidence, words):
    summary = _summary(FOLDERS[0])
    cell = "costs.MVNLogDensity.track_equations(3, 'jax', 'reverse', 'float64')"
    summary["findings"] = [summary["findings"][0]]
    summary["findings"][0]["evidence"] = [
        {"cell": cell, "unit": "equations", "before": before, "after": after} for before, after in evidence
    ]
    (row,) = (line for line in markdown(summary).splitlines() if "time_jacobian" in line)
    assert row.endswith(f"| {words} |")
