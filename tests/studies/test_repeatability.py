"""Repeatability is computed over every pair on file, with its range."""

import json

import pytest

from studies.repeatability import __main__ as noise
from studies.repeatability import figures, layout, tables
from studies.repeatability.pairs import keep, kept_pairs


def _pair(started, values, **conditions):
    usual = {"clock": "protocol", "busy_processes": 0, "interleaved": True, "slowed": False, "selection": "nightly 5"}
    versions = {cell.partition("(")[0]: "1" for cell in values}
    about = {"started": started, "commit": "c" * 40, "versions": versions, "measured_with": {"cpu": "one"}}
    return usual | about | conditions | {"values": values}


GOOD = _pair("2026-11-01T00:00:00", {"gradients.A(1)": [1.0, 1.01], "gradients.A(2)": [1.0, 1.02]})
BAD = _pair("2026-11-03T00:00:00", {"gradients.A(1)": [1.0, 1.2], "gradients.A(2)": [1.04, 1.0]})
OLDER = {
    "older": [
        {
            "measured": "2026-10-01",
            "commit": "a" * 7,
            "cells": "all",
            "pairs": 4,
            "values": 100,
            "within": [0.9, 1.0, 1.0],
        }
    ]
}


@pytest.fixture
def on_file(monkeypatch):
    """Replaces the pairs on file."""

    def have(*pairs):
        monkeypatch.setattr(layout, "kept_pairs", lambda: list(pairs))

    return have


def test_pairs_are_weighted_by_their_number_of_values(on_file):
    on_file(GOOD, BAD)
    (table,) = layout.layout(OLDER)
    assert table.lines()[2:8] == [
        "| 2026-10-01 | aaaaaaa | all | 4 | 100 | 90 % | 100 % | 100 % |",
        "| 2026-11-01 | ccccccc | selection nightly, version 5 | 1 | 2 | 100 % | 100 % | 100 % |",
        "| 2026-11-03 | ccccccc | selection nightly, version 5 | 1 | 2 | 0 % | 50 % | 50 % |",
        "| **all** | | | **6** | **104** | **88 %** | **99 %** | **99 %** |",
        "| lowest | | | | | 0 % | 50 % | 50 % |",
        "| highest | | | | | 100 % | 100 % | 100 % |",
    ]


def _hours(first, second, **conditions):
    """Two pairs of ten cells of one commit; `first` and `second` give the values of each cell."""
    pairs = [
        _pair(f"2026-11-0{day}", {f"gradients.A({cell})": [value] * 2 for cell, value in enumerate(values)})
        for day, values in enumerate((first, second), start=1)
    ]
    return [pairs[0], pairs[1] | conditions]


def test_runs_hours_apart_are_compared_with_the_common_mode_factor_and_without(on_file):
    on_file(*_hours([1.0] * 10, [1.08] * 9 + [1.0]))
    rows = layout.other_rows(layout.kept_pairs())
    assert [row[0] for row in rows[::3]] == ["hours apart", "hours apart, without the common-mode factor"]
    assert [row[3:] for row in rows[::3]] == [
        ["1", "10", "10 %", "10 %", "100 %"],
        ["1", "10", "90 %", "90 %", "100 %"],
    ]
    (table,) = layout.layout(OLDER)
    assert table.lines()[-6:] == [f"| {' | '.join(row)} |".replace("|  ", "| ") for row in rows]


@pytest.mark.parametrize("other", [{"commit": "d" * 40}, {"measured_with": {"cpu": "two"}}, {"selection": "full 1"}])
def test_runs_of_other_commits_and_machines_are_not_compared(on_file, other):
    on_file(*_hours([1.0] * 10, [1.08] * 10, **other))
    assert layout.other_rows(layout.kept_pairs()) == []


def test_the_figures_agree_with_the_table(on_file):
    on_file(GOOD, BAD)
    assert [figures.share(OLDER, limit) for limit in range(3)] == ["88", "99", "99"]
    assert [figures.share_of_row(OLDER, row) for row in range(2)] == ["0", "100"]
    assert figures.repeat_pairs(OLDER) == "6"


@pytest.mark.parametrize("other", [{"busy_processes": 2}, {"slowed": True}, {"interleaved": False}, {"clock": "ASV's"}])
def test_pairs_under_other_conditions_do_not_count(on_file, other):
    on_file(GOOD, _pair("2026-11-04", {"gradients.A(1)": [1.0, 9.0]}, **other))
    assert layout.pooled(layout.all_of(OLDER)).pairs == 5


def test_the_caption_has_the_commits_and_days_of_all_pairs(on_file):
    on_file(GOOD, BAD)
    found = layout.provenance(OLDER)
    assert (found["commit"], found["date"]) == ("commits aaaaaaa, ccccccc", "2026-10-01 to 2026-11-03")


def test_pairs_are_kept_once_and_read_in_order(tmp_path):
    assert keep(tmp_path / "b.json", [BAD]) == 1
    assert keep(tmp_path / "a.json", [GOOD]) == 1
    assert keep(tmp_path / "b.json", [GOOD, BAD]) == 1
    assert kept_pairs(tmp_path) == [GOOD, GOOD, BAD]


def test_without_a_machine_the_kept_pairs_are_shown_and_nothing_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(noise, "kept_pairs", lambda: [GOOD])
    monkeypatch.setattr("sys.argv", ["noise"])
    noise.main()
    assert capsys.readouterr().out.strip() == "\n".join(tables.report([GOOD])).strip()


def test_keeping_pairs_needs_a_machine(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["noise", "--keep", "desk"])
    with pytest.raises(SystemExit, match="2"):
        noise.main()
    assert "MACHINE is missing: name the machine whose pairs are measured or kept" in capsys.readouterr().err


def test_keeping_pairs_updates_the_documents(monkeypatch, capsys, tmp_path):
    (tmp_path / "noise" / "desk").mkdir(parents=True)
    (tmp_path / "noise" / "desk" / "env.json").write_text(json.dumps({"version": 1, "pairs": [GOOD, BAD]}))
    monkeypatch.setattr(noise, "NOISE", tmp_path / "noise")
    monkeypatch.setattr(noise, "PAIRS", tmp_path / "pairs")
    monkeypatch.setattr(noise.documents, "write", lambda: ["docs/page.md"])
    monkeypatch.setattr("sys.argv", ["noise", "desk", "--pairs", "0", "--keep", "two-cores"])
    noise.main()
    assert capsys.readouterr().out.endswith("Added 2 pairs to data/pairs/two-cores.json\nUpdated: docs/page.md\n")
    assert kept_pairs(tmp_path / "pairs") == [GOOD, BAD]


def test_adjacent_processes_on_file_have_rows_of_their_own(on_file):
    cells = {"gradients.A(1)": [1.0, 1.2], "gradients.A(2)": [1.0, 1.02]}
    same = {"gradients.A(1)": [[1.0, 1.01]] * 8, "gradients.A(2)": [[1.0, 0.98]] * 8}
    other = {"gradients.A(1)": [[1.0, 1.04]] * 8}
    on_file(
        _pair("2026-11-01T00:00:00", cells, adjacent=same),
        _pair("2026-11-03T00:00:00", cells, adjacent=other, commit="d" * 40),
        _pair("2026-11-05T00:00:00", cells, commit="e" * 40),
        _pair("2026-11-07T00:00:00", cells, commit="f" * 40, busy_processes=2, adjacent=same),
    )
    (table,) = layout.layout(OLDER)
    assert table.lines()[-3:] == [
        "| within a session, adjacent processes | | pairs whose processes are on file | 2 | 3 | 67 % | 100 % | 100 % |",
        "| lowest | | | | | 0 % | 100 % | 100 % |",
        "| highest | | | | | 100 % | 100 % | 100 % |",
    ]
