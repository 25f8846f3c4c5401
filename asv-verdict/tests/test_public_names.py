"""The public names of the package."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import asv_verdict

SOURCE = Path(asv_verdict.__file__)


@pytest.mark.parametrize("name", asv_verdict.__all__)
def test_every_public_name_is_there(name):
    assert getattr(asv_verdict, name).__doc__ or name == "State"


def test_type_checkers_see_the_same_names():
    (block,) = (node for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.If))
    seen = {alias.asname: f"{node.module}.{alias.name}" for node in block.body for alias in node.names}
    assert sorted(seen) == asv_verdict.__all__
    for name, home in seen.items():
        module = f"asv_verdict.{asv_verdict._HOMES[name]}"
        assert home in (module, f"{module}.{name}")


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'confirmed'"):
        asv_verdict.confirmed  # noqa: B018


def test_the_package_imports_nothing_before_a_name_is_used():
    code = "import sys, asv_verdict; print([name for name in sys.modules if name.startswith(('asv', 'numpy'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['asv_verdict']"
