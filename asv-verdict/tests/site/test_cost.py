"""The data of the cost page, from synthetic results whose costs are known."""

import json
import math

import pytest
from synthetic_costs import BENCHMARKS, PARAMETERS, SETTINGS, cost, points, synthetic_costs, time_call, time_stage

from studies.synthetic_repository import Bench


@pytest.fixture
def repository(tmp_path):
    return synthetic_costs(tmp_path)


def test_infinite_values_are_not_drawn(tmp_path):
    error = Bench("relative error", PARAMETERS, lambda n, *cell: math.inf if n == 10 else 0.0, "track")
    repository = synthetic_costs(tmp_path, {**BENCHMARKS, "costs.Kernel.track_error": error}, SETTINGS)
    repository.measure(repository.commit())
    view = cost(repository)["problems"][0]["views"][0]
    assert points(view, "error", "fast", "hand") == {1: 0, 100: 0}


def test_times_ratios_stages_and_errors(repository):
    repository.measure(repository.commit())
    content = cost(repository)
    json.dumps(content, allow_nan=False)
    (problem,) = content["problems"]
    (view,) = problem["views"]  # nothing was measured in f4
    assert view["variant"] == {"dtype": "f8"}
    assert problem["sizes"] == [1, 10, 100]
    assert points(view, "time", "fast", "auto")[100] == pytest.approx(6e-4)
    assert points(view, "time", "slow", "auto") == {1: pytest.approx(3e-5), 10: pytest.approx(3e-4)}
    assert list(points(view, "time/objective", "fast", "auto").values()) == pytest.approx([3.0, 3.0, 3.0])
    assert list(points(view, "time/hand", "slow", "auto").values()) == pytest.approx([1.5, 1.5])
    assert points(view, "compile", "fast", "hand")[1] == pytest.approx(0.6), "the stages are summed"
    assert points(view, "compile", "slow", "hand")[1] == pytest.approx(0.01), "only the stages that the backend has"
    assert points(view, "error", "fast", "hand")[1] == 0.0, "an error of zero is not a missing error"
    assert "error/hand" not in view["measures"]


@pytest.mark.parametrize("selected", [["trace", "compile"], ["call"]])
def test_a_sum_of_stages_needs_every_stage(tmp_path, selected):
    def stage(n, backend, mode, dtype, stage):
        return time_stage(n, backend, mode, dtype, stage) if stage in selected else math.nan

    staged = Bench("seconds", {**PARAMETERS, "stage": ["trace", "compile", "call"]}, stage)
    repository = synthetic_costs(tmp_path, {**BENCHMARKS, "stages.Kernel.time_stage": staged}, SETTINGS)
    repository.measure(repository.commit())
    (view,) = cost(repository)["problems"][0]["views"]
    assert "compile" not in view["measures"]


@pytest.mark.parametrize("more", [{"n": [1, 10]}, {"mode": ["value", "hand"]}, {"n": [10], "backend": ["fast"]}])
def test_another_quantity_may_have_fewer_sizes_and_choices(tmp_path, more):
    staged = Bench("seconds", {**PARAMETERS, **more, "stage": ["trace", "compile", "call"]}, time_stage)
    repository = synthetic_costs(tmp_path, {**BENCHMARKS, "stages.Kernel.time_stage": staged}, SETTINGS)
    repository.measure(repository.commit())
    (view,) = cost(repository)["problems"][0]["views"]
    assert points(view, "compile", "fast", "hand")[10] == pytest.approx(0.6)


def test_with_reasons_a_missing_stage_without_a_reason_leaves_out_its_line(tmp_path):
    def stage(n, backend, mode, dtype, stage):
        return math.nan if mode == "hand" and stage != "call" else time_stage(n, backend, mode, dtype, stage)

    staged = Bench("seconds", {**PARAMETERS, "stage": ["trace", "compile", "call"]}, stage)
    toml = SETTINGS.replace("packages", 'reasons_command = "cat reasons.json"\npackages')
    repository = synthetic_costs(tmp_path, {**BENCHMARKS, "stages.Kernel.time_stage": staged}, toml)
    repository.measure(repository.commit())
    (repository.root / "reasons.json").write_text(json.dumps({"another cell": "it does not run"}))
    (view,) = cost(repository)["problems"][0]["views"]
    assert {tuple(line["name"]) for line in view["measures"]["compile"]["lines"]} == {
        ("fast", "value"),
        ("fast", "auto"),
    }


def test_a_stage_that_cannot_run_is_left_out_of_the_sum(tmp_path):
    def stage(n, backend, mode, dtype, stage):
        return time_stage(n, backend, mode, dtype, stage) if backend == "slow" else math.nan

    staged = Bench("seconds", {**PARAMETERS, "stage": ["trace", "compile", "call"]}, stage)
    toml = SETTINGS.replace("packages", 'reasons_command = "cat reasons.json"\npackages')
    repository = synthetic_costs(tmp_path, {**BENCHMARKS, "stages.Kernel.time_stage": staged}, toml)
    repository.measure(repository.commit())
    cells = [f"stages.Kernel.time_stage(1, 'slow', 'hand', 'f8', '{name}')" for name in ("trace", "compile")]
    (repository.root / "reasons.json").write_text(json.dumps(dict.fromkeys(cells, "it has no such stage")))
    (view,) = cost(repository)["problems"][0]["views"]
    assert points(view, "compile", "slow", "hand")[1] == pytest.approx(0.01)
    assert not any(line["name"] == ["slow", "auto"] for line in view["measures"]["compile"]["lines"])


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_that_does_not_fit_the_axis_is_left_out_and_reported(tmp_path, size):
    parameters = {**PARAMETERS, "n": [size, 10, 100]}
    benchmarks = {
        "time.Kernel.time_call": Bench("seconds", parameters, time_call),
        "stages.Kernel.time_stage": Bench("seconds", {**parameters, "stage": ["call"]}, time_stage),
        "costs.Kernel.track_error": Bench("relative error", parameters, lambda *cell: 0.0, "track"),
    }
    repository = synthetic_costs(tmp_path, benchmarks, SETTINGS)
    repository.measure(repository.commit())
    problems = []
    (problem,) = cost(repository, problems)["problems"]
    assert problem["sizes"] == [10, 100]
    assert points(problem["views"][0], "time", "fast", "hand").keys() == {10, 100}
    assert any(f"n = {size} of time.Kernel.time_call does not fit a logarithmic axis" in one for one in problems)


def test_the_objective_is_drawn_and_not_ranked(repository):
    repository.measure(repository.commit())
    measure = cost(repository)["problems"][0]["views"][0]["measures"]["time"]
    assert {line["name"][1] for line in measure["lines"] if not line["ranked"]} == {"value"}
    assert measure["words"] == "Lowest time per call: slow hand from n = 1 to 10; fast hand at n = 100"
    assert all("value" not in crossing["sentence"] for crossing in measure["crossings"])
    # 1e-4 + 1e-6 n and 1e-5 n are alike at 11.1; between 10 and 100 the page draws straight lines.
    (crossing,) = [one for one in measure["crossings"] if (one["better"], one["worse"]) == ("fast hand", "slow hand")]
    assert 10 < crossing["size"] < 15


def test_a_cell_that_cannot_run_shows_its_reason(repository):
    repository.measure(repository.commit())
    cell = "time.Kernel.time_call(100, 'slow', 'auto', 'f8')"
    (repository.root / "reasons.json").write_text(json.dumps({cell: "it takes <for ever>"}))
    toml = SETTINGS.replace("packages", 'reasons_command = "cat reasons.json"\npackages')
    (repository.root / "asv_verdict.toml").write_text(toml)
    (view,) = cost(repository)["problems"][0]["views"]
    states = {tuple(row["name"]): row["states"] for row in view["support"]}
    assert states["slow", "auto"] == ["", "", "it takes <for ever>"]
    assert states["fast", "auto"] == ["", "", ""]


def test_a_failing_reasons_command_is_reported(repository):
    repository.measure(repository.commit())
    (repository.root / "asv_verdict.toml").write_text(
        SETTINGS.replace("packages", 'reasons_command = "false"\npackages')
    )
    problems = []
    (view,) = cost(repository, problems)["problems"][0]["views"]
    states = {tuple(row["name"]): row["states"] for row in view["support"]}
    assert states["slow", "auto"] == ["", "", None], "it failed without a known reason"
    assert any("the command exited with status 1" in problem for problem in problems)


def test_each_value_is_the_newest_and_a_ratio_uses_one_result(repository):
    first = repository.commit()
    repository.measure(first)
    second = repository.commit()
    path = repository.measure(second, factor=2.0)
    # On the second commit, only the objective was measured.
    content = json.loads(path.read_text())
    name = "time.Kernel.time_call"
    cells = [f"{n},{mode}" for n in PARAMETERS["n"] for b in "ab" for mode in PARAMETERS["mode"] for d in "ab"]
    values = content["results"][name][0]
    content["results"][name][0] = [v if "value" in c else math.nan for c, v in zip(cells, values, strict=True)]
    path.write_text(json.dumps(content))
    (view,) = cost(repository)["problems"][0]["views"]
    assert points(view, "time", "fast", "value")[1] == pytest.approx(2.02e-4)
    assert points(view, "time", "fast", "auto")[1] == pytest.approx(3.03e-4)
    assert points(view, "time/objective", "fast", "auto")[1] == pytest.approx(3.0), "not 1.5, from two results"


def test_the_page_has_noise_and_provenance(repository):
    path = repository.measure(repository.commit())
    cell = "time.Kernel.time_call(1, 'fast', 'hand', 'f8')"
    noise = repository.root / ".asv" / "noise" / "desk" / "virtualenv-py3.11.json"
    noise.parent.mkdir(parents=True)
    noise.write_text(json.dumps({"pairs": [{"values": {cell: [1.0, 1.0 + 0.01 * k]}} for k in (-2, -1, 1, 2)]}))
    session = {"cpu": "a <CPU>", "python": "3.11.7", "packages": {"numpy": "2.4.6", "scipy": "1.0"}}
    path.with_suffix(".provenance").write_text(json.dumps({"sittings": [session]}))
    (view,) = cost(repository)["problems"][0]["views"]
    points = {tuple(line["name"]): line["points"][0] for line in view["measures"]["time"]["lines"]}
    assert 0.02 < points["fast", "hand"][2] < 0.06
    assert points["fast", "auto"][2] >= points["fast", "hand"][2], "its noise was not measured"
    assert view["noise_is_measured"]
    assert view["provenance"]["cpu"] == "a <CPU>"
    assert view["provenance"]["packages"] == {"numpy": "2.4.6"}
