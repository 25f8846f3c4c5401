"""The variants of the suite have the same classes as the nightly selection."""

import ast
import re

import pytest

from benchmarks.selections import SELECTIONS
from tools.asv_runs import ROOT


def _nightly_classes(module):
    """The classes of a module of benchmarks/ that the nightly selection names."""
    patterns = (pattern.replace("\\", "") for pattern in SELECTIONS["nightly"].patterns)
    found = (re.match(rf"\^{module}\.(\w+)\.", pattern) for pattern in patterns)
    return {match[1] for match in found if match}


def _imported_classes(variant, module):
    tree = ast.parse((ROOT / "tools" / "variants" / variant / f"{module}.py").read_text(encoding="utf-8"))
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == f"benchmarks.{module}")
    return {name.name for node in imports for name in node.names}


@pytest.mark.parametrize(
    ("variant", "module"),
    [
        ("slowed", "gradients"),
        ("asv_default", "gradients"),
        ("accounted", "gradients"),
        ("accounted", "costs"),
        ("accounted", "stages"),
    ],
)
def test_a_variant_has_the_classes_of_the_nightly_selection(variant, module):
    assert _imported_classes(variant, module) == _nightly_classes(module)


def test_the_accounts_have_every_module_of_the_nightly_selection():
    modules = {re.match(r"\^(\w+)", pattern)[1] for pattern in SELECTIONS["nightly"].patterns}
    files = {path.stem for path in (ROOT / "tools" / "variants" / "accounted").glob("*.py")}
    assert files - {"__init__", "preimport"} == modules
