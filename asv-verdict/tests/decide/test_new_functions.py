"""A comparison whose head adds a function and benchmarks of it to the only file of benchmarks."""

import pytest

from asv_verdict.model import Verdict
from comparing import commit, compared

OLD = "class Slow:\n    def time_call(self): pass\n"
NEW = "class Fast:\n    def time_call(self): pass\n"


@pytest.mark.parametrize(
    ("selection", "factor", "verdict"),
    [("", 1.0, Verdict.PASS), ("", 1.5, Verdict.REGRESSION), ("Fast", 1.0, Verdict.PASS)],
    ids=["same old ones", "slower old ones", "only new ones"],
)
def test_a_comparison_of_which_every_other_cell_is_new_is_decided(suite, selection, factor, verdict):
    """On the base, all cells fail with the files of head, and the new ones with any files."""
    del suite.benchmarks["counts.Work.track_equations"]
    new = {cell for cell in suite.cells if "Fast" in cell}
    files = {"benchmarks/kernels.py": OLD}
    commit(suite, files=files, failing=set(suite.cells), failing_with_any_files=new)
    commit(suite, "Add", {"Slow": factor}, files={"benchmarks/kernels.py": f"import new\n{OLD}{NEW}"})
    report, text = compared(suite, selection=selection)
    assert report.outcome.verdict is verdict
    assert len([note for note in report.notes if "Fast" in note]) == len(new)
    assert ("| `kernels.Slow.time_call(10)` |" in text) is (not selection)
