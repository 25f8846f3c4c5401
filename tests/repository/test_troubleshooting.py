"""The messages on the page about troubleshooting agree with the code."""

import pytest

from tests.support.following import ROOT

PAGE = (ROOT / "docs" / "use" / "troubleshooting.md").read_text(encoding="utf-8")
PROVENANCE = "asv-verdict/src/asv_verdict/measure/provenance.py"


@pytest.mark.parametrize(
    ("message", "file"),
    [
        ("expected 3.11 or newer; name one: make PYTHON=python3.12", "Makefile"),
        ("no browser starts here", "tools/browser.py"),
        ("the working tree differs from its commit in", PROVENANCE),
        ("--quick takes one sample, and its results would replace better ones", PROVENANCE),
        ("the result differs from the oracle: relative error", "autodiff_kernels/checking.py"),
        ("the budget is", "autodiff_kernels/programs.py"),
        ("this machine has", "autodiff_kernels/programs.py"),
        ("ended the measured process", "benchmarks/processes.py"),
        ("it exceeded its timeout", "benchmarks/records.py"),
        ("measure them with `make bench`", "studies/main_table/__main__.py"),
    ],
)
def test_a_message_of_the_page_is_that_of_the_code(message, file):
    assert message in PAGE
    assert message in (ROOT / file).read_text(encoding="utf-8")
