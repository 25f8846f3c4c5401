"""The name of a machine becomes the name of a folder; every command checks it before it does anything."""

import pytest

from asv_verdict.__main__ import main
from asv_verdict.nightly import nightly
from asv_verdict.records.results_branch import fetch, store
from asv_verdict.system.machine import LONGEST_NAME, BadName, machine_name
from branches import files


@pytest.mark.parametrize("name", ["vm", "github-runner-1", "Mein Rechner", "ρ", "a.b", "ä" * 100])
def test_a_valid_name_of_a_folder_is_accepted(name):
    assert machine_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "../a",
        "/",
        "a\\b",
        "c:",
        "-v",
        "a\n",
        " a",
        "a\x1b[2J",
        "a\0b",
        "m" * 201,
        "ä" * 101,
        "benchmarks.json",
    ],
)
def test_any_other_name_is_an_error(name):
    with pytest.raises(BadName, match=r"--machine .*: expected"):
        machine_name(name)


@pytest.mark.parametrize("command", [["nightly"], ["compare", "a", "b"], ["status"], ["last"], ["issues"]])
@pytest.mark.parametrize("name", ["", "..", "a/b", "m" * 300])
def test_a_command_stops_before_it_reads_or_measures_anything(tmp_path, monkeypatch, capsys, command, name):
    monkeypatch.chdir(tmp_path)
    assert main([*command, f"--machine={name}"]) == 2
    assert capsys.readouterr().out.startswith("broken: --machine ")
    assert not list(tmp_path.iterdir())


def test_the_records_of_the_longest_name_are_kept(suite):
    name = "m" * LONGEST_NAME
    suite.commit()
    report = nightly(suite.project, name, say=str, make_runner=suite.runner, make_dashboard=suite.dashboard)
    assert report.outcome.problems == []
    assert store(suite.project, "results", say=str) == []
    said = []
    fetch(suite.project, "results", say=said.append)
    assert said == []
    assert f"results/{name}/machine.json" in files(suite.root)
