"""The variants of the suite have the same classes as the nightly selection."""

import json
import re
import subprocess
import sys

import pytest

from benchmarks.selections import SELECTIONS
from tools.asv_runs import ROOT


def _nightly_classes(module):
    """The classes of a module of benchmarks/ that the nightly selection names."""
    patterns = (pattern.replace("\\", "") for pattern in SELECTIONS["nightly"].patterns)
    found = (re.match(rf"\^{module}\.(\w+)\.", pattern) for pattern in patterns)
    return {match[1] for match in found if match}


DISCOVER = """
import json
import sys
from asv_runner._aux import update_sys_path
from asv_runner.discovery import disc_benchmarks
update_sys_path(sys.argv[1])
print(json.dumps([one.name for one in disc_benchmarks(sys.argv[1], False)]))
"""


@pytest.mark.parametrize(
    ("variant", "modules"),
    [
        ("repeatability/slowed", ["gradients"]),
        ("repeatability/asv_default", ["gradients"]),
        ("accounts/accounted", ["gradients", "costs", "stages"]),
    ],
)
def test_asv_finds_the_classes_of_the_nightly_selection_in_a_variant(variant, modules):
    command = [sys.executable, "-c", DISCOVER, str(ROOT / "studies" / variant)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=ROOT)
    found = {tuple(name.split(".")[:2]) for name in json.loads(done.stdout)}
    for module in modules:
        assert {(module, name) for name in _nightly_classes(module)} <= found


def test_the_accounts_have_every_module_of_the_nightly_selection():
    modules = {re.match(r"\^(\w+)", pattern)[1] for pattern in SELECTIONS["nightly"].patterns}
    files = {path.stem for path in (ROOT / "studies" / "accounts" / "accounted").glob("*.py")}
    assert files - {"__init__", "preimport"} == modules
