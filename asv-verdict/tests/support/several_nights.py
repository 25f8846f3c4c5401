"""What tests of several nights share: a killed night, the reports on file, and a planted regression."""


class Killed(BaseException):
    """Stands in for the death of the process."""


def killed(report):
    """Ends the night when it prints its report."""
    raise Killed


def reports(suite):
    """The files of the reports, oldest first."""
    return sorted((suite.project.folder / "reports").glob("*/report.json"))


def regression(suite):
    """Measure a commit, and make one that is slower; returns the second."""
    suite.commit()
    suite.night()
    return suite.commit("Slow", {"Slow.*20": 1.2})
