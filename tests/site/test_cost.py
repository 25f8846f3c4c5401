"""The data of the cost page, from made results whose costs are known."""

import json
import math

import pytest

from asv_verdict.results import read_history
from asv_verdict.settings import BadSetting, read_project
from asv_verdict.site.configuration import read_cost_page
from asv_verdict.site.cost import cost_of
from tools.made_repository import Bench, Made

PARAMETERS = {"n": [1, 10, 100], "backend": ["fast", "slow"], "mode": ["value", "hand", "auto"], "dtype": ["f8", "f4"]}
SETTINGS = """
[cost]
title = "What it costs"
series = ["backend", "mode"]
denominators = { objective = { mode = "value" }, hand = { mode = "hand" } }
unranked = { mode = "value" }
packages = ["numpy", "absent"]

[[cost.problems]]
title = "A kernel"
size = "n"
time = "time.Kernel.time_call"
compile = "stages.Kernel.time_stage"
error = "costs.Kernel.track_error"
"""


def _time(n, backend, mode, dtype):
    if (backend, mode) == ("slow", "auto") and n == 100:
        return None  # it failed
    if dtype == "f4":
        return math.nan  # not selected
    passes = {"value": 1.0, "hand": 2.0, "auto": 3.0}[mode]
    return passes * (1e-4 + 1e-6 * n if backend == "fast" else 1e-5 * n)


def _stage(n, backend, mode, dtype, stage):
    if backend == "slow":
        return 0.01 if stage == "call" and dtype == "f8" else math.nan
    return {"trace": 0.1, "compile": 0.2, "call": 0.3}[stage] if dtype == "f8" else math.nan


BENCHMARKS = {
    "time.Kernel.time_call": Bench("seconds", PARAMETERS, _time),
    "stages.Kernel.time_stage": Bench("seconds", {**PARAMETERS, "stage": ["trace", "compile", "call"]}, _stage),
    "costs.Kernel.track_error": Bench("relative error", PARAMETERS, lambda *cell: 0.0, "track"),
}


@pytest.fixture
def made(tmp_path):
    return Made(tmp_path, benchmarks=BENCHMARKS, settings=SETTINGS).start()


def _cost(made, problems=None):
    project = read_project(made.root / "asv.conf.json")
    found = [] if problems is None else problems
    return cost_of(project, read_cost_page(project), read_history(project.results), found)


def _points(view, measure, *name):
    (line,) = [line for line in view["measures"][measure]["lines"] if line["name"] == list(name)]
    return {point[0]: point[1] for point in line["points"]}


def test_what_has_no_finite_value_is_not_drawn(tmp_path):
    error = Bench("relative error", PARAMETERS, lambda n, *cell: math.inf if n == 10 else 0.0, "track")
    made = Made(tmp_path, benchmarks={**BENCHMARKS, "costs.Kernel.track_error": error}, settings=SETTINGS).start()
    made.measure(made.commit())
    view = _cost(made)["problems"][0]["views"][0]
    assert _points(view, "error", "fast", "hand") == {1: 0, 100: 0}


def test_times_ratios_stages_and_errors(made):
    made.measure(made.commit())
    content = _cost(made)
    json.dumps(content, allow_nan=False)
    (problem,) = content["problems"]
    (view,) = problem["views"]  # nothing was measured in f4
    assert view["variant"] == {"dtype": "f8"}
    assert problem["sizes"] == [1, 10, 100]
    assert _points(view, "time", "fast", "auto")[100] == pytest.approx(6e-4)
    assert _points(view, "time", "slow", "auto") == {1: pytest.approx(3e-5), 10: pytest.approx(3e-4)}
    assert list(_points(view, "time/objective", "fast", "auto").values()) == pytest.approx([3.0, 3.0, 3.0])
    assert list(_points(view, "time/hand", "slow", "auto").values()) == pytest.approx([1.5, 1.5])
    assert _points(view, "compile", "fast", "hand")[1] == pytest.approx(0.6), "its stages are summed"
    assert _points(view, "compile", "slow", "hand")[1] == pytest.approx(0.01), "of those that apply"
    assert _points(view, "error", "fast", "hand")[1] == 0.0, "no error is no missing one"
    assert "error/hand" not in view["measures"]


@pytest.mark.parametrize("selected", [["trace", "compile"], ["call"]])
def test_a_part_of_the_stages_is_not_shown_as_the_whole(tmp_path, selected):
    def stage(n, backend, mode, dtype, stage):
        return _stage(n, backend, mode, dtype, stage) if stage in selected else math.nan

    staged = Bench("seconds", {**PARAMETERS, "stage": ["trace", "compile", "call"]}, stage)
    made = Made(tmp_path, benchmarks={**BENCHMARKS, "stages.Kernel.time_stage": staged}, settings=SETTINGS).start()
    made.measure(made.commit())
    (view,) = _cost(made)["problems"][0]["views"]
    assert "compile" not in view["measures"]


@pytest.mark.parametrize("more", [{"n": [1, 10]}, {"mode": ["value", "hand"]}, {"n": [10], "backend": ["fast"]}])
def test_another_quantity_may_have_fewer_sizes_and_choices(tmp_path, more):
    staged = Bench("seconds", {**PARAMETERS, **more, "stage": ["trace", "compile", "call"]}, _stage)
    made = Made(tmp_path, benchmarks={**BENCHMARKS, "stages.Kernel.time_stage": staged}, settings=SETTINGS).start()
    made.measure(made.commit())
    (view,) = _cost(made)["problems"][0]["views"]
    assert _points(view, "compile", "fast", "hand")[10] == pytest.approx(0.6)


def test_a_stage_that_was_selected_for_another_choice_only_is_missing_where_reasons_are_given(tmp_path):
    def stage(n, backend, mode, dtype, stage):
        return math.nan if mode == "hand" and stage != "call" else _stage(n, backend, mode, dtype, stage)

    staged = Bench("seconds", {**PARAMETERS, "stage": ["trace", "compile", "call"]}, stage)
    toml = SETTINGS.replace("packages", 'reasons_command = "cat reasons.json"\npackages')
    made = Made(tmp_path, benchmarks={**BENCHMARKS, "stages.Kernel.time_stage": staged}, settings=toml).start()
    made.measure(made.commit())
    (made.root / "reasons.json").write_text(json.dumps({"another cell": "it does not run"}))
    (view,) = _cost(made)["problems"][0]["views"]
    assert {tuple(line["name"]) for line in view["measures"]["compile"]["lines"]} == {
        ("fast", "value"),
        ("fast", "auto"),
    }


def test_what_has_a_reason_is_missing_in_no_sum(tmp_path):
    def stage(n, backend, mode, dtype, stage):
        return _stage(n, backend, mode, dtype, stage) if backend == "slow" else math.nan

    staged = Bench("seconds", {**PARAMETERS, "stage": ["trace", "compile", "call"]}, stage)
    toml = SETTINGS.replace("packages", 'reasons_command = "cat reasons.json"\npackages')
    made = Made(tmp_path, benchmarks={**BENCHMARKS, "stages.Kernel.time_stage": staged}, settings=toml).start()
    made.measure(made.commit())
    cells = [f"stages.Kernel.time_stage(1, 'slow', 'hand', 'f8', '{name}')" for name in ("trace", "compile")]
    (made.root / "reasons.json").write_text(json.dumps(dict.fromkeys(cells, "it has no such stage")))
    (view,) = _cost(made)["problems"][0]["views"]
    assert _points(view, "compile", "slow", "hand")[1] == pytest.approx(0.01)
    assert not any(line["name"] == ["slow", "auto"] for line in view["measures"]["compile"]["lines"])


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_without_a_place_on_the_axis_is_left_out_and_said(tmp_path, size):
    parameters = {**PARAMETERS, "n": [size, 10, 100]}
    benchmarks = {
        "time.Kernel.time_call": Bench("seconds", parameters, _time),
        "stages.Kernel.time_stage": Bench("seconds", {**parameters, "stage": ["call"]}, _stage),
        "costs.Kernel.track_error": Bench("relative error", parameters, lambda *cell: 0.0, "track"),
    }
    made = Made(tmp_path, benchmarks=benchmarks, settings=SETTINGS).start()
    made.measure(made.commit())
    problems = []
    (problem,) = _cost(made, problems)["problems"]
    assert problem["sizes"] == [10, 100]
    assert _points(problem["views"][0], "time", "fast", "hand").keys() == {10, 100}
    assert any(f"n = {size} of time.Kernel.time_call has no place on a logarithmic axis" in one for one in problems)


def test_the_objective_is_drawn_and_not_ranked(made):
    made.measure(made.commit())
    measure = _cost(made)["problems"][0]["views"][0]["measures"]["time"]
    assert {line["name"][1] for line in measure["lines"] if not line["ranked"]} == {"value"}
    assert measure["words"] == "Least time of a call: slow hand from n = 1 to 10, fast hand at n = 100"
    assert all("value" not in crossing["sentence"] for crossing in measure["crossings"])
    # 1e-4 + 1e-6 n and 1e-5 n are alike at 11.1; between 10 and 100 the page draws straight lines.
    (crossing,) = [one for one in measure["crossings"] if (one["better"], one["worse"]) == ("fast hand", "slow hand")]
    assert 10 < crossing["size"] < 15


def test_what_does_not_run_says_why(made):
    made.measure(made.commit())
    cell = "time.Kernel.time_call(100, 'slow', 'auto', 'f8')"
    (made.root / "reasons.json").write_text(json.dumps({cell: "it takes <for ever>"}))
    toml = SETTINGS.replace("packages", 'reasons_command = "cat reasons.json"\npackages')
    (made.root / "asv_verdict.toml").write_text(toml)
    (view,) = _cost(made)["problems"][0]["views"]
    states = {tuple(row["name"]): row["states"] for row in view["support"]}
    assert states["slow", "auto"] == ["", "", "it takes <for ever>"]
    assert states["fast", "auto"] == ["", "", ""]


def test_a_reasons_command_that_fails_is_said(made):
    made.measure(made.commit())
    (made.root / "asv_verdict.toml").write_text(SETTINGS.replace("packages", 'reasons_command = "false"\npackages'))
    problems = []
    (view,) = _cost(made, problems)["problems"][0]["views"]
    states = {tuple(row["name"]): row["states"] for row in view["support"]}
    assert states["slow", "auto"] == ["", "", None], "it failed, and nobody says why"
    assert any("reasons_command ended with status 1" in problem for problem in problems)


def test_each_value_is_the_newest_and_a_ratio_is_of_one_result(made):
    first = made.commit()
    made.measure(first)
    second = made.commit()
    path = made.measure(second, factor=2.0)
    # On the second commit the objective alone was measured.
    content = json.loads(path.read_text())
    name = "time.Kernel.time_call"
    cells = [f"{n},{mode}" for n in PARAMETERS["n"] for b in "ab" for mode in PARAMETERS["mode"] for d in "ab"]
    values = content["results"][name][0]
    content["results"][name][0] = [v if "value" in c else math.nan for c, v in zip(cells, values, strict=True)]
    path.write_text(json.dumps(content))
    (view,) = _cost(made)["problems"][0]["views"]
    assert _points(view, "time", "fast", "value")[1] == pytest.approx(2.02e-4)
    assert _points(view, "time", "fast", "auto")[1] == pytest.approx(3.03e-4)
    assert _points(view, "time/objective", "fast", "auto")[1] == pytest.approx(3.0), "not 1.5, of two days"


def test_the_noise_and_what_it_was_measured_with(made):
    path = made.measure(made.commit())
    cell = "time.Kernel.time_call(1, 'fast', 'hand', 'f8')"
    noise = made.root / ".asv" / "noise" / "desk" / "virtualenv-py3.11.json"
    noise.parent.mkdir(parents=True)
    noise.write_text(json.dumps({"pairs": [{"values": {cell: [1.0, 1.0 + 0.01 * k]}} for k in (-2, -1, 1, 2)]}))
    sitting = {"cpu": "a <CPU>", "python": "3.11.7", "packages": {"numpy": "2.4.6", "scipy": "1.0"}}
    path.with_suffix(".provenance").write_text(json.dumps({"sittings": [sitting]}))
    (view,) = _cost(made)["problems"][0]["views"]
    points = {tuple(line["name"]): line["points"][0] for line in view["measures"]["time"]["lines"]}
    assert 0.02 < points["fast", "hand"][2] < 0.06
    assert points["fast", "auto"][2] >= points["fast", "hand"][2], "nobody has measured its noise"
    assert view["noise_is_measured"]
    assert view["provenance"]["cpu"] == "a <CPU>"
    assert view["provenance"]["packages"] == {"numpy": "2.4.6"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('size = "n"', 'size = "m"'), "has no parameter m, it has: n, backend, mode, dtype"),
        (('size = "n"', 'size = "mode"'), "mode of time.Kernel.time_call is no number"),
        (("time.Kernel.time_call", "time.Kernel.time_gone"), "there is no benchmark time.Kernel.time_gone"),
    ],
)
def test_what_the_suite_has_not_is_left_out_and_said(made, change, sentence):
    made.measure(made.commit())
    (made.root / "asv_verdict.toml").write_text(SETTINGS.replace(*change))
    problems = []
    assert _cost(made, problems)["problems"] == []
    assert any(sentence in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[cost]\ntitle = 'x'", r"\[cost\] has no \[\[cost\.problems\]\]"),
        (SETTINGS.replace("title", "titel", 1), r"unknown setting 'titel' in \[cost\]; there are: title, series"),
        (SETTINGS.replace('size = "n"', "size = 1"), r"size = 1 in \[\[cost\.problems\]\] is no str"),
        (SETTINGS.replace('size = "n"', ""), r"\[\[cost\.problems\]\] has no size"),
        (SETTINGS.replace('["backend", "mode"]', '"mode"'), r"series = 'mode' in \[cost\] is no list"),
        (SETTINGS.replace('["backend", "mode"]', "[]"), "series in \\[cost\\] names no parameter"),
        ("cost = { problems = [1], title = 'x', series = [] }", "is a int and no table"),
    ],
)
def test_a_wrong_setting_is_answered(made, text, sentence):
    (made.root / "asv_verdict.toml").write_text(text)
    with pytest.raises(BadSetting, match=sentence):
        read_cost_page(read_project(made.root / "asv.conf.json"))


def test_without_the_setting_there_is_no_page(made):
    (made.root / "asv_verdict.toml").write_text("")
    assert read_cost_page(read_project(made.root / "asv.conf.json")) is None


def _on_two_devices(made, reasons=""):
    toml = SETTINGS.replace("series =", 'environment_series = ["DEVICE"]\nseries =')
    toml = toml.replace("packages", f"reasons_command = {json.dumps(reasons)}\npackages") if reasons else toml
    (made.root / "asv_verdict.toml").write_text(toml)
    commit = made.commit()
    made.measure(commit, variables={"DEVICE": "cpu", "THREADS": "1"})
    made.measure(commit, factor=0.1, variables={"DEVICE": "gpu", "THREADS": "1"})


def test_devices_are_lines_of_one_plot(made):
    _on_two_devices(made)
    content = _cost(made)
    assert content["series"] == ["backend", "mode", "DEVICE"]
    (view,) = content["problems"][0]["views"]
    assert view["environment"] == "virtualenv-py3.11-THREADS1"
    assert _points(view, "time", "fast", "hand", "cpu")[10] == pytest.approx(2.2e-4)
    assert _points(view, "time", "fast", "hand", "gpu")[10] == pytest.approx(2.2e-5)
    assert _points(view, "time/objective", "fast", "auto", "gpu")[10] == pytest.approx(3), "of its own device"
    assert view["measures"]["time"]["words"].startswith("Least time of a call: slow hand gpu")


def test_what_does_not_run_has_the_reason_of_its_device(made):
    cell = "time.Kernel.time_call(100, 'slow', 'auto', 'f8')"
    _on_two_devices(made, f"""echo "{{\\"{cell}\\": \\"not on $DEVICE\\"}}" """)
    (view,) = _cost(made)["problems"][0]["views"]
    states = {tuple(row["name"]): row["states"] for row in view["support"]}
    assert states["slow", "auto", "cpu"] == ["", "", "not on cpu"]
    assert states["slow", "auto", "gpu"] == ["", "", "not on gpu"]


def test_where_all_was_measured_on_one_device_its_name_is_in_no_line(made):
    _on_two_devices(made)
    for path in made.results.rglob("*DEVICEgpu*.json"):
        path.unlink()
    content = _cost(made)
    assert content["series"] == ["backend", "mode"]
    assert content["problems"][0]["views"][0]["environment"] == "virtualenv-py3.11-DEVICEcpu-THREADS1"
