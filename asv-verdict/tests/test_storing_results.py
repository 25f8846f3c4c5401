"""Storing results: a night adds results and changes no stored number."""

import json
import math

import pytest

from asv_verdict.asv_io.merge import keep
from asv_verdict.asv_io.results import Unreadable, read_history, read_result
from synthetic_suite import result_file

NAME = "desk/abcdef12-env.json"


def _write(folder, values, version="1", name=NAME, **sidecars):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = result_file("abcdef12" * 5, 0, {"b.time_x": [values, [["1", "2", "3"]], version]})
    path.write_text(json.dumps(content))
    for suffix, text in sidecars.items():
        path.with_suffix(f".{suffix}").write_text(text)
    return path


def _values(path):
    return list(read_result(path).values.values())


def test_a_new_result_is_copied_with_its_sidecar_files(tmp_path):
    _write(tmp_path / "new", [1.0, 2.0, 3.0], provenance="facts")
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert _values(tmp_path / "old" / NAME) == [1.0, 2.0, 3.0]
    assert (tmp_path / "old" / "desk" / "abcdef12-env.provenance").read_text() == "facts"


def test_stored_numbers_stay_and_gaps_are_filled(tmp_path):
    _write(tmp_path / "new", [10.0, 20.0, 30.0])
    old = _write(tmp_path / "old", [1.0, None, math.nan])
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert _values(old) == [1.0, 20.0, 30.0]


def test_an_incomplete_result_changes_no_byte(tmp_path):
    _write(tmp_path / "new", [None, math.nan, 30.0])
    old = _write(tmp_path / "old", [1.0, 2.0, 3.0], provenance="older")
    before = old.read_bytes()
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert old.read_bytes() == before
    assert old.with_suffix(".provenance").read_text() == "older"


def test_another_version_of_the_benchmark_fills_no_gap(tmp_path):
    _write(tmp_path / "new", [10.0, 20.0, 30.0], version="2")
    old = _write(tmp_path / "old", [1.0, None, math.nan])
    before = old.read_bytes()
    (sentence,) = keep(tmp_path / "new", tmp_path / "old")
    assert sentence == f"cannot store {old.name}: there are numbers of another version already for: b.time_x"
    assert old.read_bytes() == before


def test_another_version_takes_the_place_of_a_benchmark_that_only_failed(tmp_path):
    _write(tmp_path / "new", [10.0, 20.0, None], version="2")
    old = _write(tmp_path / "old", [None, None, math.nan])
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert _values(old) == [10.0, 20.0, None]


@pytest.mark.parametrize("parameters", [[["a", "a, b"], ["b, c", "c"]], [["1", "1"], ["2", "2"]]])
def test_cells_with_one_name_keep_a_number_each(tmp_path, parameters):
    """The text of two values may be the same, alone or together with the next parameter."""
    for folder, values in (("new", [9.0, 2.0, 9.0, 9.0]), ("old", [1.0, None, 3.0, 4.0])):
        path = _write(tmp_path / folder, [0.0] * 3)
        content = json.loads(path.read_text())
        content["results"]["b.time_x"][:2] = [values, parameters]
        path.write_text(json.dumps(content))
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert json.loads(path.read_text())["results"]["b.time_x"][0] == [1.0, 2.0, 3.0, 4.0]


def test_numbers_of_another_commit_are_never_mixed_in(tmp_path):
    """Two commits may share the digits with which ASV names a file."""
    new, old = _write(tmp_path / "new", [10.0, 20.0, 30.0]), _write(tmp_path / "old", [1.0, None, 3.0])
    content = json.loads(new.read_text())
    content["commit_hash"] = "abcdef12" + "0" * 32
    new.write_text(json.dumps(content))
    before = old.read_bytes()
    (sentence,) = keep(tmp_path / "new", tmp_path / "old")
    assert f"expected {content['commit_hash']} in " in sentence
    assert old.read_bytes() == before


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"b.time_x": {"params": 5}}'])
def test_a_damaged_list_of_benchmarks_replaces_no_other(tmp_path, text):
    for folder, content in (("new", text), ("old", "{}")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "benchmarks.json").write_text(content)
    (sentence,) = keep(tmp_path / "new", tmp_path / "old")
    assert sentence.startswith("cannot store the list of benchmarks: ")
    assert (tmp_path / "old" / "benchmarks.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("parameters", "values", "expected"),
    [
        (["2", "4"], [20.0, 40.0], {"(1)": 1.0, "(2)": 20.0, "(3)": 3.0, "(4)": 40.0}),
        (["4"], [40.0], {"(1)": 1.0, "(2)": None, "(3)": 3.0, "(4)": 40.0}),
        (["4"], [None], {"(1)": 1.0, "(2)": None, "(3)": 3.0}),
    ],
)
def test_the_numbers_of_other_parameters_are_added(tmp_path, parameters, values, expected):
    old = _write(tmp_path / "old", [1.0, None, 3.0])
    new = _write(tmp_path / "new", [0.0, 0.0, 0.0])
    content = json.loads(new.read_text())
    content["results"]["b.time_x"][:2] = [values, [parameters]]
    new.write_text(json.dumps(content))
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert dict(read_result(old).values) == {f"b.time_x{cell}": value for cell, value in expected.items()}


@pytest.mark.parametrize("text", ['{"version": 2', '{"a": 1}'])
def test_an_unreadable_file_is_neither_stored_nor_replaced(tmp_path, text):
    new = _write(tmp_path / "new", [1.0, 2.0, 3.0])
    old = _write(tmp_path / "old", [1.0, 2.0, 3.0])
    old.write_text(text)
    (sentence,) = keep(tmp_path / "new", tmp_path / "old")
    assert "cannot store" in sentence
    assert old.read_text() == text
    new.write_text(text)
    (sentence,) = keep(tmp_path / "new", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / NAME).exists()


# --- Reading ---


def test_invalid_values_count_as_failed(tmp_path):
    path = _write(tmp_path, [1.0, math.inf, None])
    assert _values(path) == [1.0, None, None]
    path.write_text(path.read_text().replace("[1.0, Infinity, null]", "null"))
    assert _values(path) == [None, None, None], "the benchmark failed as a whole"


def test_results_of_another_machine_or_version_are_reported(tmp_path):
    _write(tmp_path, [1.0, 2.0, 3.0], version="1")
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


def test_the_error_for_an_unknown_machine_lists_the_known_ones(tmp_path):
    _write(tmp_path, [1.0, 2.0, 3.0])
    with pytest.raises(Unreadable, match=r"no results of machine 'lap' in .*; it has: desk"):
        read_history(tmp_path, "lap")
    with pytest.raises(Unreadable, match="no results folder"):
        read_history(tmp_path / "nowhere")


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


@pytest.mark.parametrize("infinity", ["Infinity", "-Infinity", "1e999", "-1e400"])
@pytest.mark.parametrize("is_new", [True, False])
def test_an_infinity_is_stored_as_missing(tmp_path, infinity, is_new):
    path = _write(tmp_path / "new", [1.0, 77.0, 3.0])
    path.write_text(path.read_text().replace("77.0", infinity))
    if not is_new:
        _write(tmp_path / "old", [None, None, 3.5])
    assert keep(tmp_path / "new", tmp_path / "old") == []
    first, second, third = _values(tmp_path / "old" / NAME)
    assert (first, third) == (1.0, 3.0 if is_new else 3.5)
    assert second is None or math.isnan(second)
    assert "Infinity" not in (tmp_path / "old" / NAME).read_text()


# --- Foreign formats ---


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
    old, new = _write(tmp_path / "old", [1.0, None, 3.0]), _write(tmp_path / "new", [9.0, 2.0, 9.0])
    for path, number in zip((old, new), formats, strict=True):
        if number == 1:
            _first_format(path)
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert _values(old) == [1.0, 2.0, 3.0]
    assert keep(tmp_path / "new", tmp_path / "old") == []


@pytest.mark.parametrize("columns", [["result"], [], ["params", "result"], "result", None])
def test_a_result_with_other_columns_is_named_and_nothing_is_lost(tmp_path, columns):
    old, new = _write(tmp_path / "old", [1.0, None, 3.0]), _write(tmp_path / "new", [9.0, 2.0, 9.0])
    before = old.read_text()
    content = json.loads(new.read_text())
    new.write_text(json.dumps({**content, "result_columns": columns}))
    (sentence,) = keep(tmp_path / "new", tmp_path / "old")
    assert sentence.startswith(f"cannot store {new.name}: ")
    assert old.read_text() == before


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
    path = _write(tmp_path, [1.0, 2.0, 3.0])
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(Unreadable, match="does not have the format of ASV"):
        read_result(path)
