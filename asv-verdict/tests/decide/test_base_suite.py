"""Comparisons: cells that lack a number on one side are measured with the benchmark files of the base."""

from dataclasses import replace

import pytest

from asv_verdict.measure.commit_runner import OutOfTime
from asv_verdict.model import Verdict
from comparing import commit, compared

MODULE = "class Slow:\n    def time_call(self): pass\n"
FAST = "\nclass Fast:\n    def time_call(self): pass\n"
CELL = "kernels.Slow.time_call(20)"


@pytest.mark.parametrize(
    ("before", "factor", "verdict"),
    [
        (MODULE, 1.0, Verdict.PASS),
        (MODULE, 1.5, Verdict.REGRESSION),
        (MODULE, 0.5, Verdict.PASS),
        (FAST, 1.5, Verdict.PASS),
        ("class Slow:\n    def time_other(self): pass\n", 1.5, Verdict.PASS),
    ],
    ids=["an old benchmark", "a slower one", "a faster one", "a new class", "a new method"],
)
def test_a_cell_that_fails_on_the_base_is_measured_with_the_files_of_the_base(suite, before, factor, verdict):
    commit(suite, files={"benchmarks/kernels.py": before}, failing={CELL})
    commit(suite, "Change", {"Slow.*20": factor}, files={"benchmarks/kernels.py": f"import new\n{MODULE}{FAST}"})
    report, text = compared(suite)
    assert report.outcome.verdict is verdict
    is_of_base = before is MODULE
    assert any(CELL in note and "failed on" in note for note in report.notes) is not is_of_base
    assert any(line.startswith(f"| `{CELL}` | {factor:.1f}") for line in text.splitlines()) is is_of_base
    assert {change.cell for change in report.outcome.changes} == ({CELL} if is_of_base and factor != 1 else set())


def test_a_benchmark_that_head_removes_is_measured_with_the_files_of_the_base(suite):
    commit(suite, files={"benchmarks/kernels.py": MODULE + FAST})
    commit(suite, "Change", {"Slow": 1.5}, files={"benchmarks/kernels.py": FAST}, without={"kernels.Slow.time_call"})
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.REGRESSION
    assert {change.cell for change in report.outcome.changes} == {"kernels.Slow.time_call(10)", CELL}


@pytest.mark.parametrize("side", ["base", "head", "both"])
def test_a_cell_that_fails_with_the_files_of_the_base_too_is_inconclusive(suite, side):
    failing = {"failing": {CELL}, "failing_with_any_files": {CELL}}
    commit(suite, files={"benchmarks/kernels.py": MODULE}, **failing if side != "head" else {"failing": {CELL}})
    files = {"benchmarks/kernels.py": f"import new\n{MODULE}"}
    commit(suite, files=files, **{"failing_with_any_files": {CELL}} if side != "base" else {})
    report, _ = compared(suite)
    expected = Verdict.PASS if side == "both" else Verdict.INCONCLUSIVE  # it never worked
    assert report.outcome.verdict is expected
    assert any(CELL in sentence for sentence in report.outcome.undecided) is (side != "both")


def test_a_cell_that_fails_on_the_base_is_inconclusive_if_no_commit_has_the_files_of_benchmarks(suite):
    commit(suite, failing={CELL})
    commit(suite)
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any(CELL in sentence for sentence in report.outcome.undecided)


def test_a_cell_that_only_the_base_lists_is_inconclusive_until_that_is_accepted(suite):
    commit(suite)
    commit(suite, without={"kernels.Slow.time_call"})
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert sum("is in the suite of" in sentence for sentence in report.outcome.undecided) == 2
    assert compared(suite, selection="Fast")[0].outcome.verdict is Verdict.PASS
    (suite.root / "asv_verdict_accepted.toml").write_text(
        '[[accepted]]\ncell = "kernels.Slow.*"\ncommit = ""\nreason = "replaced"\n'
    )
    assert compared(suite)[0].outcome.verdict is Verdict.PASS


def test_a_cell_that_fails_on_both_commits_is_a_note(suite):
    commit(suite, failing={CELL})
    commit(suite, failing={CELL})
    report, text = compared(suite)
    assert report.outcome.verdict is Verdict.PASS
    assert f"{CELL} in virtualenv-py3.11 is not expected, since no earlier commit has a number" in text


def test_a_new_benchmark_that_fails_on_head_is_broken(suite):
    files = {"benchmarks/kernels.py": FAST}
    commit(suite, files=files, without={"kernels.Slow.time_call"}, failing={CELL}, failing_with_any_files={CELL})
    commit(suite, files={"benchmarks/kernels.py": FAST + MODULE}, failing={CELL}, failing_with_any_files={CELL})
    assert compared(suite)[0].outcome.verdict is Verdict.BROKEN


@pytest.mark.parametrize("before", [{}, {"benchmarks/__init__.py": ""}])
def test_a_new_file_of_benchmarks_for_a_new_function_is_no_loss(suite, before):
    """The base has the other files unchanged, and cannot run the new one."""
    slow = {cell for cell in suite.cells if "Slow" in cell}
    commit(suite, files={"benchmarks/fast.py": FAST, **before}, failing=slow, failing_with_any_files=slow)
    commit(suite, files={"benchmarks/kernels.py": MODULE})
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.PASS
    assert sum("Slow" in note and "failed on" in note for note in report.notes) == len(slow)


@pytest.mark.parametrize("mode", [0o755, 0o644])
def test_files_of_the_base_that_may_be_executed_are_measured(suite, mode):
    (suite.root / "benchmarks").mkdir()
    (suite.root / "benchmarks" / "kernels.py").write_text(MODULE)
    (suite.root / "benchmarks" / "kernels.py").chmod(mode)
    commit(suite, files={"benchmarks/other.py": "1", "benchmarks/kernels.py": MODULE}, failing={CELL})
    commit(suite, "Change", {"Slow.*20": 1.5}, files={"benchmarks/other.py": "import new"})
    assert compared(suite)[0].outcome.verdict is Verdict.REGRESSION


def test_a_link_among_the_files_of_the_base_is_named(suite):
    (suite.root / "benchmarks").mkdir()
    (suite.root / "benchmarks" / "data.py").symlink_to("kernels.py")
    commit(suite, files={"benchmarks/kernels.py": MODULE, "benchmarks/data.py": MODULE})
    commit(suite, files={"benchmarks/kernels.py": f"import new\n{MODULE}"})
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any(
        "are incomplete: ignored 'benchmarks/data.py': it has mode 120000" in one for one in report.outcome.undecided
    )


def test_a_suite_of_the_base_that_cannot_be_listed_is_inconclusive(suite, monkeypatch):
    commit(suite, files={"benchmarks/kernels.py": MODULE}, failing={CELL})
    commit(suite, files={"benchmarks/kernels.py": f"import new\n{MODULE}"})
    runner = type(suite.runner(suite.project, "desk", suite.git("rev-parse", "HEAD")))
    with_benchmarks = runner.with_benchmarks

    def unlisted(self, folder):
        found = with_benchmarks(self, folder)
        found.state = replace(found.state, builds=False)
        return found

    monkeypatch.setattr(runner, "with_benchmarks", unlisted)
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any("cannot be listed" in sentence for sentence in report.outcome.undecided)


def test_a_cell_of_the_base_that_is_not_reached_is_inconclusive(suite, monkeypatch):
    commit(suite, files={"benchmarks/kernels.py": MODULE}, failing={CELL})
    commit(suite, files={"benchmarks/kernels.py": f"import new\n{MODULE}"})
    runner = type(suite.runner(suite.project, "desk", suite.git("rev-parse", "HEAD")))
    run = runner.run

    def slow(self, results, *arguments):
        if "base-suite" in str(results):
            raise OutOfTime("asv run was stopped after 5400 s")
        return run(self, results, *arguments)

    monkeypatch.setattr(runner, "run", slow)
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any("was not reached in time with the benchmark files of" in one for one in report.outcome.undecided)


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_new_file_of_benchmarks_that_may_be_executed_is_no_loss(suite, mode):
    cell = "new.It.time_it(1)"
    suite.benchmarks["new.It.time_it"] = ("time", "seconds", [["1"]], 1e-3)
    commit(suite, files={"benchmarks/kernels.py": "Fast Slow time_call Work track_equations"}, failing=(cell,))
    path = suite.root / "benchmarks" / "new.py"
    path.write_text("It time_it")
    path.chmod(mode)
    suite.git("add", "benchmarks/new.py")
    commit(suite)
    report, _ = compared(suite)
    assert report.outcome.verdict is Verdict.PASS, report.outcome.undecided
