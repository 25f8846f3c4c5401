"""Modules and functions stay small enough to read, and no mechanism names a model."""

import ast
import subprocess
from pathlib import Path

import pytest

from autodiff_kernels import PROBLEMS

ROOT = Path(__file__).parents[2]
#: The most lines of a module and of a function.
MODULE, FUNCTION = 250, 50


def _listed(pattern):
    """The files of this pattern that git knows."""
    command = ["git", "ls-files", pattern]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in done.stdout.splitlines() if (ROOT / name).exists()]


FILES, SCRIPTS = _listed("*.py"), _listed("*.js")
OF_PACKAGE = [path for path in FILES if path.parts[0] in ("autodiff_kernels", "benchmarks")]
#: Folders that are about single models.
OF_MODELS = ("autodiff_kernels/problems/", "/models/", "benchmarks/table/")
MECHANISMS = [path for path in OF_PACKAGE if not any(part in f"{path}" for part in OF_MODELS)]


def _tree(path):
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*FILES, *SCRIPTS], ids=str)
def test_a_module_is_short(path):
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= MODULE


@pytest.mark.parametrize("path", FILES, ids=str)
def test_functions_are_short(path):
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            assert node.end_lineno - first < FUNCTION, node.name


@pytest.mark.parametrize("path", MECHANISMS, ids=str)
def test_no_mechanism_names_a_model(path):
    """Neither by a name nor in a string. A docstring or a help text may give an example of a case."""
    named = set()
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
                named.add(name)
    assert named.isdisjoint(PROBLEMS)
