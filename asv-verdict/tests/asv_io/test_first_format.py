"""Results in the format of ASV before 0.5 are read and joined with others."""

import json

import pytest

from asv_verdict.asv_io.merge import keep
from asv_verdict.asv_io.results import read_result
from result_folder import values_of, write_result


def _first_format(path):
    """The result file `path` in the format of ASV before 0.5."""
    content = json.loads(path.read_text())
    columns = content.pop("result_columns")
    rows = {name: dict(zip(columns, row, strict=False)) for name, row in content["results"].items()}
    content |= {
        "version": 1,
        "results": {name: {"result": row["result"], "params": row["params"]} for name, row in rows.items()},
    }
    content |= {"profiles": {}, "started_at": {}, "ended_at": {}, "benchmark_version": dict.fromkeys(rows, "1")}
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("formats", [(1, 1), (1, 2), (2, 1)])
def test_results_of_both_formats_are_joined(tmp_path, formats):
    old, new = write_result(tmp_path / "old", [1.0, None, 3.0]), write_result(tmp_path / "new", [9.0, 2.0, 9.0])
    for path, number in zip((old, new), formats, strict=True):
        if number == 1:
            _first_format(path)
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert values_of(old) == [1.0, 2.0, 3.0]
    assert keep(tmp_path / "new", tmp_path / "old") == []


def test_results_of_the_first_format_are_read(tmp_path):
    content = {
        "version": 1,
        "params": {"machine": "desk"},
        "requirements": {},
        "commit_hash": "a" * 40,
        "date": 1000,
        "python": "3.6",
        "results": {"b.time_x": {"result": [1.0, None], "params": [["1", "2"]]}, "b.time_y": 3.0},
    }
    (tmp_path / "desk").mkdir()
    path = tmp_path / "desk" / "aaaaaaaa-py3.6.json"
    path.write_text(json.dumps(content))
    assert dict(read_result(path).values) == {"b.time_x(1)": 1.0, "b.time_x(2)": None, "b.time_y": 3.0}
