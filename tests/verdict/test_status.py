"""The status of a repository, and the commands around it."""

import json
import time

import pytest
from suite import result_file

from asv_verdict.__main__ import main
from asv_verdict.results import Unreadable
from asv_verdict.status import status


def _lines(suite, **options):
    return "\n".join(status(suite.project, **options))


def test_status_has_age_noise_floors_regressions_and_gaps(suite):
    suite.commit()
    suite.night()
    suite.commit()
    suite.commit("Slow", {"Slow.*20": 1.2})
    suite.night()
    suite.commit()
    said = _lines(suite)
    assert "desk:" in said
    assert ", is 0.0 days old\n" in said
    assert "last night: regression, 16 of 16 expected cells measured, commit " in said
    assert "open regressions: 1; accepted: 0" in said
    assert "kernels.Slow.time_call(20)" in said
    assert "commits without a result since the first measured one: 2 of 4; newer than the last measured one: 1" in said
    assert "noise floors (virtualenv-py3.11, cells: 14): median " in said


def test_status_warns_of_an_old_or_future_result(suite):
    suite.commit()
    suite.night()
    assert "is 30.0 days old: are the nights still running?" in _lines(suite, now=time.time() + 30 * 86400)
    assert "days in the future: check the clock" in _lines(suite, now=time.time() - 30 * 86400)


def test_age_counts_from_the_measurement_instead_of_the_file(suite):
    suite.commit()
    suite.night()
    ten_days_ago = (time.time() - 10 * 86400) * 1000
    for path in (suite.root / ".asv/results/desk").glob("*-virtualenv-py3.11.json"):
        content = json.loads(path.read_text())
        content["results"] = {name: [*row, ten_days_ago] for name, row in content["results"].items()}
        path.write_text(json.dumps(content))
    assert "is 10.0 days old: are the nights still running?" in _lines(suite)


def test_status_without_a_results_folder_is_an_error(suite):
    suite.commit()
    with pytest.raises(Unreadable, match="no results folder"):
        status(suite.project)


# --- Commands ---


def _command(suite, capsys, *words):
    code = main([words[0], "--config", str(suite.root / "asv.conf.json"), "--machine", "desk", *words[1:]])
    return code, capsys.readouterr().out


def test_last_prints_the_report_or_one_field(suite, capsys):
    suite.commit()
    assert _command(suite, capsys, "last") == (
        2,
        "broken: no report of a night on desk yet; run `asv-verdict nightly` first\n",
    )
    suite.night()
    assert _command(suite, capsys, "last")[1].startswith("pass: 16 of 16 expected cells measured\n")
    assert _command(suite, capsys, "last", "--field", "verdict") == (0, "pass\n")
    assert _command(suite, capsys, "status")[0] == 0


def test_bad_input_is_broken_and_prints_one_sentence(suite, capsys):
    suite.commit()
    (suite.root / "asv_verdict.toml").write_text("exakt = 1\n")
    code, said = _command(suite, capsys, "nightly")
    assert code == 2
    assert said.startswith("broken: asv_verdict.toml: unknown setting 'exakt'")


def test_detect_lists_level_shifts_of_any_results_folder(tmp_path, capsys):
    folder = tmp_path / "desk"
    folder.mkdir()
    for number in range(20):
        commit = f"{number:08x}".ljust(40, "0")
        values = [1.0 + 0.001 * (number % 3), (1.3 if number >= 12 else 1.0) + 0.001 * (number % 2)]
        content = result_file(commit, 1000 * number, {"b.time_x": [values, [["1", "2"]], "1"]})
        (folder / f"{commit[:8]}-env.json").write_text(json.dumps(content))
    assert main(["detect", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "commits: 20, cells: 2" in said
    assert "+29.9%  b.time_x(2) (last commit before: 0000000b)" in said
    assert "level shifts of cells: 1" in said
    assert main(["detect", str(tmp_path), "--json"]) == 0
    (step,) = json.loads(capsys.readouterr().out)
    assert step["cell"] == "b.time_x(2)"
    assert (step["commit"][:8], step["before"][:8]) == ("0000000c", "0000000b")
    assert main(["detect", str(tmp_path / "nowhere")]) == 2
    assert "no results folder" in capsys.readouterr().out
