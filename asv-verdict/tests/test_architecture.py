"""The rooms of the package: few, in few layers, and no import back."""

import subprocess
import sys
import tomllib
from pathlib import Path

import asv_verdict

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
MOST_ROOMS, MOST_LAYERS = 16, 9


def test_a_module_imports_only_from_the_layers_below_its_own():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    done = subprocess.run(
        [*command, "--no-cache", "--config", str(PYPROJECT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_has_few_rooms_in_few_layers():
    (contract,) = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    rooms = {path.stem for path in Path(asv_verdict.__file__).parent.iterdir() if path.suffix in ("", ".py")}
    assert len({room for room in rooms if not room.startswith("__")}) <= MOST_ROOMS
    assert len(contract["layers"]) <= MOST_LAYERS
    assert contract["exhaustive"], "every room has a layer"
