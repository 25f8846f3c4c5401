"""The names, parameters and versions of benchmarks, by which ASV finds a result again, never change."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_benchmark_on_file_is_discovered_with_its_parameters_and_version(tmp_path):
    """The file lists them as ASV has discovered them. A new benchmark needs no entry, and a mode may be appended."""
    found = tmp_path / "found.json"
    command = [sys.executable, "-m", "asv_runner.__main__", "discover", str(ROOT / "benchmarks"), str(found)]
    subprocess.run(command, check=True, timeout=120)
    discovered = {one["name"]: one for one in json.loads(found.read_text())}
    for name, on_file in json.loads((ROOT / "tests" / "suite_names.json").read_text()).items():
        for method, version in on_file["versions"].items():
            now = discovered[f"{name}.{method}"]
            assert now["version"] == version, f"{name}.{method}"
            assert now["param_names"] == list(on_file["parameters"]), f"{name}.{method}"
            for parameter, values, known in zip(
                now["param_names"], now["params"], on_file["parameters"].values(), strict=True
            ):
                assert values[: len(known)] == known, f"{name}.{method}, {parameter}"
                assert values == known or parameter == "mode" or name.startswith("fingerprints."), (
                    f"{name}.{method}, {parameter}"
                )
