"""Runs at the same time on one repository: a night and a fetch, two worktrees with one results branch, `git pull`."""

from asv_verdict.nightly import nightly
from asv_verdict.records.expected_cells import ExpectedCells, read_expected_cells, write_expected_cells
from synthetic_suite import ENVIRONMENT

FETCHED = (ENVIRONMENT, "kernels.Fetched.time_call")


def _silent(sentence):
    """Say nothing."""


def test_cells_that_were_fetched_during_a_night_stay_expected(suite):
    suite.commit()
    suite.night()
    path = suite.project.folder / "manifest" / "desk.json"
    suite.commit()

    def fetching(project):
        write_expected_cells(path, read_expected_cells(path) | ExpectedCells(frozenset({FETCHED})))

    nightly(suite.project, "desk", say=_silent, make_runner=suite.runner, make_dashboard=fetching)
    assert FETCHED in read_expected_cells(path).measured
