"""The command `detect`, and the reading of result files for it."""

import csv
import io
import json
import math

import numpy as np
import pytest

from asv_verdict.__main__ import main
from asv_verdict.asv_io import decoding
from asv_verdict.asv_io.results import Unreadable, read_history, read_result
from asv_verdict.asv_io.series import series_of
from synthetic_results import ENVIRONMENT, result_file

DAY = 86_400_000
BENCHMARKS = {
    "b.time_x": {"type": "time", "unit": "seconds", "version": "1", "params": [["1", "2"]], "param_names": ["n"]},
    "b.peakmem_y": {"type": "peakmemory", "unit": "bytes", "version": "1", "params": []},
}


def _folder(tmp_path, commits=40):
    """A folder of results: time_x(2) gets slower at 12 and faster at 30, time_x(1) and peakmem_y at 20."""
    (tmp_path / "desk").mkdir(parents=True, exist_ok=True)
    (tmp_path / "benchmarks.json").write_text(json.dumps(BENCHMARKS))
    for number in range(commits):
        commit = f"{number:08x}".ljust(40, "0")
        noise = 1 + 0.001 * (number % 3)
        second = 1.3 if 12 <= number < 30 else 1.0
        values = [225e-9 * noise * (1.1 if number >= 20 else 1), 1e-3 * noise * second]
        memory = [1e6 * noise * (5 if number >= 20 else 1)]
        rows = {"b.time_x": [values, [["1", "2"]], "1"], "b.peakmem_y": [memory, [], "1"]}
        (tmp_path / "desk" / f"{commit[:8]}-env.json").write_text(json.dumps(result_file(commit, DAY * number, rows)))
    return tmp_path


def _detect(capsys, *arguments):
    status = main(["detect", *map(str, arguments)])
    return status, capsys.readouterr().out


def test_detect_lists_the_largest_shift_first_with_date_unit_and_levels(tmp_path, capsys):
    status, said = _detect(capsys, _folder(tmp_path))
    assert status == 0
    shifts = said[said.index("largest first") :].splitlines()[1:5]
    assert [line.split()[0] for line in shifts] == ["00000014", "0000000c", "0000001e", "00000014"]
    assert "1970-01-21       × 5  1M → 5" in shifts[0].replace("1.00M", "1M")
    assert "1970-01-13    +30" in shifts[1]
    assert "1.00ms → 1.30ms" in shifts[1]
    assert "225ns → 248ns" in shifts[3]
    assert "level shifts of cells: 4 (regressions: 3, improvements: 1)" in said


def test_detect_counts_the_shifts_of_a_commit_in_one_line(tmp_path, capsys):
    _, said = _detect(capsys, _folder(tmp_path))
    first = said[said.index("commits with the most") :].splitlines()[1]
    assert first.split()[:4] == ["00000014", "1970-01-21", "shifts:", "2,"]


@pytest.mark.parametrize(
    ("arguments", "commits"),
    [
        (["--since", "1970-01-22"], ["0000001e"]),
        (["--last", "15"], ["0000001e"]),
        (["--last", "25"], ["00000014", "0000001e", "00000014"]),
        (["--machine", "desk", "--since", "1970-02-20"], []),
    ],
)
def test_detect_selects_shifts(tmp_path, capsys, arguments, commits):
    _, said = _detect(capsys, _folder(tmp_path), "--json", *arguments)
    assert [row["commit"][:8] for row in json.loads(said)] == commits


def test_the_level_before_a_shift_begins_at_the_shift_before(tmp_path, capsys):
    rows = json.loads(_detect(capsys, _folder(tmp_path), "--json")[1])
    (back,) = [row for row in rows if row["commit"].startswith("0000001e")]
    assert back["old"] == pytest.approx(1.3e-3, rel=0.01)
    assert back["new"] == pytest.approx(1e-3, rel=0.01)


def test_json_and_csv_have_the_same_rows(tmp_path, capsys):
    rows = json.loads(_detect(capsys, _folder(tmp_path), "--json")[1])
    listed = list(csv.DictReader(io.StringIO(_detect(capsys, tmp_path, "--csv")[1])))
    assert listed == [{name: str(value) for name, value in row.items()} for row in rows]
    assert {"machine", "environment", "cell", "commit", "before", "ratio"} <= rows[0].keys()
    assert (rows[0]["unit"], rows[0]["effect"], rows[0]["date"]) == ("bytes", "regression", "1970-01-21")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 0),
        (["--fail-on", "regression"], 1),
        (["--fail-on", "any"], 1),
        (["--fail-on", "regression", "--last", "12"], 0),
        (["--fail-on", "any", "--last", "12"], 1),
        (["--fail-on", "any", "--last", "2"], 0),
    ],
)
def test_fail_on_decides_the_exit_status(tmp_path, capsys, arguments, status):
    assert _detect(capsys, _folder(tmp_path), *arguments)[0] == status


def test_a_section_has_at_most_twenty_lines_and_says_how_to_see_all(tmp_path, capsys):
    (tmp_path / "desk").mkdir()
    for number in range(20):
        commit = f"{number:08x}".ljust(40, "0")
        slow = 30 if number >= 10 else 0
        rows = {f"b.time_{name}": [[2.0 if name < slow else 1.0], [], "1"] for name in range(100)}
        (tmp_path / "desk" / f"{number}.json").write_text(json.dumps(result_file(commit, DAY * number, rows)))
    said = _detect(capsys, tmp_path)[1]
    section = said[said.index("shifts of cells, largest first") :].splitlines()
    assert section[21].strip().endswith("more; --all prints all")
    everything = _detect(capsys, tmp_path, "--all")[1]
    assert "--all prints all" not in everything


@pytest.mark.parametrize("make", ["nothing", "an empty machine", "a damaged file"])
def test_a_folder_without_results_is_an_error(tmp_path, capsys, make):
    if make != "nothing":
        (tmp_path / "desk").mkdir()
    if make == "a damaged file":
        (tmp_path / "desk" / "a.json").write_text("{")
    status, said = _detect(capsys, tmp_path)
    assert status == 2
    assert said.startswith(f"broken: no results in {tmp_path}")


@pytest.mark.parametrize("value", [None, math.nan])
def test_results_without_a_number_are_an_error(tmp_path, capsys, value):
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "a.json").write_text(json.dumps(result_file("a" * 40, DAY, {"b.time_x": [[value], [], "1"]})))
    status, said = _detect(capsys, tmp_path)
    assert status == 2
    assert said.startswith(f"broken: no result in {tmp_path} has a number")


@pytest.mark.parametrize("level", [0.0, -5.0])
def test_a_cell_with_values_that_are_not_above_zero_is_counted(tmp_path, capsys, level):
    (tmp_path / "desk").mkdir()
    for number in range(40):
        rows = {"b.track_x": [[level if number < 20 else 5.0], [], "1"], "b.track_y": [[1.0], [], "1"]}
        (tmp_path / "desk" / f"{number}.json").write_text(json.dumps(result_file(f"{number:040x}", DAY * number, rows)))
    said = _detect(capsys, tmp_path)[1]
    assert "commits: 40, cells: 2; in 1 of the cells, values that are not above zero are left out" in said


@pytest.mark.parametrize("text", ["[" * 100_000, '{"results":' * 100_000, '{"commit_hash": ' + "[" * 100_000])
def test_a_deeply_nested_file_is_reported(tmp_path, text):
    _folder(tmp_path)
    (tmp_path / "desk" / "deep.json").write_text(text)
    with pytest.raises(Unreadable, match=r"deep\.json cannot be read .*nested too deeply"):
        read_result(tmp_path / "desk" / "deep.json")
    history = read_history(tmp_path)
    assert len(history.results) == 40
    assert len(history.problems) == 1


def test_a_deeply_nested_list_of_benchmarks_is_reported(tmp_path):
    (_folder(tmp_path) / "benchmarks.json").write_text("[" * 100_000)
    (problem,) = read_history(tmp_path).problems
    assert problem.startswith("benchmarks.json cannot be read")


@pytest.mark.parametrize("stand_in", [None, decoding.NAN, decoding.INFINITE], ids=["fast", "NaN's", "infinity's"])
def test_values_are_the_same_on_the_fast_and_the_slow_way(tmp_path, stand_in):
    values = [1.5, math.nan, None, math.inf, -math.inf, 3, 2.5e-300]
    names = ["NaN", "a, NaN, b", "Infinity", "-Infinity", "null", "é", "x"]
    content = result_file("c" * 40, 0, {"b.NaN": [values, [names], "1"], "b.failed": [None, [], "1"]})
    content["python"] = "" if stand_in is None else stand_in.decode()
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "a.json").write_text(json.dumps(content))
    found = dict(read_result(tmp_path / "desk" / "a.json").values)
    assert list(found) == [*(f"b.NaN({name})" for name in names), "b.failed"]
    assert list(found.values()) == pytest.approx([1.5, math.nan, None, None, None, 3.0, 2.5e-300, None], nan_ok=True)


def test_a_series_has_a_column_for_each_cell_with_a_number(tmp_path):
    (tmp_path / "desk").mkdir()
    for number, row in enumerate(([1.0, None], [2.0, math.nan], [None, math.inf])):
        content = result_file(f"{number}" * 40, DAY * number, {"b.time_x": [row, [["1", "2"]], "1"]})
        (tmp_path / "desk" / f"{number}.json").write_text(json.dumps(content))
    (series,) = series_of(read_history(tmp_path))
    assert series.cells == ["b.time_x(1)"]
    np.testing.assert_array_equal(series.values, [[1.0], [2.0], [math.nan]])


@pytest.mark.parametrize(
    ("name", "unit", "factor", "status"),
    [
        ("b.track_speed", "ops/s", 0.5, 1),
        ("b.track_speed", "ops/s", 2.0, 0),
        ("b.TrackSpeed", "MB/s", 0.5, 1),
        ("b.track_latency", "ms", 2.0, 1),
        ("b.track_score", "points", 2.0, 0),
        ("b.track_score", "points", 0.5, 0),
        ("b.time_x", "seconds", 2.0, 1),
    ],
)
def test_the_direction_follows_from_kind_and_unit(suite, capsys, name, unit, factor, status):
    kind = "time" if "time_" in name else "track"
    suite.benchmarks = {name: (kind, unit, [["1"]], 40.0)}
    folder = suite.root / ".asv/results"
    for night in range(12):
        commit = suite.commit(factors={name.partition(".")[2]: factor} if night == 7 else {})
        suite.runner(suite.project, "desk", commit).run(folder, ".", 60)
        path = folder / "desk" / f"{commit[:8]}-{ENVIRONMENT}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "date": night * 86_400_000}))
    assert main(["detect", str(folder), "--fail-on", "regression"]) == status
    assert main(["detect", str(folder), "--fail-on", "any"]) == 1
    capsys.readouterr()
