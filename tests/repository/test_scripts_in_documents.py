"""The scripts of the decisions can still run: each compiles, and the names that it imports exist."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _scripts():
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        for number, text in enumerate(SCRIPT.findall(page.read_text(encoding="utf-8")), 1):
            yield pytest.param(text, id=f"{page.name}:{number}")


def _imported(text):
    """The modules that a script imports, and the names that it takes from them."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((name.name, None) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, name.name) for name in node.names)


def _exists(module, name):
    try:
        found = importlib.import_module(module)
    except ImportError:
        return False
    if name is None or hasattr(found, name):
        return True
    return _exists(f"{module}.{name}", None)


@pytest.mark.parametrize("text", list(_scripts()))
def test_the_names_that_a_script_imports_exist(text):
    assert [one for one in _imported(text) if not _exists(*one)] == []


def test_the_decisions_have_scripts_and_a_missing_name_is_found():
    assert len(list(_scripts())) > 10
    text = "import no_such_module\nfrom pathlib import Path, no_such_name\nimport os.path\nfrom os import path"
    assert [one for one in _imported(text) if not _exists(*one)] == [
        ("no_such_module", None),
        ("pathlib", "no_such_name"),
    ]
