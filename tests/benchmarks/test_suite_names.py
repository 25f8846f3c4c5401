"""The names, parameters and versions of benchmarks, by which ASV finds a result again, never change."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISCOVER = """
import json
import sys
from asv_runner._aux import update_sys_path
from asv_runner.discovery import disc_benchmarks
update_sys_path(sys.argv[1])
print(json.dumps({one.name: [one.version, one.param_names, one.params] for one in disc_benchmarks(sys.argv[1], False)}))
"""
ON_FILE = json.loads((ROOT / "tests" / "benchmarks" / "suite_names.json").read_text())


@pytest.fixture(scope="module")
def discovered():
    """The version, the names of the parameters and their values, by name of the benchmark, as ASV finds them."""
    command = [sys.executable, "-c", DISCOVER, str(ROOT / "benchmarks")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=ROOT)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ON_FILE)
def test_a_class_on_file_keeps_its_benchmarks_parameters_and_versions(name, discovered):
    """The file lists what ASV has discovered. A new benchmark needs no entry; a mode or a control may be appended."""
    kept = ON_FILE[name]
    for method, kept_version in kept["versions"].items():
        version, names, values = discovered[f"{name}.{method}"]
        assert (version, names) == (kept_version, list(kept["parameters"]))
        for parameter, now in zip(names, values, strict=True):
            known = kept["parameters"][parameter]
            assert now[: len(known)] == known
            may_grow = parameter == "mode" or name.startswith(("fingerprints.", "controls."))
            assert now == known or may_grow
