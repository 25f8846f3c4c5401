"""Comparisons of the last two commits of a synthetic suite."""

from asv_verdict.compare import compare


def commit(suite, *words, **options):
    """A commit that changes a file which can affect every cell."""
    return suite.commit(*words, **{"files": {"kernels.py": f"{len(suite.commits)}"}, **options})


def compared(suite, base="HEAD~1", head="HEAD", **options):
    """The report of a comparison, and its text."""
    return compare(suite.project, "desk", base, head, say=lambda sentence: None, make_runner=suite.runner, **options)
