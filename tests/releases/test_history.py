"""The table of releases, the versions that are installed with each, and the generated history."""

import json
import subprocess
import tomllib
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from packaging.version import Version

from releases import pins, table
from releases.history import generate
from releases.pins import CannotInstall, todays_pins, with_pins
from releases.table import Release, UnknownRelease, ends_of_series, extend, read_table, releases_of

JAX = ["0.4.31", "0.4.38", "0.5.0", "0.5.3", "0.6.0"]


def _releases(versions=JAX, package="jax"):
    return [Release(f"2025-01-{day:02}T00:00:00+00:00", package, version) for day, version in enumerate(versions, 1)]


def test_the_table_has_every_release_once_by_version():
    for package, releases in read_table().items():
        versions = [Version(release.version) for release in releases]
        assert versions == sorted(set(versions)), package
        assert not any(version.is_prerelease for version in versions)
        assert all(datetime.fromisoformat(release.date).tzinfo for release in releases)


def test_a_later_release_of_an_older_series_is_left_out():
    versions = [release.version for release in releases_of("jax")]
    assert "0.8.2" in versions
    assert "0.8.3" not in versions, "it came after 0.9.0"


def test_series_end_with_their_last_release():
    assert [release.version for release in ends_of_series(_releases())] == ["0.4.31", "0.4.38", "0.5.3", "0.6.0"]


def test_an_unknown_package_or_release_names_the_known_ones():
    with pytest.raises(UnknownRelease, match=r"unknown package 'torch'; releases.json has: jax, autograd, numpy"):
        releases_of("torch")
    with pytest.raises(UnknownRelease, match=r"unknown release '9' of autograd; releases.json has: 1\.3, 1\.4"):
        releases_of("autograd", "9")


def _file(version, date, *, yanked=False):
    uploaded = datetime.fromisoformat(date).replace(tzinfo=UTC) if date else None
    return SimpleNamespace(version=version, upload_time=uploaded, requires_python=">=3.9", is_yanked=yanked)


@pytest.fixture
def index(monkeypatch):
    """A package index with these files."""

    class Index:
        files = []

        def __init__(self, *endpoint):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def get_project_page(self, package):
            return SimpleNamespace(packages=self.files)

    monkeypatch.setattr(table, "PyPISimple", Index)
    return Index


def test_new_releases_are_added_to_the_table(index, tmp_path):
    path = tmp_path / "releases.json"
    index.files = [_file("0.5.0", "2025-01-17"), _file("0.5.0", "2025-01-16"), _file("0.4.30", "2024-01-01")]
    assert extend(["jax"], path) == ["added jax 0.5.0, released on 2025-01-16"]
    index.files += [
        _file("0.5.1", "2025-02-01"),
        _file("0.6.0rc1", "2025-02-01"),
        _file("0.6.1", "2025-03-01", yanked=True),
        _file("0.7.0", None),
    ]
    assert extend(["jax"], path) == [
        "added jax 0.5.1, released on 2025-02-01",
        "skipped jax 0.7.0: the package index has no date for it",
    ]
    assert [row["version"] for row in json.loads(path.read_text())["jax"]] == ["0.5.0", "0.5.1"]
    with pytest.raises(
        UnknownRelease, match="'torch' is not a dependency of this project; the dependencies are: autograd, jax"
    ):
        extend(["torch"], path)


# --- Pins ---


def test_pins_replace_todays_for_every_python():
    text = (pins.ROOT / "pyproject.toml").read_text()
    changed = tomllib.loads(with_pins(text, {"jax": "0.5.0", "numpy": "2.0.1"}))
    assert changed["project"]["optional-dependencies"]["pinned"] == ["jax==0.5.0", "numpy==2.0.1"]
    original = tomllib.loads(text)
    del changed["project"]["optional-dependencies"]["pinned"], original["project"]["optional-dependencies"]["pinned"]
    assert changed == original


@pytest.fixture
def resolver(monkeypatch):
    """The requests to the resolver, and its answers."""
    asked, answers = [], []

    def resolve(requirements, options):
        asked.append((requirements, options))
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(pins, "resolve", resolve)
    return asked, answers


def test_the_first_release_is_installed_with_todays_pins(resolver):
    asked, answers = resolver
    answers += [{"jax": "0.5.0"}]
    pins.pins_for(_releases()[2])
    requirements, options = asked[0]
    assert "jax==0.5.0" in requirements
    assert f"numpy=={todays_pins()['numpy']}" in requirements
    assert not any(requirement.startswith("jaxlib==") for requirement in requirements), "jax declares it"
    assert options == []


def test_a_later_release_keeps_the_pins_of_the_one_before_if_they_are_compatible(resolver):
    asked, answers = resolver
    answers += [CannotInstall("it needs a newer NumPy"), {"jax": "0.5.0"}]
    pins.pins_for(_releases()[2], {"jax": "0.4.38", "jaxlib": "0.4.38", "numpy": "1.26.4", "ml-dtypes": "0.5.4"})
    assert "numpy==1.26.4" in asked[0][0]
    assert not any("0.4.38" in requirement or "ml-dtypes" in requirement for requirement in asked[0][0])
    assert f"numpy=={todays_pins()['numpy']}" in asked[1][0], "today's are next"


def test_incompatible_pins_are_replaced_by_those_of_the_date_then_by_the_newest(resolver):
    asked, answers = resolver
    answers += [CannotInstall("first"), CannotInstall("second"), {"numpy": "1.26.4", "jax": "0.7.1"}]
    assert pins.pins_for(Release("2024-02-05T12:00:00+00:00", "numpy", "1.26.4"))["jax"] == "0.7.1"
    assert asked[1][1] == ["--exclude-newer", "2024-02-06T12:00:00+00:00"]
    assert asked[2][1] == []
    assert not any(requirement.startswith("jax==") for requirement in asked[2][0])


def test_a_release_that_cannot_be_installed_has_a_reason(resolver):
    _, answers = resolver
    answers += [CannotInstall("one"), CannotInstall("two"), CannotInstall("numpy has no usable wheels")]
    with pytest.raises(
        CannotInstall, match=r"numpy 2.9 cannot be installed on Python 3\.\d+\.\d+: numpy has no usable"
    ):
        pins.pins_for(Release("2024-02-05T12:00:00+00:00", "numpy", "2.9"))
    with pytest.raises(CannotInstall, match=r"jax 9 requires Python >=3.99; this is 3"):
        pins.pins_for(Release("2024-02-05T12:00:00+00:00", "jax", "9", ">=3.99"))


def test_old_autograd_is_not_installed_with_numpy_2(resolver):
    asked, answers = resolver
    answers += [{}, {}]
    for version in ("1.6.2", "1.7.0"):
        pins.pins_for(Release("2023-06-22T12:00:00+00:00", "autograd", version))
    assert ["numpy<2" in requirements for requirements, _ in asked] == [True, False]


# --- History ---


@pytest.fixture
def root(tmp_path):
    """A project with one commit."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text((pins.ROOT / "pyproject.toml").read_text())
    (folder / "kernel.py").write_text("1\n")
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "-c", "user.email=a@b.c", "-c", "user.name=a", "commit", "--quiet", "--message", "Begin")
    return folder


def _git(folder, *command):
    done = subprocess.run(["git", "-C", folder, *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _pins(release, standing):
    assert (standing is None) == (release.version == "0.4.31"), "the pins of the release before are passed on"
    if release.version == "0.5.0":
        raise CannotInstall("jax 0.5.0 has no wheel for this Python")
    return {"jax": release.version, "numpy": "2.4.6"}


def _generate(tmp_path, root, releases):
    return generate(tmp_path / "history", releases, lambda sentence: None, root=root, find_pins=_pins)


def test_each_release_is_a_commit_of_its_date_with_its_pin_and_its_tag(tmp_path, root):
    history = _generate(tmp_path, root, _releases())
    folder = history.folder
    assert [release.version for release in history.commits] == ["0.4.31", "0.4.38", "0.5.3", "0.6.0"]
    assert [(release.version, why) for release, why in history.unavailable.items()] == [
        ("0.5.0", "jax 0.5.0 has no wheel for this Python")
    ]
    log = _git(folder, "log", "--reverse", "--format=%H %s %cI", "main").splitlines()
    assert log == [
        f"{commit} {r.name} {r.date.replace('+00:00', 'Z')}" for r, commit in history.commits.items()
    ] or log == [f"{commit} {r.name} {r.date}" for r, commit in history.commits.items()]
    for release, commit in history.commits.items():
        assert _git(folder, "rev-parse", f"{release.tag}^{{commit}}") == commit
    changed = _git(folder, "diff", "--unified=0", "jax-0.4.31", "jax-0.4.38")
    assert [line for line in changed.splitlines() if line.startswith(("+ ", "- "))] == [
        '-    "jax==0.4.31",',
        '+    "jax==0.4.38",',
    ]
    assert (folder / "kernel.py").read_text() == "1\n"
    assert _git(folder, "status", "--porcelain") == ""


def test_newer_releases_are_appended_and_existing_commits_stay(tmp_path, root):
    first = _generate(tmp_path, root, _releases()[:2]).commits
    (root / "kernel.py").write_text("2\n")
    _git(root, "-c", "user.email=a@b.c", "-c", "user.name=a", "commit", "--all", "--quiet", "--message", "Change")
    history = _generate(tmp_path, root, _releases())
    assert list(history.commits.items())[:2] == list(first.items())
    assert (history.folder / "kernel.py").read_text() == "1\n", "a history has the same kernels in every commit"


def test_a_release_between_existing_commits_has_no_commit_and_a_reason(tmp_path, root):
    releases = _releases()
    _generate(tmp_path, root, [releases[0], releases[3]])
    history = _generate(tmp_path, root, releases)
    assert "is older than the newest commit" in history.unavailable[releases[1]]
