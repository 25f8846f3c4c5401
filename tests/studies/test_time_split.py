"""The share of a session inside samples and warm-up comes from the result files of its rounds."""

import json

import pytest

from benchmarks import protocol
from studies import documents
from studies.time_split import BLOCK
from studies.time_split.__main__ import main, splits, stored

NAME = "times.Time.time_x"
COLUMNS = ["result", "params", "samples", "stats_number"]


def _session(report, name, rounds, seconds, benchmark):
    """Write a session, each round of which has these samples and numbers for the two cells of a benchmark."""
    for number, (samples, counts) in enumerate(rounds):
        folder = report / name / f"round-{number}"
        (folder / "desk").mkdir(parents=True)
        (folder / "benchmarks.json").write_text(json.dumps({"version": 2, NAME: benchmark}))
        (folder / "desk" / "machine.json").write_text("{}")
        row = [[1.0, 1.0], [["1", "2"]], samples, counts]
        content = {"result_columns": COLUMNS, "results": {NAME: row, "counts.Count.track_y": [[5], []]}}
        (folder / "desk" / "12345678-env.json").write_text(json.dumps(content))
    (report / f"{name}.json").write_text(json.dumps({"seconds": seconds, "values": {}}))


@pytest.mark.parametrize(
    ("benchmark", "warm_up"),
    [
        ({"rounds": 2, "repeat": 0, "warmup_time": -1}, 4 * 0.1),  # five samples a process
        ({"rounds": 2, "repeat": 10, "warmup_time": 1.0}, 2 * 1.0),
        ({"rounds": 2, "repeat": [1, 2, 20.0], "warmup_time": 0}, 0.0),
        ({}, 4 * 0.1),
    ],
)
def test_samples_and_warm_up_are_counted(tmp_path, benchmark, warm_up):
    (tmp_path / "report.json").write_text(json.dumps({"seconds": 500}))
    _session(tmp_path, "session", [([[0.01] * 10, [0.02] * 10], [10, 5])], [20.0], benchmark)
    (split,) = splits(tmp_path)
    assert (split.name, split.rounds, split.cells, split.seconds) == ("session", 1, 2, 20.0)
    assert split.samples == pytest.approx(1.0 + 1.0)
    assert split.warm_up == pytest.approx(warm_up)
    assert split.row()[:5] == ["session", "1", "2", "20", "10.0%"]


@pytest.mark.parametrize("processes", range(1, protocol.ROUNDS + 1))
def test_a_process_of_the_protocol_counts_as_its_seconds(tmp_path, processes):
    given = [1e-6] * sum(len(protocol.samples([[1e-6]] * (number + 1))) for number in range(processes))
    folder = tmp_path / "session" / "round-0" / "desk"
    folder.mkdir(parents=True)
    results = {name: [[1.0], [["1"]], [given, None], [1, None]] for name in ("gradients.A.time_x", "costs.A.track_x")}
    (folder / "12345678-env.json").write_text(json.dumps({"result_columns": COLUMNS, "results": results}))
    (tmp_path / "session.json").write_text(json.dumps({"seconds": [20.0], "values": {}}))
    (split,) = splits(tmp_path, protocol=True)
    assert (split.cells, split.samples, split.warm_up) == (1, processes * protocol.PROCESS_SECONDS, 0.0)


def test_cells_that_failed_and_sessions_without_rounds_are_left_out(tmp_path):
    _session(tmp_path, "confirmation", [([None, [0.01]], [None, 1])] * 2, [1.0, 2.0], {})
    (tmp_path / "old.json").write_text(json.dumps({"values": {}}))
    (split,) = splits(tmp_path)
    assert (split.rounds, split.cells) == (2, 2)


def test_a_stored_table_replaces_only_that_of_its_project(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    monkeypatch.setattr(documents, "_git_head", lambda: "1234567")
    path = tmp_path / documents.BLOCKS[BLOCK].data
    path.parent.mkdir(parents=True)
    for project, share in (("b", "1%"), ("a", "2%"), ("b", "3%")):
        path.write_text(json.dumps(stored(project, [["session", share]], ["A note."], "a desk")))
    found = json.loads(path.read_text())
    assert [(table["title"], table["rows"]) for table in found["tables"]] == [
        ("a", [["session", "2%"]]),
        ("b", [["session", "3%"]]),
    ]
    assert found["tables"][0]["notes"][0] == "A note."
    assert found["machine"] == "a desk"


@pytest.mark.parametrize("option", ["--note", "--on"])
def test_what_describes_a_stored_table_needs_a_project(monkeypatch, capsys, tmp_path, option):
    monkeypatch.setattr("sys.argv", ["time_split", str(tmp_path), option, "words"])
    with pytest.raises(SystemExit):
        main()
    assert "name its project with --write" in capsys.readouterr().err
