"""Comparisons of two commits for a pull request: the selection, the findings, and the text of a comment."""

import json
from dataclasses import replace

import pytest

from asv_verdict.compare import compare
from asv_verdict.measure.commit_runner import OutOfTime
from asv_verdict.model import Verdict
from asv_verdict.project import BadSetting
from asv_verdict.vcs.git import GitFailed


def _commit(suite, *words, **options):
    """A commit that changes a file which can affect every cell."""
    return suite.commit(*words, **{"files": {"kernels.py": f"{len(suite.commits)}"}, **options})


def _compare(suite, base="HEAD~1", head="HEAD", **options):
    return compare(suite.project, "desk", base, head, say=lambda sentence: None, make_runner=suite.runner, **options)


def test_a_slower_kernel_is_a_regression_with_its_interval(suite):
    _commit(suite)
    _commit(suite, "Slow", {"Slow.*20": 1.1})
    report, text = _compare(suite)
    assert report.outcome.verdict is Verdict.REGRESSION
    assert text.startswith("regression: 16 of 16 expected cells measured")
    row = next(line for line in text.splitlines() if "Slow.time_call(20)" in line and "against base" in line)
    assert "1.0" in row or "1.1" in row
    assert sum("| `" in line and "against" not in line for line in text.splitlines()) == 16, "a row for every cell"


def test_a_comparison_of_the_same_code_passes_and_stores_no_results(suite):
    _commit(suite)
    _commit(suite)
    report, _ = _compare(suite)
    assert report.outcome.verdict is Verdict.PASS
    assert not (suite.root / ".asv" / "results").exists()


def test_a_comparison_on_a_noisy_machine_is_never_a_pass(suite):
    suite.noise = 0.15
    _commit(suite)
    _commit(suite, "Slow", {"Slow": 1.15})
    report, _ = _compare(suite)
    assert report.outcome.verdict is not Verdict.PASS


def test_a_benchmark_that_fails_on_the_head_alone_is_broken(suite):
    _commit(suite)
    _commit(suite, failing={"kernels.Slow.time_call(20)"})
    report, text = _compare(suite)
    assert report.outcome.verdict is Verdict.BROKEN
    assert "it has a number on" in text


def test_only_cells_that_the_changed_files_can_affect_are_measured(suite):
    (suite.root / "asv_verdict.toml").write_text('[paths]\n"slow/*" = "Slow"\n"docs/*" = ""\n')
    _commit(suite)
    _commit(suite, files={"slow/a.py": "1", "docs/a.md": "1"})
    report, _ = _compare(suite)
    assert report.outcome.expected == 2
    _commit(suite, files={"docs/b.md": "1"})
    assert _compare(suite)[0].outcome.expected == 0
    _commit(suite, files={"docs/c.md": "1", "elsewhere.py": "1"})
    assert _compare(suite)[0].outcome.expected == 16
    assert _compare(suite, selection="Fast")[0].outcome.expected == 12, "a selection of the user overrides the paths"


def test_a_commit_that_does_not_build_is_broken_and_an_unknown_one_an_error(suite):
    _commit(suite)
    _commit(suite, builds=False)
    report, text = _compare(suite)
    assert report.outcome.verdict is Verdict.BROKEN
    assert "no matching distribution" in text
    with pytest.raises(GitFailed, match="unknown commit 'nowhere': expected a commit, branch or tag of "):
        _compare(suite, base="nowhere")


def test_a_head_that_is_older_than_the_base_is_compared(suite):
    _commit(suite, "Slow", {"Slow.*20": 1.3})
    _commit(suite, "Fast", {"Slow.*20": 1 / 1.3})
    report, _ = _compare(suite, base="HEAD", head="HEAD~1")
    assert report.outcome.verdict is Verdict.REGRESSION
    (change,) = report.outcome.changes
    assert change.commits == ()


def test_later_commits_on_the_base_are_not_attributed_to_the_head(suite):
    _commit(suite)
    suite.git("checkout", "--quiet", "-b", "topic")
    head = _commit(suite)
    suite.git("checkout", "--quiet", "main")
    _commit(suite, "Make it faster", {"Slow": 0.8})
    report, _ = _compare(suite, base="main", head=head)
    assert report.outcome.verdict is Verdict.PASS
    assert any("main has commits that" in note and "merge base" in note for note in report.notes)


def test_a_selection_that_matches_nothing_is_broken(suite):
    _commit(suite)
    _commit(suite)
    report, text = _compare(suite, selection="nothing_like_it")
    assert report.outcome.verdict is Verdict.BROKEN
    assert "no cell of the suite matches" in text


# --- Cells of the base's own suite ---

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
    _commit(suite, files={"benchmarks/kernels.py": before}, failing={CELL})
    _commit(suite, "Change", {"Slow.*20": factor}, files={"benchmarks/kernels.py": f"import new\n{MODULE}{FAST}"})
    report, text = _compare(suite)
    assert report.outcome.verdict is verdict
    is_of_base = before is MODULE
    assert any(CELL in note and "failed on" in note for note in report.notes) is not is_of_base
    assert any(line.startswith(f"| `{CELL}` | {factor:.1f}") for line in text.splitlines()) is is_of_base
    assert {change.cell for change in report.outcome.changes} == ({CELL} if is_of_base and factor != 1 else set())


def test_a_benchmark_that_head_removes_is_measured_with_the_files_of_the_base(suite):
    _commit(suite, files={"benchmarks/kernels.py": MODULE + FAST})
    _commit(suite, "Change", {"Slow": 1.5}, files={"benchmarks/kernels.py": FAST}, without={"kernels.Slow.time_call"})
    report, _ = _compare(suite)
    assert report.outcome.verdict is Verdict.REGRESSION
    assert {change.cell for change in report.outcome.changes} == {"kernels.Slow.time_call(10)", CELL}


@pytest.mark.parametrize("side", ["base", "head", "both"])
def test_a_cell_that_fails_with_the_files_of_the_base_too_is_inconclusive(suite, side):
    failing = {"failing": {CELL}, "failing_with_any_files": {CELL}}
    _commit(suite, files={"benchmarks/kernels.py": MODULE}, **failing if side != "head" else {"failing": {CELL}})
    files = {"benchmarks/kernels.py": f"import new\n{MODULE}"}
    _commit(suite, files=files, **{"failing_with_any_files": {CELL}} if side != "base" else {})
    report, _ = _compare(suite)
    expected = Verdict.PASS if side == "both" else Verdict.INCONCLUSIVE  # it never worked
    assert report.outcome.verdict is expected
    assert any(CELL in sentence for sentence in report.outcome.undecided) is (side != "both")


def test_a_cell_that_fails_on_the_base_is_inconclusive_if_no_commit_has_the_files_of_benchmarks(suite):
    _commit(suite, failing={CELL})
    _commit(suite)
    report, _ = _compare(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any(CELL in sentence for sentence in report.outcome.undecided)


def test_a_cell_that_only_the_base_lists_is_inconclusive_until_that_is_accepted(suite):
    _commit(suite)
    _commit(suite, without={"kernels.Slow.time_call"})
    report, _ = _compare(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert sum("is in the suite of" in sentence for sentence in report.outcome.undecided) == 2
    assert _compare(suite, selection="Fast")[0].outcome.verdict is Verdict.PASS
    (suite.root / "asv_verdict_accepted.toml").write_text(
        '[[accepted]]\ncell = "kernels.Slow.*"\ncommit = ""\nreason = "replaced"\n'
    )
    assert _compare(suite)[0].outcome.verdict is Verdict.PASS


@pytest.mark.parametrize("pairs", [None, 1, 3, 4])
def test_one_round_without_measured_noise_has_no_interval(suite, pairs):
    noise = suite.root / ".asv" / "noise" / "desk" / "virtualenv-py3.11.json"
    content = json.loads(noise.read_text())
    noise.write_text(json.dumps(content | {"pairs": content["pairs"][:pairs] if pairs else []}))
    _commit(suite)
    _commit(suite)
    _, text = _compare(suite)
    row = next(line for line in text.splitlines() if line.startswith("| `kernels.Slow.time_call(20)` |"))
    assert (" to " in row) is (pairs == 4)
    assert ("| unknown after one round |" in row) is (pairs != 4)


# --- Cells that fail on both commits, or are not reached ---


def test_a_cell_that_fails_on_both_commits_is_a_note(suite):
    _commit(suite, failing={CELL})
    _commit(suite, failing={CELL})
    report, text = _compare(suite)
    assert report.outcome.verdict is Verdict.PASS
    assert f"{CELL} in virtualenv-py3.11 is not expected, since no earlier commit has a number" in text


def test_a_new_benchmark_that_fails_on_head_is_broken(suite):
    files = {"benchmarks/kernels.py": FAST}
    _commit(suite, files=files, without={"kernels.Slow.time_call"}, failing={CELL}, failing_with_any_files={CELL})
    _commit(suite, files={"benchmarks/kernels.py": FAST + MODULE}, failing={CELL}, failing_with_any_files={CELL})
    assert _compare(suite)[0].outcome.verdict is Verdict.BROKEN


@pytest.mark.parametrize("before", [{}, {"benchmarks/__init__.py": ""}])
def test_a_new_file_of_benchmarks_for_a_new_function_is_no_loss(suite, before):
    """The base has the other files unchanged, and cannot run the new one."""
    slow = {cell for cell in suite.cells if "Slow" in cell}
    _commit(suite, files={"benchmarks/fast.py": FAST, **before}, failing=slow, failing_with_any_files=slow)
    _commit(suite, files={"benchmarks/kernels.py": MODULE})
    report, _ = _compare(suite)
    assert report.outcome.verdict is Verdict.PASS
    assert sum("Slow" in note and "failed on" in note for note in report.notes) == len(slow)


@pytest.mark.parametrize("mode", [0o755, 0o644])
def test_files_of_the_base_that_may_be_executed_are_measured(suite, mode):
    (suite.root / "benchmarks").mkdir()
    (suite.root / "benchmarks" / "kernels.py").write_text(MODULE)
    (suite.root / "benchmarks" / "kernels.py").chmod(mode)
    _commit(suite, files={"benchmarks/other.py": "1", "benchmarks/kernels.py": MODULE}, failing={CELL})
    _commit(suite, "Change", {"Slow.*20": 1.5}, files={"benchmarks/other.py": "import new"})
    assert _compare(suite)[0].outcome.verdict is Verdict.REGRESSION


def test_a_link_among_the_files_of_the_base_is_named(suite):
    (suite.root / "benchmarks").mkdir()
    (suite.root / "benchmarks" / "data.py").symlink_to("kernels.py")
    _commit(suite, files={"benchmarks/kernels.py": MODULE, "benchmarks/data.py": MODULE})
    _commit(suite, files={"benchmarks/kernels.py": f"import new\n{MODULE}"})
    report, _ = _compare(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any(
        "are incomplete: ignored 'benchmarks/data.py': it has mode 120000" in one for one in report.outcome.undecided
    )


def test_a_suite_of_the_base_that_cannot_be_listed_is_inconclusive(suite, monkeypatch):
    _commit(suite, files={"benchmarks/kernels.py": MODULE}, failing={CELL})
    _commit(suite, files={"benchmarks/kernels.py": f"import new\n{MODULE}"})
    runner = type(suite.runner(suite.project, "desk", suite.git("rev-parse", "HEAD")))
    with_benchmarks = runner.with_benchmarks

    def unlisted(self, folder):
        found = with_benchmarks(self, folder)
        found.state = replace(found.state, builds=False)
        return found

    monkeypatch.setattr(runner, "with_benchmarks", unlisted)
    report, _ = _compare(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any("cannot be listed" in sentence for sentence in report.outcome.undecided)


def test_a_cell_of_the_base_that_is_not_reached_is_inconclusive(suite, monkeypatch):
    _commit(suite, files={"benchmarks/kernels.py": MODULE}, failing={CELL})
    _commit(suite, files={"benchmarks/kernels.py": f"import new\n{MODULE}"})
    runner = type(suite.runner(suite.project, "desk", suite.git("rev-parse", "HEAD")))
    run = runner.run

    def slow(self, results, *arguments):
        if "base-suite" in str(results):
            raise OutOfTime("asv run was stopped after 5400 s")
        return run(self, results, *arguments)

    monkeypatch.setattr(runner, "run", slow)
    report, _ = _compare(suite)
    assert report.outcome.verdict is Verdict.INCONCLUSIVE
    assert any("was not reached in time with the benchmark files of" in one for one in report.outcome.undecided)


# --- The selection ---


@pytest.mark.parametrize("selection", ["(", "[a", "*"])
def test_a_selection_that_is_no_expression_is_refused_before_anything_is_built(suite, selection):
    _commit(suite)
    _commit(suite)
    with pytest.raises(BadSetting, match="expected a regular expression for cells"):
        _compare(suite, selection=selection)
    assert suite.runs == []


@pytest.mark.parametrize(("selection", "cells"), [("(?i)^KERNELS", 2), ("(?i)work", 0), ("^kernels|^counts", 2)])
def test_a_selection_with_flags_and_paths_go_together(suite, selection, cells):
    (suite.root / "asv_verdict.toml").write_text(f"selection = '{selection}'\n[paths]\n'slow/*' = '(?i)slow'\n")
    _commit(suite)
    _commit(suite, files={"slow/a.py": "1"})
    assert _compare(suite)[0].outcome.expected == cells


@pytest.mark.parametrize("expressions", [(r"(F)ast|x(.)\2", "Slow"), ("(?P<a>Fast)", "(?P<a>Slow)")])
def test_expressions_that_cannot_be_joined_select_every_cell(suite, expressions):
    fast, slow = expressions
    (suite.root / "asv_verdict.toml").write_text(f"[paths]\n'fast/*' = '{fast}'\n'slow/*' = '{slow}'\n")
    _commit(suite)
    _commit(suite, files={"fast/a.py": "1", "slow/a.py": "1"})
    report, _ = _compare(suite)
    assert report.outcome.expected == 16
    assert any("cannot be joined" in note for note in report.notes)


def test_without_paths_every_cell_is_measured_even_if_no_file_changed(suite):
    _commit(suite)
    assert _compare(suite, base="HEAD", head="HEAD")[0].outcome.expected == 16
    suite.commit()
    assert _compare(suite)[0].outcome.expected == 16
