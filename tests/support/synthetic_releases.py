"""A synthetic project whose releases have known effects; one cannot be resolved and one cannot be installed."""

import subprocess

from releases.measure import measure
from releases.pins import CannotInstall
from releases.table import Release
from studies.synthetic_repository import begin
from synthetic_suite import Commit, FakeRunner, Suite

VERSIONS = ["0.4.38", "0.5.0", "0.5.3", "0.6.2", "0.7.2", "0.8.0"]
RELEASES = [Release(f"2025-0{month}-01T00:00:00+00:00", "jax", version) for month, version in enumerate(VERSIONS, 1)]
GRADIENT = "gradients.RBFCovariance.time_gradient(300, 'jax', 'reverse', 'float32')"
CONTROL = "controls.Control.time_control('a loop')"
EQUATIONS = "costs.RBFCovariance.track_equations(300, 'jax', 'reverse', 'float32')"
BENCHMARKS = {
    "gradients.RBFCovariance.time_gradient": (
        *("time", "seconds", [["300"], ["'jax'", "'autograd'"], ["'reverse'"], ["'float32'"]], 2e-4),
        ("n", "backend", "mode", "dtype"),
    ),
    "controls.Control.time_control": ("time", "seconds", [["'a loop'"]], 1e-3, ("kernel",)),
    "costs.RBFCovariance.track_equations": (
        *("track", "equations", [["300"], ["'jax'"], ["'reverse'"], ["'float32'"]], 40.0),
        ("n", "backend", "mode", "dtype"),
    ),
}
#: The factors of each release relative to the first.
EFFECTS = {
    "jax 0.5.3": {GRADIENT: 1.8, EQUATIONS: 1.1},
    "jax 0.6.2": {GRADIENT: 1.8, EQUATIONS: 1.1},
    "jax 0.8.0": {GRADIENT: 1.4},
}
#: The NumPy that is installed with a release, if it is not the default.
NUMPY: dict[str, str] = {}


class Runner(FakeRunner):
    """A runner whose benchmarks have parameter names."""

    def run(self, results, pattern, seconds, *options):
        failed = super().run(results, pattern, seconds)
        self._write(results / "benchmarks.json", _listed())
        return failed

    def build(self, results, seconds):
        super().build(results, seconds)
        self._write(results / "benchmarks.json", _listed())

    def why_not_imported(self, module):
        assert module == "jax"
        return self.why_not

    def packages(self, environment):
        jax = self.state.packages["jax"]
        return {"jax": jax, "jaxlib": jax, "numpy": NUMPY.get(jax, "2.4.6"), "scipy": "1.17.1"}


def _listed():
    return {"version": 2} | {
        name: {"name": name, "type": kind, "unit": unit, "version": "1", "params": params, "param_names": names}
        for name, (kind, unit, params, _, names) in BENCHMARKS.items()
    }


class Project:
    """A project in a new folder that counts its measurements and collects what it publishes."""

    def __init__(self, place):
        self.root = place / "project"
        self.published = []
        self.taken = 0
        self.unbuildable = ("jax 0.7.2",)
        #: The reason for each release that cannot be imported.
        self.unimportable: dict[str, str] = {}
        begin(self.root, 'exact = "track_equations"\nlower_is_better = "track_equations"\n')
        (self.root / "pyproject.toml").write_text(
            '[project]\nname = "toy"\n[project.optional-dependencies]\npinned = ["jax==0.8.0"]\n'
        )
        (self.root / "benchmarks").mkdir()
        (self.root / "benchmarks" / "selections.py").write_text('print(".")\n')
        (self.root / ".gitignore").write_text(".asv\n*.verdict-*.json\n")
        for command in (["add", "--all"], ["commit", "--quiet", "--message", "Begin"]):
            subprocess.run(["git", "-C", self.root, *command], check=True)

    @property
    def folder(self):
        """The folder of the measurements."""
        return self.root / ".asv" / "releases" / "jax"

    def measure(self, chosen=RELEASES, **more):
        """Measure releases."""
        return measure(
            *("jax", RELEASES, chosen, "desk"),
            **{"rounds": 2, "hours": 1, "command": "the command", "say": lambda sentence: None, **more},
            root=self.root,
            find_pins=self.pins,
            make_runner=self.runner,
            make_dashboard=self.published.append,
        )

    def pins(self, release, standing):
        """Stands in for the package index."""
        if release.version == "0.5.0":
            raise CannotInstall("jax 0.5.0 requires Python >=3.99; this is 3.12")
        return {"jax": release.version, "numpy": "2.4.6"}

    def runner(self, project, machine, commit):
        """Stands in for ASV, and counts the measurements."""
        suite = Suite(project.root, benchmarks={name: row[:4] for name, row in BENCHMARKS.items()})
        subject = suite.git("show", "--no-patch", "--format=%s", commit)
        suite.commits[commit] = Commit(
            commit, EFFECTS.get(subject, {}), {"jax": subject.split()[1]}, subject not in self.unbuildable
        )
        suite.random.seed(commit)
        made = Runner(suite, project, machine, commit)
        made.why_not = self.unimportable.get(subject, "")
        made.run = self._counting(made.run)
        return made

    def _counting(self, run):
        def counted(*arguments):
            self.taken += 1
            run(*arguments)

        return counted
