"""docs/extend/add-a-problem.md and docs/extend/add-a-backend.md, followed to the letter in a copy of the package."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(Add to `BACKENDS` in )?`(autodiff_kernels/\S+\.py)`:\n\n```python\n(.*?)```", re.DOTALL)


def _follow(page: str, root: Path) -> list[str]:
    """Do what the page says in a copy of the package under `root`; return the files that it touches."""
    shutil.copytree(ROOT / "autodiff_kernels", root / "autodiff_kernels", ignore=shutil.ignore_patterns("__pycache__"))
    blocks = BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    for action, name, code in blocks:
        path = root / name
        if action.startswith("Add"):
            opening = "BACKENDS: dict[str, Backend] = {\n"
            text = path.read_text(encoding="utf-8")
            assert opening in text
            path.write_text(text.replace(opening, opening + code), encoding="utf-8")
        else:
            assert not path.exists()
            path.write_text(code, encoding="utf-8")
    return [name for _, name, _ in blocks]


def _python(root: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _build_all(root: Path, filters: str) -> list[str]:
    """Build every cell that the copy supports, with its check against the oracle."""
    code = f"""
from autodiff_kernels import build, cells, why_unsupported
for case in cells():
    if {filters} and why_unsupported(case) is None:
        build(case)
        print(case)
"""
    return _python(root, "-c", code).splitlines()


@pytest.mark.parametrize(
    ("page", "touched", "filters", "count", "example"),
    [
        (
            "extend/add-a-problem.md",
            ["problems/poisson.py", "backends/jax/models/poisson.py", "backends/autograd/models/poisson.py"],
            "case.problem == 'poisson'",
            2 * (4 * 8 + 7),
            "poisson/autograd/forward/n=1000",
        ),
        (
            "extend/add-a-backend.md",
            ["backends/numpy.py", "offers.py"],
            "case.backend == 'numpy'",
            9,
            "rbf/numpy/explicit/d=100",
        ),
    ],
)
def test_the_page_works_as_it_says(page, touched, filters, count, example, tmp_path):
    assert _follow(page, tmp_path) == [f"autodiff_kernels/{name}" for name in touched]
    built = _build_all(tmp_path, filters)
    assert len(built) == count
    assert example in built
    assert example.split("/")[0] in _python(tmp_path, "-m", "autodiff_kernels", "list")
    assert "error" in _python(tmp_path, "-m", "autodiff_kernels", "run", example, "--seconds", "0.01")


def test_a_backend_without_a_model_says_so(tmp_path):
    _follow("extend/add-a-backend.md", tmp_path)
    listing = _python(tmp_path, "-m", "autodiff_kernels", "list", "--cells", "--backend", "numpy")
    assert "numpy has no model of mvn" in listing


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []
