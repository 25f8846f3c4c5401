"""Build and check both distributions: `python -m tools.dist` fills dist/.

It builds an sdist and a wheel of each, and has twine check them. Then it installs each wheel into an empty environment
and runs two of its commands there, outside the repository.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tools.asv_runs import ROOT

#: The folder of each distribution, and commands that must end with status 0 once its wheel is installed.
DISTRIBUTIONS = {
    "autodiff-kernels": (".", ("autodiff-kernels --version", "autodiff-kernels list --problem rbf")),
    "asv-verdict": ("asv-verdict", ("asv-verdict --version", "asv-verdict detect results")),
}
#: A result file of ASV, for `asv-verdict detect`.
RESULT = {
    "version": 2,
    "commit_hash": "0" * 40,
    "env_name": "environment",
    "date": 0,
    "params": {"machine": "desk"},
    "result_columns": ["result"],
    "results": {"suite.time_call": [[1.0]]},
}


def build(folder: Path) -> None:
    """Build all distributions into a folder, replacing earlier ones, and have twine check them.

    Raises SystemExit if the folder holds anything else.
    """
    there = list(folder.iterdir()) if folder.exists() else []
    foreign = [path.name for path in there if not (path.is_file() and path.name.endswith((".whl", ".tar.gz")))]
    if foreign:
        raise SystemExit(f"{folder} holds {', '.join(sorted(foreign)[:3])}: expected only .whl and .tar.gz files")
    for path in there:
        path.unlink()
    for source, _ in DISTRIBUTIONS.values():
        run([sys.executable, "-m", "build", "--quiet", "--outdir", str(folder), source], ROOT)
    files = sorted(map(str, folder.iterdir()))
    run([sys.executable, "-m", "twine", "check", "--strict", *files], ROOT)


def try_wheel(wheel: Path, commands: tuple[str, ...]) -> None:
    """Install a wheel into an empty environment and run its commands there."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        venv.create(root / "environment", with_pip=True)
        (root / "results" / "desk").mkdir(parents=True)
        (root / "results" / "desk" / "result.json").write_text(json.dumps(RESULT), encoding="utf-8")
        binaries = root / "environment" / "bin"
        run([str(binaries / "python"), "-m", "pip", "install", "--quiet", str(wheel)], root)
        for command in commands:
            name, *arguments = command.split()
            run([str(binaries / name), *arguments], root)


def run(command: list[str], folder: Path) -> None:
    """Run a command and print its output. Raises SystemExit if it fails."""
    print("$", Path(command[0]).name, *command[1:], flush=True)
    status = subprocess.run(command, cwd=folder, check=False).returncode
    if status:
        raise SystemExit(f"{Path(command[0]).name} ended with status {status}: expected 0")


def main() -> None:
    """Build, check and try both distributions."""
    parser = argparse.ArgumentParser(prog="python -m tools.dist", description=__doc__)
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=ROOT / "dist",
        help="the output folder, whose earlier distributions are deleted; default: dist",
    )
    folder = parser.parse_args().folder.resolve()
    build(folder)
    for name, (_, commands) in DISTRIBUTIONS.items():
        (wheel,) = folder.glob(f"{name.replace('-', '_')}-*.whl")
        try_wheel(wheel, commands)
    print(f"Both distributions are in {folder}.")


if __name__ == "__main__":
    main()
