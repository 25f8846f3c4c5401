"""Formulas broken on purpose: the build raises for each, and ASV reports a failed benchmark instead of a time."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BREAKS = {
    "a sign in an explicit derivative": (
        "backends/jax/models/rbf.py",
        "jnp.stack([variance * correlation * scaled / lengthscale, correlation])",
        "jnp.stack([-variance * correlation * scaled / lengthscale, correlation])",
        "rbf/jax/explicit/d=100",
    ),
    "a factor 2 in an objective": (
        "backends/jax/models/mvn.py",
        "- jnp.sum(jnp.log(jnp.diagonal(factor))) - 0.5 * whitened @ whitened",
        "- jnp.sum(jnp.log(jnp.diagonal(factor))) - whitened @ whitened",
        "mvn/jax/reverse/n=3",
    ),
    "a factor 2 in a log-determinant": (
        "backends/autograd/models/mvn.py",
        "- anp.sum(anp.log(diagonal))",
        "- 2 * anp.sum(anp.log(diagonal))",
        "mvn/autograd/double_reverse/n=3",
    ),
    "a transpose in a solve": (
        "backends/autograd/models/mvn.py",
        "alpha = np.linalg.solve(factor.T, np.linalg.solve(factor, x - mu))",
        "alpha = np.linalg.solve(factor, np.linalg.solve(factor, x - mu))",
        "mvn/autograd/explicit/n=3/formulation=textbook",
    ),
    "a transposed Jacobian": (
        "backends/jax/modes.py",
        "jax.vmap(column, out_axes=-1)(basis)",
        "jax.vmap(column, out_axes=0)(basis)",
        "timeline/jax/linearize/m=400",
    ),
    "a power of a parameter": (
        "backends/autograd/models/covariance.py",
        "np.vdot(weighted, distances) * variance / lengthscale**3",
        "np.vdot(weighted, distances) * variance / lengthscale**2",
        "covariance/autograd/explicit/n=10",
    ),
    "a forgotten quotient": (
        "backends/autograd/models/timeline.py",
        "-rho / lambda_, logarithm)",
        "-rho / lambda_, np.log(t))",
        "timeline/autograd/explicit/m=400/formulation=weibull",
    ),
    "a half step in a mode": (
        "backends/jax/modes.py",
        "widths = jnp.diagonal(points[0] - points[1])",
        "widths = jnp.diagonal(points[0] - points[1]) / 2",
        "rbf/jax/finite_difference/d=1",
    ),
    "a sign in an oracle": (
        "problems/mvn.py",
        "    return 0.5 * (quadratic - trace)",
        "    return 0.5 * (quadratic + trace)",
        "mvn/jax/reverse/n=3",
    ),
}


def _copy(root: Path) -> None:
    for name in ("autodiff_kernels", "benchmarks", "tools", "asv-verdict"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "asv.conf.json", root)


def _break(root: Path, name: str) -> str:
    """Apply a break to a copy and return the case that must fail."""
    file, right, wrong, case = BREAKS[name]
    path = root / "autodiff_kernels" / file
    text = path.read_text(encoding="utf-8")
    assert right in text, "the break no longer matches the code"
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    return case


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_formula_raises(name, tmp_path):
    _copy(tmp_path)
    case = _break(tmp_path, name)
    done = subprocess.run(
        [sys.executable, "-m", "autodiff_kernels", "run", case, "--seconds", "0.01"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert case in done.stderr
    assert "the result" in done.stderr


@pytest.mark.parametrize(("name", "status"), [(None, 0), ("a sign in an explicit derivative", 2)])
def test_asv_reports_a_failed_benchmark_and_no_time(name, status, tmp_path):
    _copy(tmp_path)
    if name:
        _break(tmp_path, name)
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main"]
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Copy the suite"]):
        subprocess.run([*git, *arguments], cwd=tmp_path, check=True)
    cells = r"RBFKernel.time_gradient\(100, 'jax', '(explicit|reverse)', 'float64'\)"
    options = ["--python=same", "--quick", "--dry-run", "--show-stderr", "--bench", cells]
    done = subprocess.run(
        [sys.executable, "-m", "asv", "run", *options],
        cwd=tmp_path,
        # A home of its own: ASV keeps the machine's record there.
        env=os.environ | {"ASV_PYTHONPATH": str(tmp_path), "HOME": str(_home(tmp_path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert ("WrongResult: rbf/jax/explicit/d=100" in done.stdout) == bool(name)
    assert bool(re.search(r"\b1/\d+ failed", done.stdout)) == bool(name)


def _home(root: Path) -> Path:
    home = root / "home"
    home.mkdir()
    environment = os.environ | {"HOME": str(home)}
    subprocess.run([sys.executable, "-m", "asv", "machine", "--yes"], cwd=root, env=environment, check=True)
    return home
