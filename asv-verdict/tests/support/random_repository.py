"""A random repository: rules that commit, damage, interrupt and measure, for hypothesis."""

from __future__ import annotations

import contextlib
import io
import random
import re
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from asv_verdict import __main__ as commands
from branches import files, git
from faults import ENDS, STEPS, WRITTEN, Fault, run_night
from ledger import Ledger, grown, numbers_of
from studies.synthetic_repository import begin
from synthetic_suite import Suite, write_noise

SETTINGS = 'exact = "track_equations"\nlower_is_better = "track_equations"\nhigher_is_better = "track_rate"\n'
BENCHMARKS = {
    "kernels.Fast.time_call": ("time", "seconds", [["1", "2"], ["'a'", "'b'"]], 1e-4),
    "kernels.Slow.time_call": ("time", "seconds", [["10", "20"]], 2e-2),
    "counts.Work.track_equations": ("track", "equations", [["1", "2"]], 40.0),
    "rates.Work.track_rate": ("track", "ops/s", [["1"]], 1e3),
}
#: Planted changes: large ones, and some below the threshold of 2 %.
LARGE, SMALL = (1.3, 1.5, 3.0, 1.3, 1 / 1.3, 1 / 3.0), (1.005, 0.995, 1.003)
#: The two speeds of a busy machine. One measurement in five is slow; no product of planted changes is near their ratio.
BUSY = (1.0, 1.0, 1.0, 1.0, 2.1)
KINDS = ("nothing", "large", "large", "large", "small", "add", "remove", "rename", "longer", "shorter", "break")
KINDS += ("mend", "skip", "unbuildable", "bump")
FILES = (".asv/results/desk/*-*.json", ".asv/verdict/manifest/*.json", ".asv/verdict/reports/*/report.json")

DEATHS = ("kill", "interrupt", "exit")
faults = st.one_of(
    st.builds(Fault, st.sampled_from(DEATHS), st.sampled_from(STEPS + 3 * ENDS), st.integers(0, 2), st.booleans()),
    st.builds(Fault, st.just("disk"), st.sampled_from(WRITTEN)),
)
whole = st.integers(0, 1000)
#: What the next commits change: the kind, the place of the benchmark or cell, the factor, and a flag.
changes = st.lists(st.tuples(st.sampled_from(KINDS), whole, st.sampled_from(LARGE), st.booleans()), max_size=3)


class RandomRepository(RuleBasedStateMachine):
    """Two clones of a repository with a results branch; the second one belongs to the same machine or to another."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.commits, self.records, self.selection = 0, {}, ""
        self.failing, self.skipped = set(), set()
        self.entries: list[str] = []

    def teardown(self) -> None:
        """Remove all files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize(seed=whole, branch=st.booleans(), alone=st.booleans())
    def begin(self, seed, branch, alone):
        """A first commit and a first night."""
        remote = self.folder / "remote"
        remote.mkdir()
        git(remote, "init", "--quiet", "--bare", "--initial-branch", "main")
        self.settings = SETTINGS + ('results_branch = "results"\nresults_remote = "origin"\n' if branch else "")
        self.remote, self.stored = (remote if branch else None), {}
        self.suite = Suite(self.folder / "here", benchmarks=dict(BENCHMARKS), random=random.Random(seed))
        begin(self.suite.root, self.settings)
        git(self.suite.root, "remote", "add", "origin", str(remote))
        self.clones = [Ledger(self.suite, "desk", self.records)]
        write_noise(self.suite, "desk")
        self._commit()
        if branch:
            self.clones.append(self._clone("desk" if alone else "lap"))
        self._night(self.clones[0])

    def _clone(self, machine: str) -> Ledger:
        root = self.folder / "there"
        begin(root, self.settings)
        git(root, "remote", "add", "origin", str(self.remote))
        other = Suite(root, self.suite.commits, benchmarks=self.suite.benchmarks, random=self.suite.random)
        write_noise(other, machine)
        return Ledger(other, machine, self.records if machine == "desk" else {})

    # --- Commits ---

    def _change(self, kind, which, factor, flag):
        """Commit a change of the suite or of the speed of some of its cells."""
        suite, names = self.suite, sorted(self.suite.benchmarks)
        name = names[which % len(names)]
        cell = sorted(suite.cells)[which % len(suite.cells)]
        target = re.escape(name if which % 3 == 0 else cell)
        if kind == "mend" or flag:
            self.failing, self.skipped = set(), set()
        if kind == "add":
            self._add(f"added.Number{self.commits}.time_call", ("time", "seconds", [["1"]], 1e-3), flag)
        elif kind == "remove" and len(names) > 2:
            del suite.benchmarks[name]
        elif kind == "rename":
            self._rename(name, f"renamed.Number{self.commits}.{name.rpartition('.')[2]}")
        elif kind in ("longer", "shorter"):
            self._resize(name, kind == "longer")
        elif kind in ("break", "skip"):
            (self.failing if kind == "break" else self.skipped).add(cell)
        size = factor if kind == "large" else SMALL[which % len(SMALL)] if kind == "small" else None
        packages = {"numpy": f"2.{self.commits}"} if kind == "bump" else {}
        self._commit(f"{kind} {name}", {target: size} if size else {}, packages, builds=kind != "unbuildable")
        if flag:
            self._accept(2 * which)

    def _commit(self, message="begin", factors=None, packages=None, builds=True) -> None:
        day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=4 * self.commits)
        self.commits += 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GIT_COMMITTER_DATE", day.isoformat())
            self.suite.commit(
                message, factors, packages, builds=builds, failing=self.failing, not_applicable=self.skipped
            )

    def _add(self, name: str, benchmark, works_before: bool) -> None:
        before = set(self.suite.cells)
        self.suite.benchmarks[name] = benchmark
        if not works_before:
            for commit in self.suite.commits.values():
                commit.failing = commit.failing | (set(self.suite.cells) - before)

    def _rename(self, old: str, new: str) -> None:
        self.suite.benchmarks[new] = self.suite.benchmarks.pop(old)
        for commit in self.suite.commits.values():
            for cell in [cell for cell in commit.factors if cell.startswith(f"{old}(")]:
                commit.factors[cell.replace(old, new)] = commit.factors[cell]

    def _resize(self, name: str, is_longer: bool) -> None:
        kind, unit, (first, *rest), usual = self.suite.benchmarks[name]
        values = [*first, str(100 + self.commits)] if is_longer else first[:-1] or first
        self.suite.benchmarks[name] = (kind, unit, [values, *rest], usual)

    # --- Nights ---

    @rule(
        changed=changes,
        fault=st.one_of(st.none(), st.none(), faults),
        is_busy=st.booleans(),
        bench=st.sampled_from((None, None, None, "Fast", "Slow", "Work")),
    )
    def night(self, changed, fault, is_busy, bench):
        """Some commits, and a night: undisturbed, on a busy machine, killed, on a read-only disk, or partial."""
        for change in changed:
            self._change(*change)
        self.suite.speeds = BUSY if is_busy else (1.0,)
        self._night(self.clones[0], fault, bench)
        self.suite.speeds = (1.0,)

    @precondition(lambda self: self.remote)
    @rule(changed=changes, fault=st.one_of(st.none(), st.none(), faults), fetches=st.booleans())
    def night_of_the_other_clone(self, changed, fault, fetches):
        """Some commits, and a night of the other clone, with or without the results of the first one."""
        for change in changed:
            self._change(*change)
        if fetches:
            self._command("fetch", self.clones[1])
        self._night(self.clones[1], fault)

    def _night(self, clone: Ledger, fault=None, bench=None) -> None:
        root = clone.suite.root
        if clone is not self.clones[0]:
            git(self.suite.root, "push", "--quiet", "--force", "origin", "main")
            git(root, "fetch", "--quiet", "origin", "main")
            git(root, "update-ref", "refs/heads/main", "FETCH_HEAD")
        head = git(root, "rev-parse", "main")
        ended = run_night(clone.suite, clone.machine, fault, bench)
        selection = self.selection if bench is None else bench
        clone.check(ended, head, lambda cell: re.search(selection, cell) is not None, is_partial=bench is not None)
        has_expected = fault is None or (fault.kind == "disk" and fault.step != "manifest")
        if has_expected and ended.report is not None:
            clone.measured |= {
                cell for cell in clone.suite.cells if clone.works(cell, head) and re.search(selection, cell)
            }
        if self.remote and fault is None:
            self._check_branch(clone)

    def _check_branch(self, clone: Ledger) -> None:
        """The branch of the remote has all numbers that it had, and all of the clone."""
        now = {}
        for path in files(self.remote):
            if path.startswith("results/") and "-" in path and path.endswith(".json"):
                now |= numbers_of(path.removeprefix("results/"), git(self.remote, "show", f"results:{path}"))
        self.stored = grown(self.stored, now, "results branch")
        lost = set(clone.numbers) - set(now)
        assert not lost, f"numbers that were not stored on the branch: {lost}"

    # --- Maintenance ---

    @rule(kind=st.sampled_from(("tag", "accept", "accept", "narrow", "widen", "damage", "store", "fetch")), which=whole)
    def maintain(self, kind, which):
        """What a maintainer does, and a file that breaks."""
        clone, root = self.clones[which % len(self.clones)], self.suite.root
        if kind == "tag":
            git(root, "tag", "--force", f"v{self.commits}", "main")
        elif kind == "accept":
            self._accept(which)
        elif kind in ("narrow", "widen"):
            self.selection = ("kernels", "Work|Slow", "Fast|added")[which % 3] if kind == "narrow" else ""
            for one in self.clones:
                (one.suite.root / "asv_verdict.toml").write_text(f'{self.settings}selection = "{self.selection}"\n')
        elif kind == "damage":
            self._damage(which)
        elif self.remote:
            self._command(kind, clone)

    def _accept(self, which: int) -> None:
        gone = set().union(*(one.measured for one in self.clones)) - set(self.suite.cells)
        self.entries += [f'cell = "{re.escape(cell)}"\ncommit = ""' for cell in sorted(gone)]
        if which % 2:
            self.entries.append(f'cell = ".*"\ncommit = "{list(self.suite.commits)[which % len(self.suite.commits)]}"')
        text = "".join(f"[[accepted]]\n{entry}\nreason = 'wanted'\n" for entry in self.entries)
        for one in self.clones:
            one.gone |= gone
            (one.suite.root / "asv_verdict_accepted.toml").write_text(text.replace("\\", "\\\\"))

    def _damage(self, which: int) -> None:
        found = sorted(self.suite.root.glob(FILES[which % len(FILES)]))
        if not found:
            return
        path = found[which % len(found)]
        if path.name == "report.json":
            self.clones[0].owed.clear()
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        ledger = self.clones[0]
        ledger.damaged.add(path.name)
        ledger.numbers = {name: value for name, value in ledger.numbers.items() if not name[0].endswith(path.name)}
        if "manifest" in path.parts:
            ledger.measured.clear()

    def _command(self, name: str, clone: Ledger) -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            assert commands.main([name, "--config", str(clone.suite.root / "asv.conf.json")]) == 0
        clone.check_numbers()
