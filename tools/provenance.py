"""The ASV plugin of this repository that stores the provenance of every result (asv_verdict/measure/provenance.py)."""

from pathlib import Path

from asv_verdict import Provenance

#: `studies` has variants of the benchmarks. They import `benchmarks`, so its hash is recorded for them too.
PROVENANCE = Provenance(
    more_facts=Path(__file__).parent.resolve() / "environment_facts.py",
    benchmarks="benchmarks",
    measured=("autodiff_kernels", "benchmarks", "studies"),
    # A round reads the earlier rounds of its cell from a folder of the run. An interleaved round is a run of its own.
    one_run="would store the median of the rounds instead of the second shortest",
)
PROVENANCE.start()
