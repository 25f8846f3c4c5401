"""The pages of docs/extend, followed step by step in a copy of the repository; and the files that pages name."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.following import NAME_IN_FILE, PATH, ROOT, commands, copied, discovered, flat, follow, run

PAGES = ["add-a-problem.md", "add-a-backend.md", "add-a-benchmark.md"]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
#: Commands that take seconds to a minute.
LONG = re.compile(r"-m pytest|/asv (run|check)")

#: The files of each page in the order of its steps.
TOUCHED = {
    "add-a-problem.md": [
        "autodiff_kernels/problems/poisson.py",
        "autodiff_kernels/backends/jax/models/poisson.py",
        "autodiff_kernels/backends/autograd/models/poisson.py",
        "benchmarks/table/poisson.py",
        "docs/understand/glossary.md",
    ],
    "add-a-backend.md": [
        "autodiff_kernels/backends/numpy.py",
        "autodiff_kernels/offers.py",
        "benchmarks/rows.py",
        "benchmarks/table/rbf.py",
    ],
    "add-a-benchmark.md": [
        "autodiff_kernels/problems/rbf.py",
        "benchmarks/table/rbf.py",
        "autodiff_kernels/backends/jax/counts.py",
        "benchmarks/costs.py",
        "docs/understand/method.md",
        "benchmarks/table/covariance.py",
    ],
}

#: By page: benchmarks that ASV finds after its steps, with a value of one of their parameters.
FOUND = {
    "add-a-problem.md": {
        "gradients.PoissonLogLikelihood.time_gradient": "1000",
        "costs.PoissonLogLikelihood.track_error": "1000",
        "stages.PoissonLogLikelihood.time_stage": "'compile'",
        "fingerprints.Fingerprint.track_fingerprint": "'poisson/standard/10'",
    },
    "add-a-backend.md": {
        "gradients.RBFKernel.time_gradient": "'numpy'",
        "costs.RBFKernel.track_peak_bytes": "'numpy'",
    },
    "add-a-benchmark.md": {
        "gradients.RBFKernel.time_gradient": "1000",
        "stages.RBFKernel.time_stage": "1000",
        "costs.RBFCovariance.track_fusions": "300",
    },
}

#: By page: cells that a selection has after its steps.
SELECTED = {
    "add-a-problem.md": {
        "gradients.PoissonLogLikelihood.time_gradient(1000, 'jax', 'reverse', 'float64')": "nightly",
        "stages.PoissonLogLikelihood.time_stage(10, 'jax', 'reverse', 'float64', 'compile')": "sizes",
    },
    "add-a-backend.md": {"gradients.RBFKernel.time_gradient(1, 'numpy', 'explicit', 'float64')": "nightly"},
    "add-a-benchmark.md": {
        "gradients.RBFKernel.time_gradient(1000, 'jax', 'reverse', 'float64')": "sizes",
        "costs.RBFCovariance.track_fusions(300, 'jax', 'reverse', 'float64')": "nightly",
    },
}


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The copies in which the pages have been followed, and the files of their steps."""
    made = {}

    def following(page):
        if page not in made:
            root = copied(tmp_path_factory.mktemp("page") / "copy")
            made[page] = root, follow(page, root)
        return made[page]

    return following


def _done(command, root):
    done = run(command, root)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# Tests of one page share its copy, so each page has its worker.
def of_page(page, *others, marks=()):
    return pytest.param(page, *others, marks=[pytest.mark.xdist_group(page), *marks], id=page.removesuffix(".md"))


each_page = pytest.mark.parametrize("page", [of_page(page) for page in PAGES])


@each_page
def test_a_page_ends_with_cells_that_asv_finds_and_selects(page, followed):
    root, touched = followed(page)
    assert touched == TOUCHED[page]
    found = discovered(root)
    for benchmark, value in FOUND[page].items():
        assert value in {one for values in found[benchmark] for one in values}, benchmark
    code = "import json; from benchmarks.selections import SELECTIONS; print(json.dumps(SELECTIONS))"
    selections = json.loads(_done([sys.executable, "-c", code], root))
    for cell, name in SELECTED[page].items():
        assert re.search("|".join(*selections[name]), cell), cell


@each_page
def test_each_file_of_a_sentence_exists_and_holds_the_name_of_the_sentence(page, followed):
    root, _ = followed(page)
    prose = re.sub(r"```.*?```", "", flat((ROOT / "docs" / "extend" / page).read_text(encoding="utf-8")), flags=re.S)
    assert [name for name in PATH.findall(prose) if not (root / name).exists()] == []
    named = NAME_IN_FILE.findall(prose)
    assert named
    for name, path in named:
        assert re.search(rf"\b{name}\b", (root / path).read_text(encoding="utf-8")), f"{name} in {path}"


@each_page
def test_each_short_command_of_a_page_runs(page, followed):
    root, _ = followed(page)
    _repository(root)
    short = [command for command in commands(_text(page)) if not LONG.search(command)]
    assert short
    for command in short:
        _done(_installed(command), root)


@pytest.mark.slow
@each_page
def test_each_long_command_of_a_page_runs(page, followed):
    root, _ = followed(page)
    _repository(root)
    _done(_installed(".venv/bin/python -m tools.machine desk"), root)
    long = [command for command in commands(_text(page)) if LONG.search(command)]
    assert long
    for command in long:
        output = _done(_installed(command), root)
        if "asv run" in command:
            assert "failed" not in output
            assert re.search(r"[\d.]+±|\b\d+\.\d", output), output


def _text(page):
    return (ROOT / "docs" / "extend" / page).read_text(encoding="utf-8")


def _installed(command):
    """The command with the programs of the Python that runs the tests."""
    assert command.startswith(".venv/bin/")
    return command.replace(".venv/bin", shlex.quote(str(Path(sys.executable).parent)), 1)


def _repository(root):
    """Make the copy a repository with a commit, as ASV needs it."""
    if not (root / ".git").exists():
        author = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
        for command in (["init", "--quiet"], ["add", "--all"], [*author, "commit", "--quiet", "-m", "Follow the page"]):
            subprocess.run(["git", *command], cwd=root, check=True)


@pytest.mark.parametrize(
    ("page", "filters", "count", "example"),
    [
        of_page(
            "add-a-problem.md",
            "case.problem == 'poisson' and case.size == 10",
            39,
            "poisson/jax/forward/n=10",
            marks=[pytest.mark.slow],
        ),
        of_page("add-a-backend.md", "case.backend == 'numpy'", 9, "rbf/numpy/explicit/d=100"),
    ],
)
def test_every_small_new_cell_agrees_with_its_oracle(page, filters, count, example, followed):
    root, _ = followed(page)
    code = f"""
from autodiff_kernels import build, cells, why_unsupported
for case in cells():
    if {filters} and why_unsupported(case) is None:
        build(case)
        print(case)
"""
    built = _done([sys.executable, "-c", code], root).splitlines()
    assert len(built) == count
    assert example in built


@pytest.mark.xdist_group("add-a-backend.md")
def test_a_backend_without_a_model_says_so(followed):
    root, _ = followed("add-a-backend.md")
    listing = _done([sys.executable, "-m", "autodiff_kernels", "list", "--cells", "--backend", "numpy"], root)
    assert "numpy has no model of mvn" in listing


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    prose = re.sub(r"```.*?```|^ {4}[^\n]*$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [page for page in DOCUMENTS if page.name not in PAGES], ids=lambda page: page.name)
def test_every_file_of_the_repository_that_a_page_names_exists(page):
    prose = re.sub(r"```.*?```", "", flat(page.read_text(encoding="utf-8")), flags=re.DOTALL)
    named = [name for name in PATH.findall(prose) if (ROOT / name.partition("/")[0]).is_dir()]
    assert [name for name in named if not (ROOT / name).exists() and name.partition("/")[0][0] != "."] == []
