"""Environments of type `installed`: this Python, the files of each commit, and the device as an axis."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.asv_runs import load_configuration

ROOT = Path(__file__).parents[2]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
CELL = r"^gradients\.RBFKernel\.time_gradient\(1, 'jax', 'value', 'float64'\)$"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone of this repository with its uncommitted changes, and ASV's record of a machine."""
    root = tmp_path_factory.mktemp("clone") / "project"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(root)], check=True)
    changed = subprocess.run(["git", "diff", "--binary", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    for command in (["config", "user.email", "a@b.c"], ["config", "user.name", "a"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    if changed:
        subprocess.run(["git", "apply", "--index"], input=changed, cwd=root, check=True)
        subprocess.run(["git", "commit", "--quiet", "-m", "Not committed"], cwd=root, check=True)
    machine = {"machine": "desk", "os": "Linux", "arch": "x86", "cpu": "a CPU", "num_cpu": "2", "ram": "8"}
    (root / "machine.json").write_text(json.dumps({"version": 1, "desk": machine}))
    return root


def _run(clone, platforms, *options, pythons=(VERSION,)):
    matrix = load_configuration()["matrix"]["env_nobuild"] | {"JAX_PLATFORMS": platforms}
    changes = {"environment_type": "installed", "pythons": list(pythons), "matrix": {"env_nobuild": matrix}}
    configuration = clone / "asv.conf.tested.json"
    configuration.write_text(json.dumps({**load_configuration(), **changes, "version": 1}))
    command = [sys.executable, "-m", "asv", "run", "--config", configuration.name, "--machine", "desk"]
    command += ["--attribute", "rounds=1", "--show-stderr", *options, "--bench", CELL, "HEAD^!"]
    home = {"HOME": str(clone), "PATH": os.environ["PATH"], "CUDA_VISIBLE_DEVICES": ""}
    (clone / ".asv-machine.json").write_text((clone / "machine.json").read_text())
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, env=home)


def _results(clone):
    return {
        json.loads(path.read_text())["env_vars"]["JAX_PLATFORMS"]: path
        for path in (clone / ".asv" / "results" / "desk").glob("*installed*.json")
    }


def _value(path):
    content = json.loads(path.read_text())
    (name,) = content["results"]
    columns = dict(zip(content["result_columns"], content["results"][name], strict=False))
    return next((value for value in columns["result"] or [None] if value == value), None)


def test_a_missing_gpu_breaks_its_cells_only(clone):
    done = _run(clone, ["cpu", "cuda"])
    assert done.returncode == 2, done.stdout + done.stderr
    found = _results(clone)
    assert _value(found["cpu"]) > 0
    assert _value(found["cuda"]) is None
    assert "JAX_PLATFORMS is cuda, but there is no GPU here: CUDA_VISIBLE_DEVICES hides all GPUs" in done.stdout
    assert "/" not in found["cpu"].name
    assert str(clone) not in found["cpu"].read_text()
    provenance = json.loads(found["cpu"].with_suffix(".provenance").read_text())
    assert provenance["sessions"][0]["packages"]["jax"]


def test_the_files_of_the_commit_are_measured_instead_of_the_checkout(clone):
    model = clone / "autodiff_kernels" / "backends" / "jax" / "models" / "rbf.py"
    written = model.read_text()
    subprocess.run(["git", "tag", "before"], cwd=clone, check=True)
    model.write_text(written + '\nraise ImportError("the model of the commit")\n')
    subprocess.run(["git", "commit", "--quiet", "--all", "-m", "Break"], cwd=clone, check=True)
    try:
        model.write_text(written)
        broken = _run(clone, ["cpu"], "--dry-run")
    finally:
        subprocess.run(["git", "reset", "--quiet", "--hard", "before"], cwd=clone, check=True)
    assert broken.returncode == 2, broken.stdout + broken.stderr
    assert "the model of the commit" in broken.stdout


def test_only_the_python_that_runs_asv_is_available(clone):
    done = _run(clone, ["cpu"], pythons=["3.99"])
    assert done.returncode == 1
    assert "Python 3.99 is not the one that runs ASV" in done.stdout + done.stderr


#: Hides asv-verdict as an installed package, and every package but ASV's own needs, filelock and autograd.
ON_A_GPU_MACHINE = """
import sys
sys.path = [entry for entry in sys.path if "asv-verdict" not in entry]

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in ("msgspec", "matplotlib", "numpy", "scipy", "jax", "pypi_simple", "tomlkit"):
            raise ImportError(f"{name} is not installed")

import asv.main, asv.commands.run, asv.commands.find
sys.meta_path.insert(0, Missing())
from asv.plugin_manager import plugin_manager
for plugin in PLUGINS:
    plugin_manager.import_plugin(plugin)
print(sys.modules["asv_verdict"].__file__)
"""


def test_the_plugins_load_from_their_source_where_nothing_is_installed():
    plugins = load_configuration()["plugins"]
    assert plugins == [".tools.provenance", ".tools.installed", ".tools.verdict_plugin"]
    code = ON_A_GPU_MACHINE.replace("PLUGINS", repr(plugins))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == str(ROOT / "asv-verdict" / "src" / "asv_verdict" / "__init__.py"), done.stderr
