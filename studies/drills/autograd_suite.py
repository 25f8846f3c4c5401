"""HIPS autograd's own ASV suite: nights and comparisons before and after a slowdown that is planted in its core."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from studies.drills.nights import STATUSES
from studies.drills.project import Ended, Project, clone
from studies.drills.row import Outcome, Task, Unavailable

SOURCE = "https://github.com/HIPS/autograd"
#: The suite has a sample of a configuration, which its maintainers copy.
CONFIGURATION = "benchmarks/asv.conf.json"
#: ASV's own command builds a wheel of NumPy too, and then cannot tell which of the two wheels to install.
BUILD = '"build_command": ["python -m pip wheel --no-deps --wheel-dir {build_cache_dir} {build_dir}"],'
#: A gradient, and calls without one. Flattening would not do as the second: it makes a backward pass too.
SLOWED, UNTOUCHED = "bench_core.time_short_grad", "bench_core.time_long_fun"
SELECTION = f"^({SLOWED}|{UNTOUCHED})$"
CORE = "autograd/core.py"
SMALL_EFFECT = 0.2
#: The planted loop takes about as long as the backward pass of a short function, and runs before each pass.
PLANTED = """

def _with_busy_loop(function):
    def slow(*arguments):
        for _ in range(3000):
            pass
        return function(*arguments)

    return slow


backward_pass = _with_busy_loop(backward_pass)
"""


def run(task: Task) -> Outcome:
    """Run a night and a comparison without a change, then both with the planted change."""
    project = Project(task.folder, CONFIGURATION)
    source = task.clones.get("autograd", SOURCE)
    try:
        clone(source, project.root)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"cannot clone {source}: {error.stderr.strip()}") from error
    # Its last release is the reference of the first night. A later commit may really be slower.
    project.git("reset", "--quiet", "--hard", project.git("describe", "--tags", "--abbrev=0"))
    sample = (project.root / f"{CONFIGURATION}.sample").read_text(encoding="utf-8")
    # A small drill takes few rounds, since its threshold is far from the planted slowdown and from noise.
    settings = f"selection = '{SELECTION}'\n" + (f"relative_effect = {SMALL_EFFECT}\n" if task.is_small else "")
    files = {
        CONFIGURATION: sample.replace("{", "{\n    " + BUILD, 1),
        "benchmarks/asv_verdict.toml": settings,
    }
    project.write(files)
    base = project.ready().commit("Configure ASV and asv-verdict", files)
    core = (project.root / CORE).read_text(encoding="utf-8")
    compare = ("compare", "--bench", SELECTION)
    checks = [Check("first night", "pass", project.verdict("nightly"), [])]
    same = base
    if not task.is_small:
        same = project.commit("Change a comment", {CORE: core + "# nothing\n"})
        checks.append(Check("night without a change", "pass", project.verdict("nightly"), []))
        checks.append(Check("comparison without a change", "pass", project.verdict(*compare, base, same)))
    slow = project.commit("Slow the backward pass", {CORE: core + PLANTED})
    checks.append(Check("night with a change", "regression", project.verdict("nightly"), [slow]))
    checks.append(Check("comparison with a change", "regression", project.verdict(*compare, same, slow)))
    still_open = sum(check.is_open for check in checks)
    wrong = {check.name: check.faults for check in checks if check.faults and not check.is_open}
    return Outcome(
        f"the suite of autograd with a slowdown planted in its core, {len(checks)} nights and comparisons",
        f"{len(checks) - still_open - len(wrong)} right, {still_open} inconclusive, {len(wrong)} wrong",
        tuple(f"{name}: {sentence}" for name, sentences in wrong.items() for sentence in sentences),
    )


class Check(NamedTuple):
    """A command that has ended, and its expected verdict `word`.

    For a night, `commits` are those to which it must attribute the only change; empty if nothing has changed.
    """

    name: str
    word: str
    ended: Ended
    commits: Sequence[str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether noise left a question open, which is no fault on a busy machine.

        The question is whether there is a change at all, or which of several commits made it. A planted change has to
        be found.
        """
        ended = self.ended
        if self.word == "pass":
            inconclusive = ended.status == STATUSES["inconclusive"]
            return inconclusive and not (self.commits is not None and ended.confirmed)
        is_found = (ended.word, ended.status) == (self.word, STATUSES[self.word]) and set(ended.confirmed) == {SLOWED}
        return is_found and bool(self.commits) and set(self.commits or ()) < set(ended.confirmed[SLOWED])

    @property
    def faults(self) -> list[str]:
        """A sentence for each difference from the expected verdict and, for a night, from the expected attribution."""
        ended, found = self.ended, []
        if (ended.word, ended.status) != (self.word, STATUSES[self.word]):
            first = next(iter((ended.output or ended.errors).splitlines()), "no output")
            found.append(f"{first} (status {ended.status}): expected {self.word}")
        if self.commits is not None:
            expected = {SLOWED: list(self.commits)} if self.commits else {}
            if ended.confirmed != expected:
                found.append(f"confirmed changes by cell and commits {ended.confirmed}: expected {expected}")
        if self.word == "regression" and SLOWED not in ended.output:
            found.append(f"the report does not name {SLOWED}")
        return found
