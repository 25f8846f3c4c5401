"""A commit whose values are stored is measured with fewer processes, because these values are only compared."""

import json

import pytest

from asv_verdict.__main__ import main
from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.measure.sampling import PROCESSES_OF_COMPARED, Sampling, of_compared
from reading_reports import confirmed
from synthetic_suite import FakeRunner

FEWER = ("-a", f"rounds={PROCESSES_OF_COMPARED}")


@pytest.mark.parametrize(
    ("own", "expected"), [(1, Sampling()), (4, Sampling()), (8, Sampling(4, share=0.5)), (16, Sampling(4, share=0.25))]
)
def test_a_compared_value_takes_at_most_four_processes(own, expected):
    assert of_compared(Benchmark("times.A.time_x", "time", "s", "1", processes=own)) == expected


@pytest.fixture
def seen(suite):
    """The options with which each run of the session of all commits measured: (commit, pattern, options)."""
    found = []

    class Runner(FakeRunner):
        def run(self, results, pattern, seconds, *options):
            if results.parent.name == "session":
                found.append((self.commit, pattern, options))
            return super().run(results, pattern, seconds, *options)

    suite.runner = lambda project, machine, commit: Runner(suite, project, machine, commit)
    suite.processes = 8
    return found


def _options(seen):
    found = {}
    for commit, _, options in seen:
        found.setdefault(commit, set()).add(options)
    return found


def test_only_the_first_night_of_a_commit_takes_all_processes(suite, seen):
    first, second = suite.commit(), suite.commit()
    suite.night()
    assert _options(seen) == {first: {()}, second: {()}}
    seen.clear()
    third = suite.commit(factors={"Slow": 1.5})
    assert len(confirmed(suite.night())) == 2
    assert _options(seen) == {first: {FEWER}, second: {FEWER}, third: {()}}


def test_a_cell_without_a_stored_number_takes_all_processes_and_is_stored(suite, seen):
    """Its value is added to those of the commit, so it has to be as good."""
    suite.commit()
    second = suite.commit()
    suite.night()
    (stored,) = suite.project.results.glob(f"desk/{second[:8]}-*.json")
    content = json.loads(stored.read_text())
    (values, *_) = content["results"]["kernels.Slow.time_call"]
    values[0] = None
    stored.write_text(json.dumps(content))
    seen.clear()
    suite.commit()
    suite.night()
    runs = {options: pattern for commit, pattern, options in seen if commit == second and "Slow" in pattern}
    assert set(runs) == {(), FEWER}
    assert "20" in runs[FEWER]
    assert "20" not in runs[()]
    assert json.loads(stored.read_text())["results"]["kernels.Slow.time_call"][0][0] is not None


def test_a_dry_run_expects_less_time_for_a_stored_commit(suite, seen, capsys):
    """All processes of a benchmark took ten minutes, and the stored commit takes half of them."""
    first = suite.commit()
    suite.night()
    (stored,) = suite.project.results.glob(f"desk/{first[:8]}-*.json")
    content = json.loads(stored.read_text())
    content["results"]["kernels.Slow.time_call"] += [0, 600.0]
    stored.write_text(json.dumps(content))
    suite.commit()
    command = ["nightly", "--config", str(suite.root / "asv.conf.json"), "--machine", "desk", "--dry-run"]
    assert main(command) == 0
    assert "a round of all cells takes about 15 minutes" in capsys.readouterr().out


def test_a_damaged_result_counts_as_none(suite, seen):
    first, second = suite.commit(), suite.commit()
    suite.night()
    (stored,) = suite.project.results.glob(f"desk/{second[:8]}-*.json")
    stored.write_text("{")
    seen.clear()
    suite.commit()
    suite.night()
    assert _options(seen)[second] == {()}
    assert _options(seen)[first] == {FEWER}
