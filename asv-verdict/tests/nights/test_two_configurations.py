"""Two configurations of ASV with different environments, which one machine measures in turn."""

import json

import pytest

import synthetic_results
import synthetic_suite
from asv_verdict.model import Verdict
from reading_reports import confirmed, first_line

CELL = "kernels.Slow.time_call(20)"


@pytest.fixture
def configured(suite, monkeypatch):
    """Configures and measures the environment of a Python."""
    path = suite.root / "asv.conf.json"
    content = json.loads(path.read_text())

    def configure(python):
        path.write_text(json.dumps({**content, "pythons": [python]}))
        for module in (synthetic_results, synthetic_suite):
            monkeypatch.setattr(module, "ENVIRONMENT", f"virtualenv-py{python}")

    return configure


def test_the_cells_of_another_environment_are_a_note(suite, configured):
    suite.commit()
    suite.night()
    configured("3.12")
    suite.commit()
    report = suite.night()
    assert first_line(report) == "pass: 16 of 16 expected cells measured"
    assert sum("in virtualenv-py3.11: 16; they are not expected" in note for note in report.notes) == 1


def test_the_cells_of_an_environment_are_expected_again_when_it_is_back(suite, configured):
    suite.commit()
    suite.night()
    configured("3.12")
    suite.commit()
    suite.night()
    configured("3.11")
    suite.commit(failing={CELL})
    report = suite.night()
    assert report.outcome.verdict is Verdict.BROKEN
    assert report.outcome.expected == 16
    assert any(f"{CELL} in virtualenv-py3.11" in sentence for sentence in report.outcome.missing)


def test_a_change_between_two_nights_in_one_environment_is_found_after_a_night_in_another(suite, configured):
    suite.commit()
    suite.night()
    culprit = suite.commit("Slow", {"Slow.*20": 1.5})
    suite.git("tag", "v1")
    configured("3.12")
    suite.commit()
    suite.night()
    configured("3.11")
    suite.commit()
    assert confirmed(suite.night())[CELL].commits == (culprit,)


def test_a_repeated_night_of_one_environment_repeats_its_own_report_after_a_night_in_another(suite, configured):
    suite.commit()
    suite.night()
    suite.commit("Slow", {"Slow.*20": 1.5})
    first = suite.night()
    configured("3.12")
    suite.night()
    configured("3.11")
    suite.runs.clear()
    assert first_line(suite.night()) == first_line(first)
    assert suite.runs == []
