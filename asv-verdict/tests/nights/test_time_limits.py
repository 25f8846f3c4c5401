"""Time limits that nobody will reach, such as `--minutes 100000` for no limit at all."""

import math

import pytest

from asv_verdict.measure.processes import run_until
from asv_verdict.measure.session_runner import SessionRunner


@pytest.mark.parametrize("seconds", [3e6, 1e300, math.inf])
def test_a_very_long_time_limit_ends_no_night(tmp_path, seconds):
    assert run_until(["true"], tmp_path, seconds).returncode == 0
    assert "minutes left" in SessionRunner([], tmp_path, seconds).time_left([])
