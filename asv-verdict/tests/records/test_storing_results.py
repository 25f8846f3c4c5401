"""Storing results: a night adds results and changes no stored number."""

import json
import math

import pytest

from asv_verdict.asv_io.merge import keep
from asv_verdict.asv_io.results import read_result
from result_folder import NAME, values_of, write_result


def test_a_new_result_is_copied_with_its_sidecar_files(tmp_path):
    write_result(tmp_path / "new", [1.0, 2.0, 3.0], provenance="facts")
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert values_of(tmp_path / "old" / NAME) == [1.0, 2.0, 3.0]
    assert (tmp_path / "old" / "desk" / "abcdef12-env.provenance").read_text() == "facts"


def test_stored_numbers_stay_and_gaps_are_filled(tmp_path):
    write_result(tmp_path / "new", [10.0, 20.0, 30.0])
    old = write_result(tmp_path / "old", [1.0, None, math.nan])
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert values_of(old) == [1.0, 20.0, 30.0]


def test_an_incomplete_result_changes_no_byte(tmp_path):
    write_result(tmp_path / "new", [None, math.nan, 30.0])
    old = write_result(tmp_path / "old", [1.0, 2.0, 3.0], provenance="older")
    before = old.read_bytes()
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert old.read_bytes() == before
    assert old.with_suffix(".provenance").read_text() == "older"


def test_another_version_of_the_benchmark_fills_no_gap(tmp_path):
    write_result(tmp_path / "new", [10.0, 20.0, 30.0], version="2")
    old = write_result(tmp_path / "old", [1.0, None, math.nan])
    before = old.read_bytes()
    (sentence,) = keep(tmp_path / "new", tmp_path / "old")
    assert sentence == f"cannot store {old.name}: there are numbers of another version already for: b.time_x"
    assert old.read_bytes() == before


def test_another_version_takes_the_place_of_a_benchmark_that_only_failed(tmp_path):
    write_result(tmp_path / "new", [10.0, 20.0, None], version="2")
    old = write_result(tmp_path / "old", [None, None, math.nan])
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert values_of(old) == [10.0, 20.0, None]


@pytest.mark.parametrize("parameters", [[["a", "a, b"], ["b, c", "c"]], [["1", "1"], ["2", "2"]]])
def test_cells_with_one_name_keep_a_number_each(tmp_path, parameters):
    """The text of two values may be the same, alone or together with the next parameter."""
    for folder, values in (("new", [9.0, 2.0, 9.0, 9.0]), ("old", [1.0, None, 3.0, 4.0])):
        path = write_result(tmp_path / folder, [0.0] * 3)
        content = json.loads(path.read_text())
        content["results"]["b.time_x"][:2] = [values, parameters]
        path.write_text(json.dumps(content))
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert json.loads(path.read_text())["results"]["b.time_x"][0] == [1.0, 2.0, 3.0, 4.0]


def test_numbers_of_another_commit_are_never_mixed_in(tmp_path):
    """Two commits may share the digits with which ASV names a file."""
    new, old = write_result(tmp_path / "new", [10.0, 20.0, 30.0]), write_result(tmp_path / "old", [1.0, None, 3.0])
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
    old = write_result(tmp_path / "old", [1.0, None, 3.0])
    new = write_result(tmp_path / "new", [0.0, 0.0, 0.0])
    content = json.loads(new.read_text())
    content["results"]["b.time_x"][:2] = [values, [parameters]]
    new.write_text(json.dumps(content))
    assert keep(tmp_path / "new", tmp_path / "old") == []
    assert dict(read_result(old).values) == {f"b.time_x{cell}": value for cell, value in expected.items()}


@pytest.mark.parametrize("text", ['{"version": 2', '{"a": 1}'])
def test_an_unreadable_file_is_neither_stored_nor_replaced(tmp_path, text):
    new = write_result(tmp_path / "new", [1.0, 2.0, 3.0])
    old = write_result(tmp_path / "old", [1.0, 2.0, 3.0])
    old.write_text(text)
    (sentence,) = keep(tmp_path / "new", tmp_path / "old")
    assert "cannot store" in sentence
    assert old.read_text() == text
    new.write_text(text)
    (sentence,) = keep(tmp_path / "new", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / NAME).exists()


@pytest.mark.parametrize("infinity", ["Infinity", "-Infinity", "1e999", "-1e400"])
@pytest.mark.parametrize("is_new", [True, False])
def test_an_infinity_is_stored_as_missing(tmp_path, infinity, is_new):
    path = write_result(tmp_path / "new", [1.0, 77.0, 3.0])
    path.write_text(path.read_text().replace("77.0", infinity))
    if not is_new:
        write_result(tmp_path / "old", [None, None, 3.5])
    assert keep(tmp_path / "new", tmp_path / "old") == []
    first, second, third = values_of(tmp_path / "old" / NAME)
    assert (first, third) == (1.0, 3.0 if is_new else 3.5)
    assert second is None or math.isnan(second)
    assert "Infinity" not in (tmp_path / "old" / NAME).read_text()


@pytest.mark.parametrize("columns", [["result"], [], ["params", "result"], "result", None])
def test_a_result_with_other_columns_is_named_and_nothing_is_lost(tmp_path, columns):
    old, new = write_result(tmp_path / "old", [1.0, None, 3.0]), write_result(tmp_path / "new", [9.0, 2.0, 9.0])
    before = old.read_text()
    content = json.loads(new.read_text())
    new.write_text(json.dumps({**content, "result_columns": columns}))
    (sentence,) = keep(tmp_path / "new", tmp_path / "old")
    assert sentence.startswith(f"cannot store {new.name}: ")
    assert old.read_text() == before
