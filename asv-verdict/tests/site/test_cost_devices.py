"""Devices on the cost page: a variable of the environment as lines of one plot."""

import json

import pytest
from synthetic_costs import SETTINGS, cost, points, synthetic_costs


@pytest.fixture
def repository(tmp_path):
    return synthetic_costs(tmp_path)


def _on_two_devices(repository, reasons=""):
    toml = SETTINGS.replace("series =", 'environment_series = ["DEVICE"]\nseries =')
    toml = toml.replace("packages", f"reasons_command = {json.dumps(reasons)}\npackages") if reasons else toml
    (repository.root / "asv_verdict.toml").write_text(toml)
    commit = repository.commit()
    repository.measure(commit, variables={"DEVICE": "cpu", "THREADS": "1"})
    repository.measure(commit, factor=0.1, variables={"DEVICE": "gpu", "THREADS": "1"})


def test_devices_are_lines_of_one_plot(repository):
    _on_two_devices(repository)
    content = cost(repository)
    assert content["series"] == ["backend", "mode", "DEVICE"]
    (view,) = content["problems"][0]["views"]
    assert view["environment"] == "virtualenv-py3.11-THREADS1"
    assert points(view, "time", "fast", "hand", "cpu")[10] == pytest.approx(2.2e-4)
    assert points(view, "time", "fast", "hand", "gpu")[10] == pytest.approx(2.2e-5)
    assert points(view, "time/objective", "fast", "auto", "gpu")[10] == pytest.approx(3), "on the same device"
    assert view["measures"]["time"]["words"].startswith("Lowest time per call: slow hand gpu")


def test_a_reason_depends_on_the_device(repository):
    cell = "time.Kernel.time_call(100, 'slow', 'auto', 'f8')"
    _on_two_devices(repository, f"""echo "{{\\"{cell}\\": \\"not on $DEVICE\\"}}" """)
    (view,) = cost(repository)["problems"][0]["views"]
    states = {tuple(row["name"]): row["states"] for row in view["support"]}
    assert states["slow", "auto", "cpu"] == ["", "", "not on cpu"]
    assert states["slow", "auto", "gpu"] == ["", "", "not on gpu"]


def test_with_one_device_no_line_names_it(repository):
    _on_two_devices(repository)
    for path in repository.results.rglob("*DEVICEgpu*.json"):
        path.unlink()
    content = cost(repository)
    assert content["series"] == ["backend", "mode"]
    assert content["problems"][0]["views"][0]["environment"] == "virtualenv-py3.11-DEVICEcpu-THREADS1"
