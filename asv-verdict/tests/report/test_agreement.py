"""Tables of how much identical runs differ."""

import json

import pytest

from asv_verdict.report.agreement import LEAST_FLOOR, noise_floors, table, tables_on_file

CONDITIONS = {
    "clock": "protocol",
    "busy_processes": 0,
    "interleaved": True,
    "slowed": False,
    "measured_with": {"cpu": "one"},
}


def _pair(values, **conditions):
    return CONDITIONS | {"versions": dict.fromkeys(values, "1")} | conditions | {"values": values}


def test_the_noise_floor_of_a_cell_is_its_largest_difference_on_an_idle_machine():
    pairs = [
        _pair({"x": [1.0, 1.02], "y": [1.0, 1.0]}),
        _pair({"x": [1.01, 1.0]}),
        _pair({"x": [1.0, 3.0]}, busy_processes=2),
        _pair({"x": [1.0, 3.0]}, clock="ASV's default"),
        _pair({"x": [1.0, 3.0]}, slowed=True),
    ]
    least = LEAST_FLOOR
    assert noise_floors(pairs) == {"x": pytest.approx(0.02), "y": least}, "agreement by chance proves little"


def test_noise_floors_come_from_the_newest_processor_and_benchmark():
    pairs = [
        _pair({"x": [1.0, 1.5], "y": [1.0, 1.5]}, measured_with={"cpu": "another"}),
        _pair({"x": [1.0, 1.2], "y": [1.0, 1.1]}),
        _pair({"x": [1.0, 1.02]}, versions={"x": "2"}),
        _pair({"x": [1.0, 1.01]}, versions={"x": "2"}),
    ]
    assert noise_floors(pairs) == {"x": pytest.approx(0.02), "y": pytest.approx(0.1)}
    assert noise_floors([]) == {}


def test_noise_floors_leave_out_other_conditions():
    pairs = [_pair({"x": [1.0, 1.02]}), _pair({"y": [1.0, 1.0]}), _pair({"x": [1.0, 2.0]}, interleaved=False)]
    assert noise_floors(pairs) == {"x": pytest.approx(0.02), "y": LEAST_FLOOR}


def test_the_table_has_the_agreement_by_conditions_and_kind():
    pairs = [
        _pair({"gradients.A": [1.0, 1.005], "gradients.B": [1.04, 1.0], "controls.C": [1.0, 1.2]}),
        _pair({"gradients.A": [2.0, 1.0]}, busy_processes=2),
    ]
    text = "\n".join(table(pairs))
    assert "| protocol, idle, interleaved | gradients | 2 | 50% | 50% | 100% | 100% | 2.2% | 4.0% |" in text
    assert "| protocol, idle, interleaved | controls | 1 | 0% | 0% | 0% | 0% | 20.0% | 20.0% |" in text
    assert "| protocol, 2 busy, interleaved | gradients | 1 | 0% | 0% | 0% | 0% | 100.0% | 100.0% |" in text


def test_the_row_of_all_cells_uses_complete_pairs_only():
    whole = {"gradients.A": [1.0, 1.0], "stages.B": [1.0, 1.04], "controls.C": [1.0, 1.0], "gradients.D": [1.0, 1.2]}
    text = "\n".join(table([_pair(whole), _pair({"gradients.A": [1.0, 1.0]})]))
    assert "| protocol, idle, interleaved | all cells | 4 | 50% | 50% | 75% | 75% |" in text
    assert "| protocol, idle, interleaved | gradients | 3 |" in text


def test_pairs_of_another_suite_need_no_conditions():
    pairs = [{"values": {"times.A.time_x": [1.0, 1.02]}}, {"values": {"times.A.time_x": [1.0, 1.0], "peak.B": [1, 1]}}]
    assert noise_floors(pairs) == {"times.A.time_x": pytest.approx(0.02), "peak.B": LEAST_FLOOR}
    assert table(pairs)[2:] == [
        "| protocol, idle, interleaved | all cells | 2 | 100% | 100% | 100% | 100% | 0.0% | 0.0% |",
        "| protocol, idle, interleaved | peak | 1 | 100% | 100% | 100% | 100% | 0.0% | 0.0% |",
        "| protocol, idle, interleaved | times | 2 | 50% | 100% | 100% | 100% | 1.0% | 2.0% |",
    ]


@pytest.mark.parametrize("damaged", [[], [1.0, 0.0], [1.0, None], ["1", 2.0], [1.0, float("nan")]])
def test_values_without_a_ratio_are_left_out(damaged):
    pairs = [{"values": {"times.A.time_x": [1.0, 1.02], "times.B.time_x": damaged}}]
    assert noise_floors(pairs).keys() == {"times.A.time_x"}


def test_the_files_of_all_environments_are_shown_with_their_numbers_of_pairs(tmp_path):
    busy = {"values": {"times.A.time_x": [1.0, 1.02]}, "busy_processes": 2}
    idle = {"values": {"times.A.time_x": [1.0, 1.01]}}
    (tmp_path / "one.json").write_text(json.dumps({"pairs": [idle]}))
    (tmp_path / "two.json").write_text(json.dumps({"pairs": [busy, idle, idle, idle, idle]}))
    text = "\n".join(tables_on_file(tmp_path))
    first, second = text.split("\ntwo: 5 pairs on file\n")
    assert first.startswith("one: 1 pair on file\n\n| conditions |")
    needed = "4 pairs of interleaved runs on an idle machine"
    assert first.endswith(f"\n\nNoise counts as measured after {needed}; so far: 1.\n")
    assert "counts as measured" not in second
    assert "Largest differences between identical runs:\n\n- 1.0% times.A.time_x" in second


def test_idle_pairs_that_were_measured_on_a_busy_machine_are_counted(tmp_path):
    loads = [[0.0, 0.1], [0.0, 2.5], [1.5, 0.0]]
    pairs = [{"values": {"times.A.time_x": [1.0, 1.01]}, "background_load": load} for load in loads]
    (tmp_path / "env.json").write_text(json.dumps({"pairs": [*pairs, {**pairs[1], "busy_processes": 2}]}))
    said = tables_on_file(tmp_path)[-1]
    assert said == "2 of 3 pairs were measured while other processes used up to 2.5 processor cores."
