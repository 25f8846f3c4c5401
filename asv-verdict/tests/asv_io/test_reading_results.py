"""Reading results: what failed is missing, what belongs elsewhere is named."""

import json
import math

import pytest

from asv_verdict.asv_io.results import Unreadable, read_history, read_result
from asv_verdict.asv_io.series import series_of
from result_folder import NAME, values_of, write_result


def test_invalid_values_count_as_failed(tmp_path):
    path = write_result(tmp_path, [1.0, math.inf, None])
    assert values_of(path) == [1.0, None, None]
    path.write_text(path.read_text().replace("[1.0, Infinity, null]", "null"))
    assert values_of(path) == [None, None, None], "the benchmark failed as a whole"


def test_results_of_another_machine_or_version_are_reported(tmp_path):
    write_result(tmp_path, [1.0, 2.0, 3.0], version="1")
    content = json.loads((tmp_path / NAME).read_text())
    content["params"]["machine"] = "lap"
    (tmp_path / "desk" / "00000000-env.json").write_text(json.dumps(content))
    (tmp_path / "benchmarks.json").write_text(
        json.dumps({"b.time_x": {"type": "time", "unit": "seconds", "version": "2", "params": [["1", "2", "3"]]}})
    )
    history = read_history(tmp_path)
    assert [(result.machine, dict(result.values)) for result in history.results] == [("lap", {}), ("desk", {})]
    assert history.problems == ["the folder of machine desk has results of machine lap: 1"]
    assert [result.machine for result in read_history(tmp_path, "desk").results] == ["desk"]
    assert history.notes == ["ignored results of b.time_x with another version of the benchmark: 2"]


@pytest.mark.parametrize(
    ("text", "processor"),
    [
        (json.dumps({"version": 2, "sessions": [{"cpu": "old"}, {"cpu": "new"}]}), "new"),
        (json.dumps({"version": 1, "sittings": [{"cpu": "old"}]}), "old"),
        (json.dumps({"version": 2, "sessions": [{"jax": "0.7.2"}]}), None),
        (json.dumps({"version": 2, "sessions": [{"cpu": 5}]}), None),
        (json.dumps({"version": 2, "sessions": []}), None),
        ("[" * 100_000, None),
        ("", None),
    ],
)
def test_the_processor_of_a_night_comes_from_its_provenance(tmp_path, text, processor):
    write_result(tmp_path, [1.0, 2.0, 3.0], provenance=text)
    (series,) = series_of(read_history(tmp_path))
    assert series.processors == [processor]


def test_the_error_for_an_unknown_machine_lists_the_known_ones(tmp_path):
    write_result(tmp_path, [1.0, 2.0, 3.0])
    with pytest.raises(Unreadable, match=r"no results of machine 'lap' in .*; it has: desk"):
        read_history(tmp_path, "lap")
    with pytest.raises(Unreadable, match="no results folder"):
        read_history(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("env_name", None),
        ("env_name", 5),
        ("commit_hash", 7),
        ("commit_hash", ["a"]),
        ("params", {"machine": 3}),
        ("params", {"machine": ["a"]}),
        ("date", 10**400),
        ("date", 10**21),
        ("date", "today"),
        ("date", math.nan),
    ],
)
def test_a_result_with_a_field_of_another_type_is_unreadable(tmp_path, field, value):
    path = write_result(tmp_path, [1.0, 2.0, 3.0])
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(Unreadable, match="does not have the format of ASV"):
        read_result(path)
