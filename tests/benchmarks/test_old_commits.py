"""Today's benchmarks measure the package of an old commit."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: The last commit before the suite was one table.
OLD = "95d1c94a3ff937c5c300e983f29b91a87a76a170"
MEASURE = """
import json
import sys
from benchmarks import costs, gradients, protocol, stages

protocol.PROCESS_SECONDS = 0.01
modules, found = {"costs": costs, "gradients": gradients, "stages": stages}, {}
for cell in json.loads(sys.argv[1]):
    module, name, method, parameters = cell
    benchmark = getattr(modules[module], name)()
    try:
        benchmark.setup(*parameters)
        before = benchmark.timer() if method.startswith("time_") else 0.0
        value = getattr(benchmark, method)(*parameters)
        found[json.dumps(cell)] = benchmark.timer() - before if method.startswith("time_") else value
    except NotImplementedError as error:
        found[json.dumps(cell)] = str(error)
import autodiff_kernels
print(json.dumps([autodiff_kernels.__file__, found]))
"""
MVN = (3, "jax", "reverse", "float64")
MEASURED = [
    ["gradients", "MVNLogDensity", "time_gradient", MVN],
    ["gradients", "MVNLogDensity", "time_gradient", (3, "autograd", "explicit", "float64")],
    ["gradients", "TimelineJacobian", "time_jacobian", (400, "linear", "jax", "forward", "float32")],
    ["gradients", "GPFit", "time_fit", (60, "autograd", "custom_rule", "float64")],
    ["stages", "MVNLogDensity", "time_stage", (*MVN, "compile")],
    ["costs", "MVNLogDensity", "track_error", MVN],
    ["costs", "MVNLogDensity", "track_equations", MVN],
    ["costs", "MVNLogDensity", "track_peak_bytes", MVN],
]
#: The mode is newer than the commit.
UNKNOWN = ["gradients", "MVNLogDensity", "time_gradient", (3, "jax", "lapack", "float64")]


@pytest.fixture(scope="module")
def old_package(tmp_path_factory):
    """A folder with the package of the old commit alone."""
    folder = tmp_path_factory.mktemp("old")
    command = ["git", "archive", OLD, "autodiff_kernels"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert not done.returncode, f"the history lacks {OLD[:8]}; fetch all of it: {done.stderr.decode()}"
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_an_old_commit_is_measured_and_a_newer_mode_is_not_available(old_package, tmp_path):
    asked = [*MEASURED, UNKNOWN]
    path = os.pathsep.join([str(old_package), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps(asked)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    package, found = json.loads(done.stdout)
    assert Path(package).is_relative_to(old_package)
    assert found.pop(json.dumps(UNKNOWN)).startswith("this commit has no such cell: unknown mode 'lapack'")
    assert len(found) == len(MEASURED)
    for cell, value in found.items():
        assert isinstance(value, int | float), (cell, value)
        assert value >= 0
