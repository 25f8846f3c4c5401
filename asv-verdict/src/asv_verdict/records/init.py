"""The files with which another repository begins: its settings, and workflows that install a wheel by its hash."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from urllib.parse import unquote, urlsplit

from asv_verdict.project import NAME, BadSetting, Project, Settings, read_project
from asv_verdict.system.files import replace_whole
from asv_verdict.system.text import visible
from asv_verdict.vcs.git import GitSaidNo, git

#: The common settings in the order of the file, with their explanations.
EXPLAINED = {
    "relative_effect": "The smallest change to report, as a fraction: 0.02 is 2 %.",
    "selection": r"The cells of a night, as a regular expression; empty for all. Example: '^core\.'",
    "session_minutes": "The time limit in minutes for the first measurement of all commits.",
    "confirming_minutes": "The time limit in minutes for confirming changes and finding their commits.",
    "exact": r"The benchmarks that count something and have no noise. Example: '\.track_count'",
    "lower_is_better": (
        "The benchmarks for which a smaller number is better, and those for which a larger number is better. Only\n"
        '`track_` benchmarks need this, unless their unit is a time, a number of bytes, or ends in "/s".'
    ),
    "higher_is_better": "",
    "reference": "The commit or tag from which drift is measured; empty for the last tag.",
    "reference_days": "Without a tag, the reference is the newest commit at least this many days older than head.",
    "false_discovery_rate": "The largest expected share of false changes among the confirmed ones.",
    "results_branch": (
        "The branch to which a night commits its results, and the remote to which it pushes the branch; empty for\n"
        "none. The workflow sets both itself."
    ),
    "results_remote": "",
    "accepted": "The file of accepted changes, which raise no alarm.",
    "absolute_effects": "The smallest change to report for a kind of benchmark, in its unit: here 0.1 µs.",
    "paths": (
        'For `compare`: the cells that a changed file can affect. "" means no cell. A file that matches no pattern\n'
        "can affect every cell."
    ),
}
#: Examples for the tables, which are empty by default.
EXAMPLES = {"absolute_effects": ["time = 1e-7"], "paths": ['"docs/*" = ""', r""""core/*" = '^core\.'"""]}
HEADING = """\
# The settings of asv-verdict. Each setting is commented out and shows its default; each table shows an example. To
# change a setting, remove the "#" before it and edit the value.
"""
#: The folder of the workflows' requirements, and the workflows by their template.
REQUIREMENTS = Path(".github/asv-verdict/requirements.txt")
WORKFLOWS = {"nightly.yml": "asv-verdict.yml", "compare.yml": "asv-verdict-compare.yml"}
#: The Python of the workflows, for which `starter/requirements.txt` was compiled.
PYTHON = "3.12"


@dataclass(frozen=True)
class Wheel:
    """A wheel of asv-verdict: its requirement with a hash, and the file to copy into the repository, if any."""

    requirement: str
    source: Path | None = None


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--config", type=Path, default=Path("asv.conf.json"), help="ASV's configuration (default: asv.conf.json)"
    )
    parser.add_argument(
        "--wheel",
        default="",
        help="the wheel of asv-verdict that the workflows install: a file, or an https address that ends in "
        "#sha256=HASH (default: the wheel from which this program was installed)",
    )
    parser.add_argument("--settings-only", action="store_true", help="write only asv_verdict.toml")


def run(options: argparse.Namespace) -> int:
    """Write asv_verdict.toml and workflows for GitHub, with comments."""
    print("\n".join(map(visible, initialise(options.config, options.wheel, settings_only=options.settings_only))))
    return 0


def initialise(configuration: Path, wheel: str, *, settings_only: bool) -> list[str]:
    """Write asv_verdict.toml and the workflows for the repository of an asv.conf.json; returns sentences to print.

    `wheel` is a file, or an address that ends in `#sha256=HASH`; "" stands for the wheel that was installed. Raises
    BadSetting if there is no configuration or no such wheel, or if a file exists already. Then nothing is written.
    """
    if not configuration.is_file():
        raise BadSetting(f"{configuration} does not exist: expected the configuration of an ASV repository")
    project = read_project(configuration)
    top = Path(git(project.root, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    files = {project.root / NAME: settings_text()}
    found = None if settings_only else _wheel(wheel or _installed_wheel())
    if found is not None:
        files |= {top / ".github" / "workflows" / name: text for name, text in workflows(project, top).items()}
        files[top / REQUIREMENTS] = f"{found.requirement}\n{_template('requirements.txt')}"
    copy = top / REQUIREMENTS.parent / found.source.name if found is not None and found.source is not None else None
    for path in [*files, copy]:
        if path is not None and path.exists():
            raise BadSetting(f"{path} exists already: remove or rename it, and repeat the command")
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)  # raises OSError before anything is written
    if found is not None and found.source is not None and copy is not None:
        shutil.copyfile(found.source, copy)
    for path, text in files.items():
        replace_whole(path, text)
    written = [path for path in [*files, copy] if path is not None]
    sentences = [f"wrote {path.relative_to(top)}" for path in written]
    return [
        *sentences,
        *_ignored(top, [project.root / project.configuration_name, *written]),
        "",
        *_next_steps(settings_only),
    ]


def _ignored(top: Path, paths: Sequence[Path]) -> list[str]:
    """A sentence for each file that git ignores: the checkout of a workflow would lack it."""
    names = [str(path.relative_to(top)) for path in paths]
    try:
        ignored = git(top, "check-ignore", "--", *names).decode().splitlines()
    except GitSaidNo:  # git ignores none of them
        return []
    return [f"git ignores {name}: change .gitignore, because the workflows need this file" for name in ignored]


def settings_text() -> str:
    """The content of asv_verdict.toml, with every line commented out."""
    usual, lines = Settings(), [HEADING]
    for name, words in EXPLAINED.items():
        if words:
            lines += ["", *(f"# {line}" for line in words.splitlines())]
        value = getattr(usual, name)
        if name in EXAMPLES:
            lines += [f"#[{name}]", *(f"#{line}" for line in EXAMPLES[name])]
        else:
            lines.append(f"#{name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def workflows(project: Project, top: Path) -> dict[str, str]:
    """The workflows by file name, for a project in the repository at `top`."""
    configuration = json.dumps(str((project.root / project.configuration_name).relative_to(top)))
    listed = (str(one) for one in project.configuration.get("pythons", []))
    pythons = [one for one in listed if re.fullmatch(r"3\.\d+", one) and one != PYTHON]
    # The last Python in the list is the one that `python` starts.
    versions = "".join(f"\n            {one}" for one in [*dict.fromkeys(pythons), PYTHON])
    made = {}
    for template, name in WORKFLOWS.items():
        made[name] = _template(template).replace("@configuration@", configuration).replace("@pythons@", f"|{versions}")
    return made


def _template(name: str) -> str:
    return resources.files("asv_verdict.records").joinpath("starter", name).read_text(encoding="utf-8")


def _installed_wheel() -> str:
    """The wheel from which pip installed this package. Raises BadSetting if it came from anything else."""
    words = metadata.distribution("asv-verdict").read_text("direct_url.json")
    origin = json.loads(words) if words else {}
    address, digest = urlsplit(origin.get("url", "")), origin.get("archive_info", {}).get("hash", "")
    if address.path.endswith(".whl") and address.scheme == "file" and Path(unquote(address.path)).is_file():
        return unquote(address.path)
    if address.path.endswith(".whl") and address.scheme == "https" and digest.startswith("sha256="):
        return f"{address.geturl()}#{digest}"
    raise BadSetting(
        "this asv-verdict was not installed from a wheel that still exists: name one with --wheel, or "
        "write only asv_verdict.toml with --settings-only"
    )


def _wheel(given: str) -> Wheel:
    if re.fullmatch(r"https://[\w.:/%+-]+/asv_verdict-[\w.+]+-py3-none-any\.whl#sha256=[0-9a-f]{64}", given):
        return Wheel(f"asv-verdict @ {given}")
    path = Path(given)
    if not re.fullmatch(r"asv_verdict-[\w.+]+-py3-none-any\.whl", path.name) or not path.is_file():
        raise BadSetting(
            f"--wheel {given!r}: expected the file asv_verdict-VERSION-py3-none-any.whl, or its https address with "
            "#sha256=HASH at the end"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Wheel(f"./{REQUIREMENTS.parent / path.name} --hash=sha256:{digest}", path)


def _next_steps(settings_only: bool) -> list[str]:
    label = "" if settings_only else ", and add the label `benchmark` to a pull request to compare it"
    return [
        "next:",
        f"  read {NAME} and set what you need",
        "  add .asv/ to .gitignore",
        f"  commit these files{label}",
        "  on this machine: asv machine --yes, then asv-verdict nightly",
    ]
