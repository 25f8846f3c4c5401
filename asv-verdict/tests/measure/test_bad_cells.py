"""A bad cell harms only itself, and a suite that cannot be forked is measured otherwise."""

import pytest

from hosted_suite import SIZES, SUITE, lines, values

BAD = {
    "dies": "os._exit(3)",
    "hangs": "time.sleep(600)",
    "changes its folder": "os.chdir('/')",
    "leaves a thread": "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
    "leaves a process": "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)",
    "ends what forked it": "os.kill(os.getppid(), 9); time.sleep(1)",
}
HARMLESS = {"changes its folder", "leaves a thread", "leaves a process"}


@pytest.mark.parametrize(
    "bad", [pytest.param(bad, marks=[] if bad in ("dies", "leaves a process") else pytest.mark.slow) for bad in BAD]
)
def test_a_bad_cell_harms_only_itself(start, has_ended, bad):
    suite = SUITE + (
        "class Bad:\n    version = '1'\n    timeout = 2\n    def track_bad(self):\n"
        f"        print(os.getpid(), file=open(HERE / 'bad', 'a'))\n        {BAD[bad]}\n        return 7\n"
    )
    session_runner = start(suite)
    for _ in range(2):
        session_runner.round([*SIZES, "suite.Bad.track_bad"])
    found = values(session_runner)
    assert [found[cell] for cell in SIZES] == [[10, 10], [20, 20]]
    (rounds,) = (rounds for cell, rounds in found.items() if "Bad" in cell)
    assert rounds == ([7, 7] if bad in HARMLESS else [None, None])
    # Measured by spawn at the second try, the cell ends ASV itself.
    assert (session_runner.session.sentences == []) is (bad != "ends what forked it")
    reason = session_runner.session.why(session_runner.session.commits[0], "suite.Bad.track_bad")
    assert bool(reason) is (bad in {"dies", "hangs"})
    assert all(has_ended(int(line)) for line in lines("bad"))


def test_a_suite_that_cannot_be_forked_is_measured_by_spawn_and_named(start):
    suite = SUITE.replace("return size * 10", "assert os.getpid() == IMPORTED\n        return size * 10")
    session_runner = start(suite + "\nIMPORTED = os.getpid()\n")
    for _ in range(2):
        session_runner.round(SIZES)
    assert values(session_runner) == {SIZES[0]: [10, 10], SIZES[1]: [20, 20]}
    (sentence,) = session_runner.session.sentences
    assert "the suite cannot be forked (suite.Numbers.track_size(1) fails then)" in sentence


@pytest.mark.slow
def test_a_first_cell_that_always_fails_does_not_stop_the_forks(start):
    suite = SUITE.replace("return size * 10", "assert size != 1\n        return size * 10")
    session_runner = start(suite)
    for _ in range(2):
        session_runner.round(SIZES)
    assert values(session_runner) == {SIZES[0]: [None, None], SIZES[1]: [20, 20]}
    assert session_runner.session.sentences == []
    (process,) = (runner.process for runner in session_runner.runners.values())
    assert process.can_fork
