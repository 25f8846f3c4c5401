"""Devices on the cost page: a variable of the environment as lines of one plot."""

import json

import pytest
from made_costs import SETTINGS, cost, made_costs, points


@pytest.fixture
def made(tmp_path):
    return made_costs(tmp_path)


def _on_two_devices(made, reasons=""):
    toml = SETTINGS.replace("series =", 'environment_series = ["DEVICE"]\nseries =')
    toml = toml.replace("packages", f"reasons_command = {json.dumps(reasons)}\npackages") if reasons else toml
    (made.root / "asv_verdict.toml").write_text(toml)
    commit = made.commit()
    made.measure(commit, variables={"DEVICE": "cpu", "THREADS": "1"})
    made.measure(commit, factor=0.1, variables={"DEVICE": "gpu", "THREADS": "1"})


def test_devices_are_lines_of_one_plot(made):
    _on_two_devices(made)
    content = cost(made)
    assert content["series"] == ["backend", "mode", "DEVICE"]
    (view,) = content["problems"][0]["views"]
    assert view["environment"] == "virtualenv-py3.11-THREADS1"
    assert points(view, "time", "fast", "hand", "cpu")[10] == pytest.approx(2.2e-4)
    assert points(view, "time", "fast", "hand", "gpu")[10] == pytest.approx(2.2e-5)
    assert points(view, "time/objective", "fast", "auto", "gpu")[10] == pytest.approx(3), "of its own device"
    assert view["measures"]["time"]["words"].startswith("Least time of a call: slow hand gpu")


def test_what_does_not_run_has_the_reason_of_its_device(made):
    cell = "time.Kernel.time_call(100, 'slow', 'auto', 'f8')"
    _on_two_devices(made, f"""echo "{{\\"{cell}\\": \\"not on $DEVICE\\"}}" """)
    (view,) = cost(made)["problems"][0]["views"]
    states = {tuple(row["name"]): row["states"] for row in view["support"]}
    assert states["slow", "auto", "cpu"] == ["", "", "not on cpu"]
    assert states["slow", "auto", "gpu"] == ["", "", "not on gpu"]


def test_where_all_was_measured_on_one_device_its_name_is_in_no_line(made):
    _on_two_devices(made)
    for path in made.results.rglob("*DEVICEgpu*.json"):
        path.unlink()
    content = cost(made)
    assert content["series"] == ["backend", "mode"]
    assert content["problems"][0]["views"][0]["environment"] == "virtualenv-py3.11-DEVICEcpu-THREADS1"
