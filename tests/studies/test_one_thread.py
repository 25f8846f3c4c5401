"""Studies measure with one thread, whatever the environment says."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = """
import json, os
import numpy
from studies.one_thread import use_one_thread
use_one_thread()
import scipy.linalg
from threadpoolctl import threadpool_info
print(json.dumps([[one["num_threads"] for one in threadpool_info()], os.environ["OMP_NUM_THREADS"]]))
"""


def test_a_blas_that_is_loaded_before_or_after_has_one_thread():
    environment = {name: value for name, value in os.environ.items() if "_NUM_THREADS" not in name}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    threads, of_children = json.loads(done.stdout)
    assert len(threads) >= 1
    assert set(threads) == {1}
    assert of_children == "1"
