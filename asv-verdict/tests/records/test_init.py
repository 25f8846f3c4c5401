"""`asv-verdict init` writes settings that say the defaults, overwrites nothing, and says what to do next."""

import hashlib
import re
import tomllib

import pytest
from msgspec.structs import asdict

from asv_verdict.__main__ import main
from asv_verdict.project import NAME, Settings, read_settings
from asv_verdict.records import init
from initialised import WHEEL, WORKFLOWS, files_of, repository_to_init, run_init

#: Settings that a repository rarely needs, or that belong to one page.
RARE = {"selection_command", "noise", "folder", "cost"}


def test_the_settings_show_the_defaults():
    uncommented = tomllib.loads(re.sub(r"^#(?! )", "", init.settings_text(), flags=re.MULTILINE))
    usual = asdict(Settings())
    assert {name: value for name, value in uncommented.items() if name not in init.EXAMPLES} == {
        name: usual[name] for name in init.EXPLAINED if name not in init.EXAMPLES
    }
    assert all(usual[name] == {} != uncommented[name] for name in init.EXAMPLES)


def test_every_setting_is_explained_or_rare():
    assert init.EXPLAINED.keys() | RARE == asdict(Settings()).keys()
    assert all(init.EXPLAINED[name] for name in init.EXAMPLES)
    assert all(len(line) <= 120 for line in init.settings_text().splitlines())


def test_the_examples_are_read(tmp_path):
    path = tmp_path / NAME
    path.write_text(init.settings_text())
    assert read_settings(path) == Settings()
    path.write_text(re.sub(r"^#(?! )", "", init.settings_text(), flags=re.MULTILINE))
    assert read_settings(path).absolute_effects == {"time": 1e-7}


def test_init_says_what_it_wrote_and_what_to_do_next(tmp_path, wheel, capsys):
    root = repository_to_init(tmp_path / "project")
    assert run_init(root, "--wheel", wheel) == 0
    said = capsys.readouterr().out
    copy = f".github/asv-verdict/{WHEEL}"
    written = {NAME, *WORKFLOWS, ".github/asv-verdict/requirements.txt", copy}
    assert set(re.findall(r"^wrote (.+)$", said, re.MULTILINE)) == written
    assert "\nnext:\n" in said
    assert written < set(files_of(root))
    first, *others = (root / ".github/asv-verdict/requirements.txt").read_text().splitlines()
    assert first == f"./{copy} --hash=sha256:{hashlib.sha256(b'a wheel').hexdigest()}"
    assert "asv==" in "\n".join(others)


def test_init_names_each_file_that_git_ignores(tmp_path, wheel, capsys):
    root = repository_to_init(tmp_path / "project")
    (root / ".gitignore").write_text("asv.conf.json\n*.whl\n")
    assert run_init(root, "--wheel", wheel) == 0
    said = re.findall(r"^git ignores (\S+): change \.gitignore", capsys.readouterr().out, re.MULTILINE)
    assert said == ["asv.conf.json", f".github/asv-verdict/{WHEEL}"]


@pytest.mark.parametrize("name", [".github", ".github/workflows", ".github/asv-verdict"])
def test_init_writes_nothing_if_a_file_takes_the_place_of_a_folder(tmp_path, wheel, capsys, name):
    root = repository_to_init(tmp_path / "project")
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("")
    before = files_of(root)
    assert run_init(root, "--wheel", wheel) == 2
    assert name in capsys.readouterr().out
    assert files_of(root) == before


def test_init_overwrites_nothing(tmp_path, wheel, capsys):
    root = repository_to_init(tmp_path / "project")
    assert run_init(root, "--wheel", wheel) == 0
    for name in (NAME, WORKFLOWS[1], f".github/asv-verdict/{WHEEL}"):
        kept = {path: content for path, content in files_of(root).items() if path.endswith(name)}
        for path in files_of(root):
            if path not in kept and path != "asv.conf.json":
                (root / path).unlink()
        before = files_of(root)
        capsys.readouterr()
        assert run_init(root, "--wheel", wheel) == 2
        assert capsys.readouterr().out.startswith(f"broken: {root / name} exists already: remove or rename it")
        assert files_of(root) == before
        (root / name).unlink()
        assert run_init(root, "--wheel", wheel) == 0


@pytest.mark.parametrize("command", ["init", "nightly", "compare"])
def test_a_folder_without_a_configuration_is_refused_in_one_sentence(tmp_path, capsys, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    assert main([command, *(["a", "b"] if command == "compare" else [])]) == 2
    said = capsys.readouterr().out
    assert said.startswith("broken: asv.conf.json ")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_settings_only_needs_no_wheel(tmp_path):
    root = repository_to_init(tmp_path / "project")
    assert run_init(root, "--settings-only") == 0
    assert not (root / ".github").exists()
    assert read_settings(root / NAME) == Settings()
