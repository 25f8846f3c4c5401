"""The noise floor: the measured cells and their order, the stored pairs, and the tables."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmarks.selections import SELECTIONS
from tools import agreement, asv_runs, exact, noise, pairs
from tools.files import replace_whole

CONDITIONS = {
    "clock": "protocol",
    "busy_processes": 0,
    "interleaved": True,
    "slowed": False,
    "measured_with": {"cpu": "one"},
}


def _pair(values, **conditions):
    return CONDITIONS | {"versions": dict.fromkeys(values, "1")} | conditions | {"values": values}


def test_the_timed_cells_of_a_selection_are_measured_and_no_others():
    patterns = noise.timed_patterns("nightly", "")
    # More patterns make more groups of gradients, but each pattern of stages stays separate.
    assert [pattern.startswith("^stages") for pattern in patterns[-3:]] == [False, True, True]
    assert 2 <= sum("^gradients" in pattern for pattern in patterns) == len(patterns) - 2
    found = {part for pattern in patterns for part in re.split(r"\|(?=\^)", pattern)}
    assert found < set(SELECTIONS["nightly"].patterns)
    kinds = {re.match(r"\W*(\w+)", pattern).group(1) for pattern in found}
    assert kinds == {"gradients", "controls", "stages"}
    assert not any("track_" in pattern for pattern in found)
    assert all("MVNLogDensity" in pattern for pattern in noise.timed_patterns("nightly", "MVNLogDensity"))
    with pytest.raises(SystemExit, match="no timed cell of the selection nightly matches 'NoSuch'; there are:"):
        noise.timed_patterns("nightly", "NoSuch")


@pytest.mark.parametrize(
    ("arms", "number", "apart", "order"),
    [
        ("ab", 0, False, "a1 b1 b2 a2 a3 b3"),
        ("ab", 1, False, "b1 a1 a2 b2 b3 a3"),
        ("abc", 1, False, "b1 c1 a1 c2 a2 b2 a3 b3 c3"),
        ("ab", 1, True, "a1 a2 a3 b1 b2 b3"),
    ],
)
def test_arms_alternate_unless_they_run_apart(arms, number, apart, order):
    steps = noise.steps(["1", "2", "3"], arms, number, apart=apart)
    assert " ".join(arm + pattern for arm, pattern in steps) == order


def test_a_few_cells_are_interleaved_too():
    assert len(noise.timed_patterns("nightly", "stages")) == 2
    assert len(noise.timed_patterns("nightly", "controls")) == 1


def test_without_a_pair_on_file_the_command_fails(monkeypatch, tmp_path):
    monkeypatch.setattr(noise, "NOISE", tmp_path)
    monkeypatch.setattr("sys.argv", ["noise", "desk", "--pairs", "0"])
    with pytest.raises(SystemExit, match="no pair is on file for the machine 'desk'"):
        noise.main()


def test_pairs_are_added_and_never_replaced(tmp_path):
    path = tmp_path / "desk" / "env.json"
    pairs.append(path, _pair({"x": [1.0, 1.0]}))
    pairs.append(path, _pair({"x": [1.0, 2.0]}))
    kept = json.loads(path.read_text())
    assert kept["version"] == 1
    assert [pair["values"]["x"] for pair in kept["pairs"]] == [[1.0, 1.0], [1.0, 2.0]]
    path.write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        pairs.append(path, _pair({"x": [1.0, 1.0]}))
    assert path.read_text() == "{", "a file that cannot be read is not replaced"


def test_cells_without_a_number_are_left_out_and_failed_cells_are_named():
    results = SimpleNamespace(
        get_all_result_keys=lambda: ["gradients.A.time_x"],
        get_result_params=lambda benchmark: [["1", "2"], ["'jax'", "'autograd'"]],
        get_result_value=lambda benchmark, parameters: [1.0, float("nan"), None, 2.0],
    )
    assert asv_runs.cell_values(results) == {
        "gradients.A.time_x(1, 'jax')": 1.0,
        "gradients.A.time_x(2, 'autograd')": 2.0,
    }
    assert asv_runs.failed_cells(results) == ["gradients.A.time_x(2, 'jax')"]


def _measured(monkeypatch, tmp_path, values_of_arms, status=0):
    """The failed cells that `measure_pair` returns, and the pairs that it stores, if ASV measures `values_of_arms`."""
    arms = iter(values_of_arms)

    def results(folder, machine, commit):
        return iter(
            [
                SimpleNamespace(
                    env_name="env",
                    benchmark_version={"gradients.A.time_x": "2"},
                    get_all_result_keys=lambda: ["gradients.A.time_x"],
                    get_result_params=lambda benchmark: [["1", "2"]],
                    get_result_value=lambda benchmark, parameters, values=values: values,
                )
                for values in next(arms)
            ]
        )

    monkeypatch.setattr(noise, "NOISE", tmp_path)
    monkeypatch.setattr(asv_runs, "ROOT", tmp_path)
    (tmp_path / "asv.conf.json").write_text((noise.ROOT / "asv.conf.json").read_text())
    monkeypatch.setattr(noise, "_results", results)
    monkeypatch.setattr(noise, "last_sitting", lambda *arguments: {"cpu": "one"})
    monkeypatch.setattr(noise, "run_asv", lambda *arguments: status)
    options = SimpleNamespace(machine="desk", apart=False, asv_default=False, slowed=False)
    patterns = [r"^gradients\.A\.time_x\(1\)$", r"^gradients\.A\.time_x\(2\)$"]
    order = noise.steps(patterns, noise.arms_of(options), 0, apart=False)
    failed = noise.measure_pair(options, "0" * 40, order, {})
    kept = tmp_path / "desk" / "env.json"
    assert not list(tmp_path.glob("asv.conf.noise*")), "no changed configuration is left"
    return failed, json.loads(kept.read_text())["pairs"] if kept.exists() else []


def test_a_pair_has_values_versions_and_provenance(monkeypatch, tmp_path):
    failed, (pair,) = _measured(monkeypatch, tmp_path, [[[1.0, 2.0]], [[1.1, 2.1]]])
    assert failed == []
    assert pair["values"] == {"gradients.A.time_x(1)": [1.0, 1.1], "gradients.A.time_x(2)": [2.0, 2.1]}
    assert pair["versions"] == {"gradients.A.time_x": "2"}
    assert pair["measured_with"] == {"cpu": "one"}


def test_a_cell_that_fails_in_either_arm_or_both_is_named_and_the_others_are_kept(monkeypatch, tmp_path):
    failed, (pair,) = _measured(monkeypatch, tmp_path, [[[1.0, None]], [[1.1, None]]])
    assert failed == ["gradients.A.time_x(2) in arm a", "gradients.A.time_x(2) in arm b"]
    assert pair["values"] == {"gradients.A.time_x(1)": [1.0, 1.1]}


def test_a_pair_without_an_arm_is_a_failure(monkeypatch, tmp_path):
    failed, kept = _measured(monkeypatch, tmp_path, [[[1.0, 2.0]], []])
    assert (failed, kept) == (["environment env in arm b", "all cells in arm b"], [])
    failed, kept = _measured(monkeypatch, tmp_path, [[], []], status=1)
    assert len(failed) == 6
    assert failed[0].endswith("in arm a: asv run ended with status 1")
    assert kept == []


def test_a_cell_that_one_arm_lacks_is_named():
    def results(cells):
        return SimpleNamespace(
            get_all_result_keys=lambda: list(cells),
            get_result_params=lambda benchmark: [["1"]],
            get_result_value=lambda benchmark, parameters: [cells[benchmark]],
        )

    arms = {"a": results({"A": 1.0, "B": 1.0, "C": 1.0}), "slowed": results({"A": 1.0, "C": None})}
    assert noise.missing_cells(arms) == ["B(1) in arm slowed"]


def test_variants_measure_gradients_only():
    found = noise.timed_patterns("nightly", "", gradients=True)
    assert all(re.match(r"\^gradients", part) for pattern in found for part in re.split(r"\|(?=\^)", pattern))


def test_a_failure_of_asv_ends_the_repeated_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(exact, "NOISE", tmp_path)
    monkeypatch.setattr(exact, "run_asv", lambda *arguments: 2)
    with pytest.raises(SystemExit, match="ended with status 2: not every cell was counted"):
        exact._counted("desk", "0" * 40)


def test_the_noise_floor_of_a_cell_is_its_largest_difference_on_an_idle_machine():
    pairs = [
        _pair({"x": [1.0, 1.02], "y": [1.0, 1.0]}),
        _pair({"x": [1.01, 1.0]}),
        _pair({"x": [1.0, 3.0]}, busy_processes=2),
        _pair({"x": [1.0, 3.0]}, clock="ASV's default"),
        _pair({"x": [1.0, 3.0]}, slowed=True),
    ]
    least = agreement.LEAST_FLOOR
    assert agreement.noise_floors(pairs) == {"x": pytest.approx(0.02), "y": least}, "agreement by chance proves little"


def test_noise_floors_come_from_the_newest_processor_and_benchmark():
    pairs = [
        _pair({"x": [1.0, 1.5], "y": [1.0, 1.5]}, measured_with={"cpu": "another"}),
        _pair({"x": [1.0, 1.2], "y": [1.0, 1.1]}),
        _pair({"x": [1.0, 1.02]}, versions={"x": "2"}),
        _pair({"x": [1.0, 1.01]}, versions={"x": "2"}),
    ]
    assert agreement.noise_floors(pairs) == {"x": pytest.approx(0.02), "y": pytest.approx(0.1)}
    assert agreement.noise_floors([]) == {}


def test_noise_floors_leave_out_other_conditions():
    pairs = [_pair({"x": [1.0, 1.02]}), _pair({"y": [1.0, 1.0]}), _pair({"x": [1.0, 2.0]}, interleaved=False)]
    assert agreement.noise_floors(pairs) == {"x": pytest.approx(0.02), "y": agreement.LEAST_FLOOR}


def test_the_table_has_the_agreement_by_conditions_and_kind():
    pairs = [
        _pair({"gradients.A": [1.0, 1.005], "gradients.B": [1.04, 1.0], "controls.C": [1.0, 1.2]}),
        _pair({"gradients.A": [2.0, 1.0]}, busy_processes=2),
    ]
    text = "\n".join(agreement.table(pairs))
    assert "| protocol, idle, interleaved | gradients | 2 | 50% | 50% | 100% | 100% | 2.2% | 4.0% |" in text
    assert "| protocol, idle, interleaved | controls | 1 | 0% | 0% | 0% | 0% | 20.0% | 20.0% |" in text
    assert "| protocol, 2 busy, interleaved | gradients | 1 | 0% | 0% | 0% | 0% | 100.0% | 100.0% |" in text


def test_a_slowdown_above_the_noise_floor_is_detected():
    tries = [[1.0, 1.03, 1.05], [1.0, 1.01, 1.051], [1.0, 0.9, 1.01], [1.0, 9.0]]
    pairs = [_pair({"A": [1.0, 1.02]}), *(_pair({"A": one}, slowed=True) for one in tries)]
    assert "| A | 2.0% | 2 of 3 | 1.0% | 5.0% | 5.1% | 1 of 3 |" in "\n".join(agreement.sensitivity(pairs))


def test_a_slowdown_of_an_older_benchmark_is_not_compared_with_new_noise_floors():
    old = _pair({"A": [1.0, 1.0, 1.05]}, slowed=True)
    assert agreement.sensitivity([old, _pair({"A": [1.0, 1.02]}, versions={"A": "2"})]) == []


def test_the_row_of_all_cells_uses_complete_pairs_only():
    whole = {"gradients.A": [1.0, 1.0], "stages.B": [1.0, 1.04], "controls.C": [1.0, 1.0], "gradients.D": [1.0, 1.2]}
    text = "\n".join(agreement.table([_pair(whole), _pair({"gradients.A": [1.0, 1.0]})]))
    assert "| protocol, idle, interleaved | all cells | 4 | 50% | 50% | 75% | 75% |" in text
    assert "| protocol, idle, interleaved | gradients | 3 |" in text


def test_a_changed_configuration_differs_in_the_changed_settings(monkeypatch, tmp_path):
    (tmp_path / "asv.conf.json").write_text((asv_runs.ROOT / "asv.conf.json").read_text())
    monkeypatch.setattr(asv_runs, "ROOT", tmp_path)
    before = asv_runs.load_configuration()
    path = asv_runs.write_configuration("other", results_dir="elsewhere")
    after = json.loads(path.read_text())
    assert after == {**before, "version": 1, "results_dir": "elsewhere"}


def test_all_cores_have_their_own_axis(monkeypatch, tmp_path):
    (tmp_path / "asv.conf.json").write_text((asv_runs.ROOT / "asv.conf.json").read_text())
    monkeypatch.setattr(asv_runs, "ROOT", tmp_path)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)))
    matrix = json.loads(asv_runs.all_cores().read_text())["matrix"]
    assert matrix["env_nobuild"]["OMP_NUM_THREADS"] == matrix["env_nobuild"]["OPENBLAS_NUM_THREADS"] == ["8"]
    assert matrix["env_nobuild"]["JAX_PLATFORMS"] == ["cpu"]
    assert matrix["req"] == asv_runs.load_configuration()["matrix"]["req"]


def test_measuring_all_cores_on_one_core_is_an_error(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0})
    with pytest.raises(SystemExit, match="this machine has one core"):
        asv_runs.all_cores()


def test_a_metric_differs_if_a_run_differs_or_lacks_it():
    assert exact.differing({"a": [1.0, 1.0], "b": [1.0, 1.0 + 1e-15], "c": [1.0]}, 2) == ["b", "c"]


def test_peak_memory_is_no_deterministic_metric():
    pattern = re.compile(exact.exact_pattern())
    assert pattern.search("costs.MVNLogDensity.track_error(1000, 'jax', 'reverse', 'float64')")
    assert pattern.search("costs.MVNLogDensity.track_equations(100, 'jax', 'reverse', 'float64')")
    assert not pattern.search("costs.MVNLogDensity.track_peak_bytes(1000, 'jax', 'reverse', 'float64')")
    assert not pattern.search("costs.MVNLogDensity.time_compile(3, 'jax', 'reverse', 'float64')")


def test_busy_processes_end_with_the_block(monkeypatch):
    started = []
    start = noise.subprocess.Popen

    def started_so(*arguments, **options):
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(noise.subprocess, "Popen", started_so)
    with noise.busy_processes(2):
        assert [process.poll() for process in started] == [None, None]
    assert [process.poll() for process in started] == [-9, -9]


def test_busy_processes_end_with_their_parent(is_running, has_ended):
    code = (
        "import subprocess, time; from tools import noise; started = []; start = subprocess.Popen\n"
        "noise.subprocess.Popen = lambda *a, **o: started.append(start(*a, **o)) or started[-1]\n"
        "with noise.busy_processes(1): print(started[0].pid, flush=True); time.sleep(1000)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=noise.ROOT, stdout=subprocess.PIPE, text=True) as parent:
        busy = parent.stdout.readline().strip()
        assert is_running(busy)
        parent.kill()
    assert has_ended(busy)


def test_a_file_that_cannot_be_written_completely_stays_unchanged(tmp_path):
    path = tmp_path / "kept.json"
    replace_whole(path, {"a": 1})
    with pytest.raises(TypeError, match="not JSON serializable"):
        replace_whole(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["kept.json"]
