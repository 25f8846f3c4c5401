"""A benchmark whose version changes: its numbers of both versions, and what a night says."""

from synthetic_results import results_of


def test_a_number_of_another_version_that_is_not_stored_is_no_pass(suite):
    """The benchmarks may lie in another repository, and change while the project has no new commit."""
    suite.commit()
    suite.night()
    stored = results_of(suite)
    suite.version = "2"
    settings = suite.root / "asv_verdict.toml"
    settings.write_text(f"{settings.read_text()}selection = 'Fast'\n")
    report = suite.night()
    assert report.outcome.verdict.word == "broken"
    assert "there are numbers of another version already for: kernels.Fast.time_call" in report.outcome.missing[-1]
    assert results_of(suite) == stored


def test_a_baseline_keeps_its_numbers_of_an_earlier_version(suite):
    suite.commit()
    suite.night()
    stored = results_of(suite)
    suite.version = "2"
    suite.commit()
    report = suite.night()
    assert (report.outcome.verdict.word, report.outcome.problems) == ("pass", [])
    assert stored.items() <= results_of(suite).items()
