"""Why a cell failed: ASV prints it, and the report says it."""

from asv_verdict.measure.failures import reasons

#: Lines of `asv run --show-stderr` of ASV 0.6.6.
OUTPUT = """\
[10.00%] ··· Running (b.P.time_all--).....
[60.00%] ··· b.P.time_x                                              2/4 failed
[60.00%] ··· ==== ========== ==========
             --             k
             ---- ---------------------
              1    179±40ns   262±30ns
              20    failed     failed
             ==== ========== ==========
             For parameters: 20, 'a'
             Traceback (most recent call last):
               File "/home/me/b.py", line 6, in time_x
                 raise ValueError(f"bad {k}")
             ValueError: bad a
             asv: benchmark failed (exit status 1)

[60.00%] ···· For parameters: 20, 'b'
             Traceback (most recent call last):
             ModuleNotFoundError: No module named 'nosuch'

[70.00%] ··· b.time_fine                                             1.2±0.1ms
[80.00%] ··· b.time_a                                                    failed
[80.00%] ···· Traceback (most recent call last):
             KeyError: 'z\x1b[31m'
             asv: benchmark failed (exit status 1)

[90.00%] ··· b.time_kill                                                 failed
[90.00%] ···· asv: benchmark failed (exit status -6)
[99.00%] ··· b.time_slow                                                 failed
[99.00%] ···· asv: benchmark timed out (timeout 2s)
"""


def test_the_reason_of_each_failed_cell_is_the_last_line_of_its_error():
    assert reasons(OUTPUT) == {
        "b.P.time_x(20, 'a')": "ValueError: bad a",
        "b.P.time_x(20, 'b')": "ModuleNotFoundError: No module named 'nosuch'",
        "b.time_a": "KeyError: 'z\\x1b[31m'",
        "b.time_kill": "benchmark failed (exit status -6)",
        "b.time_slow": "benchmark timed out (timeout 2s)",
    }


def test_output_without_failures_has_no_reason():
    assert reasons("") == reasons("[70.00%] ··· b.time_fine   1.2±0.1ms\n· Discovering benchmarks\n") == {}


def test_the_report_says_why_a_cell_failed(suite, monkeypatch):
    suite.commit()
    suite.night()
    suite.commit(failing={"kernels.Slow.time_call(20)", "counts.Work.track_equations(2)"})
    run = type(suite.runner(suite.project, "desk", next(iter(suite.commits)))).run

    def run_and_say(self, *arguments):
        run(self, *arguments)
        return {"kernels.Slow.time_call(20)": "ValueError: bad", "counts.Work.track_equations": "timed out"}

    monkeypatch.setattr("synthetic_suite.FakeRunner.run", run_and_say)
    first, second = sorted(suite.night().outcome.missing)
    assert first.startswith(
        "counts.Work.track_equations(2) in virtualenv-py3.11 failed: timed out; it has a number on "
    )
    assert second.startswith("kernels.Slow.time_call(20) in virtualenv-py3.11 failed: ValueError: bad; it has a number")
