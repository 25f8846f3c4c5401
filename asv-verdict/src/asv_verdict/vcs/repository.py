"""The commits of the measured project: their order, and which of them is the reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from asv_verdict.project import BadSetting, Project
from asv_verdict.vcs.git import GitFailed, GitSaidNo, git, not_an_option, succeeds


@dataclass(frozen=True)
class Repository:
    """A git repository at `root`."""

    root: Path

    def _git(self, *command: str) -> str:
        return git(self.root, *command).decode(errors="replace").strip()

    def commit(self, name: str) -> str:
        """The full hash of a commit, branch or tag. Raises GitFailed if there is none of that name."""
        not_an_option("commit", name)
        try:
            return self._git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except GitSaidNo:
            raise GitFailed(f"unknown commit {name!r}: expected a commit, branch or tag of {self.root}") from None

    def parent(self, commit: str) -> str | None:
        """The first parent of a commit; None if this clone has none, as for the first commit."""
        try:
            return self.commit(f"{commit}^")
        except GitFailed:
            return None

    def line(self, tip: str, *, since: str | None = None) -> list[str]:
        """Commits of the first-parent line that ends in `tip`, oldest first; with `since`, only those after it."""
        selected = tip if since is None else f"{since}..{tip}"
        return self._git("rev-list", "--first-parent", "--reverse", selected).split()

    @property
    def is_shallow(self) -> bool:
        """Whether the clone lacks the commits before some point."""
        return self._git("rev-parse", "--is-shallow-repository") == "true"

    def history(self, tip: str) -> frozenset[str]:
        """All commits that `tip` contains, through every parent."""
        return frozenset(self._git("rev-list", tip).split())

    def date(self, commit: str) -> float:
        """The date of the commit, in seconds since 1970; 0 if git cannot read it."""
        return _seconds(self._git("show", "--no-patch", "--format=%ct", commit))

    def subject(self, commit: str) -> str:
        """The first line of its message; empty if the repository no longer has the commit."""
        try:
            return self._git("show", "--no-patch", "--format=%s", commit)
        except GitFailed:
            return ""

    def last_tag(self, tip: str) -> str | None:
        """The commit of the newest tag on the line before `tip`, or None."""
        try:
            return self.commit(self._git("describe", "--tags", "--abbrev=0", "--first-parent", f"{tip}^"))
        except GitFailed:
            return None

    def before(self, tip: str, seconds: float) -> str:
        """The newest commit of the line that is at least `seconds` older than `tip`; else the first commit."""
        threshold = self.date(tip) - seconds
        # The option --before of git misreads dates before 1970.
        listed = self._git("log", "--first-parent", "--format=%H %ct", tip).splitlines()
        commits = [(commit, _seconds(date)) for commit, _, date in (entry.partition(" ") for entry in listed)]
        return next((commit for commit, date in commits if date <= threshold), commits[-1][0])

    def merge_base(self, one: str, other: str) -> str:
        """The merge base of two commits. Raises GitFailed if their histories share no commit."""
        try:
            return self._git("merge-base", one, other)
        except GitSaidNo:
            why = (
                "the clone is shallow and needs its history (`git fetch --unshallow`)"
                if self.is_shallow
                else "expected two commits of one history"
            )
            raise GitFailed(f"{one[:8]} and {other[:8]} share no commit: {why}") from None

    def words(self, commit: str, folder: str, pattern: str) -> list[tuple[str, str]]:
        """Path and text of each match of a pattern in the files of a folder. Raises GitFailed if there is none."""
        plain = ("--no-line-number", "--no-column", "--no-heading", "--no-break")  # whatever the configuration says
        options = ("--only-matching", "-I", "-z", "--extended-regexp", *plain, "-e", pattern)
        found = (line.partition("\0") for line in self._git("grep", *options, commit, "--", folder).splitlines())
        return [(path.partition(":")[2], word) for path, _, word in found]

    def changed_files(self, base: str, head: str) -> list[str]:
        """The files and submodules that differ between two commits."""
        # Unlike `git diff`, this command ignores the configuration, which may leave files out.
        options = ("-r", "--name-only", "--no-renames", "--ignore-submodules=none", "-z")
        return self._git("diff-tree", *options, base, head).split("\0")[:-1]


def _seconds(date: str) -> float:
    """A date as git prints it: empty for a date before 1970, which other programs can write."""
    return float(date or 0)


def repository_of(project: Project) -> Repository:
    """The repository whose commits are measured. Raises BadSetting if it is not on this machine."""
    path = project.root / project.configuration["repo"]
    if not path.exists():
        raise BadSetting(f"repo = {project.configuration['repo']!r}: expected the path of a git clone on this machine")
    return Repository(path)


def head_of(project: Project) -> str:
    """The commit that a night would measure now: the newest one of the first branch. Raises GitFailed."""
    repository, name = repository_of(project), project.configuration.get("branches", ["HEAD"])[0]
    not_an_option("commit", name)
    branch = f"refs/heads/{name}"  # without it, a tag of the same name would come first
    return repository.commit(branch if succeeds(repository.root, "show-ref", "--verify", "--quiet", branch) else name)
