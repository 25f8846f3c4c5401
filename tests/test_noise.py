"""The noise floor: which cells are measured in which order, what is kept, and what the tables say."""

import json
import re
from types import SimpleNamespace

import pytest

from benchmarks.selections import SELECTIONS
from tools import agreement, configurations, exact, noise
from tools.files import replace_whole

CONDITIONS = {"clock": "protocol", "busy_processes": 0, "interleaved": True, "slowed": False}


def _pair(values, **conditions):
    return CONDITIONS | conditions | {"values": values}


def test_the_timed_cells_of_a_selection_are_measured_and_no_others():
    patterns = noise.timed_patterns("nightly", "")
    assert set(patterns) < set(SELECTIONS["nightly"].patterns)
    kinds = {re.match(r"\W*(\w+)", pattern).group(1) for pattern in patterns}
    assert kinds == {"gradients", "controls", "costs"}
    assert not any("track_" in pattern for pattern in patterns)
    assert all("MVNLogDensity" in pattern for pattern in noise.timed_patterns("nightly", "MVNLogDensity"))


@pytest.mark.parametrize(
    ("apart", "order"), [(False, "a1 b1 b2 a2 a3 b3"), (True, "a1 a2 a3 b1 b2 b3")], ids=["interleaved", "apart"]
)
def test_arms_take_turns_unless_they_are_to_be_apart(apart, order):
    steps = noise.steps(["1", "2", "3"], apart=apart)
    assert " ".join(arm + pattern for arm, pattern in steps) == order


def test_pairs_are_added_and_never_replaced(tmp_path):
    path = tmp_path / "desk" / "env.json"
    noise.append(path, _pair({"x": [1.0, 1.0]}))
    noise.append(path, _pair({"x": [1.0, 2.0]}))
    kept = json.loads(path.read_text())
    assert kept["version"] == 1
    assert [pair["values"]["x"] for pair in kept["pairs"]] == [[1.0, 1.0], [1.0, 2.0]]
    path.write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        noise.append(path, _pair({"x": [1.0, 1.0]}))
    assert path.read_text() == "{", "a file that cannot be read is not replaced"


def test_cells_without_a_number_are_left_out():
    results = SimpleNamespace(
        get_all_result_keys=lambda: ["gradients.A.time_x"],
        get_result_params=lambda benchmark: [["1", "2"], ["'jax'", "'autograd'"]],
        get_result_value=lambda benchmark, parameters: [1.0, float("nan"), None, 2.0],
    )
    assert dict(noise.cell_values(results)) == {
        "gradients.A.time_x(1, 'jax')": 1.0,
        "gradients.A.time_x(2, 'autograd')": 2.0,
    }


def test_the_floor_of_a_cell_is_its_largest_difference_on_an_idle_machine():
    pairs = [
        _pair({"x": [1.0, 1.02], "y": [1.0, 1.0]}),
        _pair({"x": [1.01, 1.0]}),
        _pair({"x": [1.0, 3.0]}, busy_processes=2),
        _pair({"x": [1.0, 3.0]}, clock="ASV's default"),
        _pair({"x": [1.0, 3.0]}, slowed=True),
    ]
    assert agreement.noise_floors(pairs) == {"x": pytest.approx(0.02), "y": 0.0}


def test_the_table_says_how_many_agree_by_conditions_and_kind():
    pairs = [
        _pair({"gradients.A": [1.0, 1.005], "gradients.B": [1.04, 1.0], "controls.C": [1.0, 1.2]}),
        _pair({"gradients.A": [2.0, 1.0]}, busy_processes=2),
    ]
    text = "\n".join(agreement.table(pairs))
    assert "| protocol, idle, interleaved | gradients | 2 | 50% | 50% | 100% | 100% | 2.2% | 4.0% |" in text
    assert "| protocol, idle, interleaved | controls | 1 | 0% | 0% | 0% | 0% | 20.0% | 20.0% |" in text
    assert "| protocol, 2 busy, interleaved | gradients | 1 | 0% | 0% | 0% | 0% | 100.0% | 100.0% |" in text


def test_a_slowdown_is_seen_where_it_is_above_the_floor():
    pairs = [_pair({"A": [1.0, 1.02]}), *(_pair({"A": [1.0, slow]}, slowed=True) for slow in (1.05, 1.051, 1.01))]
    assert "| A | 2.0% | 2 of 3 | 1.0% | 5.0% | 5.1% |" in "\n".join(agreement.sensitivity(pairs))


def test_a_changed_configuration_differs_in_what_was_changed(monkeypatch, tmp_path):
    (tmp_path / "asv.conf.json").write_text((configurations.ROOT / "asv.conf.json").read_text())
    monkeypatch.setattr(configurations, "ROOT", tmp_path)
    before = configurations.load()
    path = configurations.write("other", results_dir="elsewhere")
    after = json.loads(path.read_text())
    assert after == {**before, "version": 1, "results_dir": "elsewhere"}


def test_all_cores_are_an_axis_of_their_own(monkeypatch, tmp_path):
    (tmp_path / "asv.conf.json").write_text((configurations.ROOT / "asv.conf.json").read_text())
    monkeypatch.setattr(configurations, "ROOT", tmp_path)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    matrix = json.loads(configurations.all_cores().read_text())["matrix"]
    assert matrix["env_nobuild"]["OMP_NUM_THREADS"] == matrix["env_nobuild"]["OPENBLAS_NUM_THREADS"] == ["8"]
    assert matrix["env_nobuild"]["JAX_PLATFORMS"] == ["cpu"]
    assert matrix["req"] == configurations.load()["matrix"]["req"]


def test_what_is_exact_differs_when_a_run_differs_or_lacks_it():
    assert exact.differing({"a": [1.0, 1.0], "b": [1.0, 1.0 + 1e-15], "c": [1.0]}, 2) == ["b", "c"]


def test_peak_memory_is_not_among_what_is_exact():
    pattern = re.compile(exact.exact_pattern())
    assert pattern.search("costs.MVNLogDensity.track_error(1000, 'jax', 'reverse', 'float64')")
    assert pattern.search("costs.MVNLogDensity.track_equations(100, 'jax', 'reverse', 'float64')")
    assert not pattern.search("costs.MVNLogDensity.track_peak_bytes(1000, 'jax', 'reverse', 'float64')")
    assert not pattern.search("costs.MVNLogDensity.time_compile(3, 'jax', 'reverse', 'float64')")


def test_busy_processes_end_with_the_block(monkeypatch):
    started = []
    start = noise.subprocess.Popen
    monkeypatch.setattr(noise.subprocess, "Popen", lambda *arguments: started.append(start(*arguments)) or started[-1])
    with noise.busy_processes(2):
        assert [process.poll() for process in started] == [None, None]
    assert [process.poll() for process in started] == [-9, -9]


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path):
    path = tmp_path / "kept.json"
    replace_whole(path, {"a": 1})
    with pytest.raises(TypeError, match="not JSON serializable"):
        replace_whole(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["kept.json"]
