"""Tables and figures of the documents agree with the data on file, are complete, and are on their registered pages."""

import functools
import json
import re
import shutil
from types import SimpleNamespace

import pytest

from studies import document_checks, documents
from studies.blocks import DATA
from studies.registry import BLOCKS, FIGURES

ROOT = documents.ROOT


def test_every_block_agrees_with_its_data():
    assert document_checks.faults() == []


@pytest.mark.parametrize("name", [name for name, block in BLOCKS.items() if block.data])
def test_a_caption_names_command_commit_date_and_machine(name):
    caption = documents.render(name).strip().splitlines()[-1]
    assert re.fullmatch(r"\*`[^`]+`, [^;]*commits? .*\b[0-9a-f]{7,8}\b.*, \d{4}-\d\d-\d\d[^;]*, [^;]*\w.*\.\*", caption)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_a_number(name):
    assert re.fullmatch(r"\d+(\.\d+)?( [kMG]B)?", documents.render(name))


@pytest.fixture
def tree(tmp_path):
    """A copy of the documents, and a function that changes a file in it and returns the faults."""
    for page in documents.pages():
        copy = tmp_path / page.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(page, copy)
    shutil.copytree(ROOT / DATA, tmp_path / DATA)

    def faults_after(path, change):
        file = tmp_path / path
        text = file.read_text()
        assert change(text) != text
        file.write_text(change(text))
        return document_checks.faults(tmp_path)

    return faults_after


MAIN = re.compile(r"(?s)<!--begin:main-table-->(.*?)<!--end:main-table-->")


def test_an_emptied_block_is_a_fault(tree):
    (fault,) = tree("README.md", lambda text: text.replace(MAIN.search(text)[1], "\n"))
    assert fault == "README.md: block 'main-table' differs from its data; run: python -m studies.documents --write"


def test_a_deleted_block_is_a_fault(tree):
    (fault,) = tree("README.md", lambda text: MAIN.sub("", text))
    assert fault.startswith("README.md: block 'main-table' is missing")


def test_an_edited_number_is_a_fault(tree):
    (fault,) = tree("docs/findings/peers.md", lambda text: text.replace("1.13 ms", "1.12 ms"))
    assert fault.startswith("docs/findings/peers.md: block 'peers' differs from its data")


def test_a_table_outside_of_a_block_is_a_fault(tree):
    (fault,) = tree("README.md", lambda text: text + "\n| mode | time |\n|---|---|\n| reverse | 3.2 ms |\n")
    assert fault == "README.md: table with numbers outside of a block: | reverse | 3.2 ms |"


@pytest.mark.parametrize("row", ["| a | 1.2 × |", "|a|3×|", "|a|12 min|", "|b|3.2|", "| a | 97 % |", "|a|5 GFlop/s|"])
def test_a_row_with_a_number_is_found(row):
    assert document_checks.numbered_rows(f"text\n{row}\n") == [row]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("> | a |\n> |---|\n> | 3 ms |", "| 3 ms |"),
        ("- | a |\n  |---|\n  | 3 ms |", "| 3 ms |"),
        ("1. > | 3 ms |", "| 3 ms |"),
        ("\t  | 3 ms |", "| 3 ms |"),
        ("mode | time\n---|---\nreverse | 3 ms\n\n4 | 5", "reverse | 3 ms"),
        ("<table>\n<tr class=9><TD>reverse</td>\n<td>\n3 ms</td></tr></table>", "reverse 3 ms"),
    ],
)
def test_a_row_is_found_in_every_form(text, row):
    assert document_checks.numbered_rows(text) == [row]


@pytest.mark.parametrize("row", ["| command | result |", "3.2 ms in a sentence", "|---|---|"])
def test_a_row_or_line_without_a_number_in_a_table_is_not_found(row):
    assert document_checks.numbered_rows(row) == []


def test_a_figure_without_its_markers_is_a_fault(tree):
    def bare(text):
        return re.sub(r"<!--begin:repeat-3-->.*?<!--end:repeat-3-->", "99", text)

    (fault,) = tree("README.md", bare)
    assert fault == "README.md: figure 'repeat-3' is missing; write <!--begin:repeat-3--><!--end:repeat-3-->"


@pytest.mark.parametrize("start", ["\n", "\n  ", "\n\n- ", "\n> ", "\n1. "])
def test_a_line_that_begins_with_a_figure_is_a_fault(tree, start):
    (fault,) = tree("README.md", lambda text: text.replace(" <!--begin:repeat-3-->", f"{start}<!--begin:repeat-3-->"))
    assert fault.startswith("README.md: a line begins with the marker of 'repeat-3'")


def _main_data(change):
    def changed(text):
        data = json.loads(text)
        change(data)
        return json.dumps(data)

    return changed


def test_a_lost_row_is_a_fault_even_if_the_page_agrees(tree, tmp_path):
    data = f"{DATA}/main-table.json"
    tree(data, _main_data(lambda data: data["rows"].pop()))
    documents.write(tmp_path)
    assert document_checks.faults(tmp_path) == ["block 'main-table': rows and columns ((11, 9),), expected ((12, 9),)"]


def test_an_empty_column_is_a_fault(tree, tmp_path):
    def without_forward(data):
        for row in data["rows"]:
            row["seconds"]["forward"] = None

    documents_differ = tree(f"{DATA}/main-table.json", _main_data(without_forward))
    assert "block 'main-table': column 'forward' is empty" in documents_differ


def test_data_without_a_commit_are_a_fault(tree):
    data = f"{DATA}/main-table.json"
    assert "block 'main-table': the data lack commit" in tree(data, _main_data(lambda data: data.update(commit="")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "main-table.json is missing: restore it with git, or measure it again"),
        ("{", "main-table.json cannot be read as JSON: Expecting property name"),
        ("[]", "main-table.json has a list: expected an object"),
        ('{"rows": [{"seconds": NaN}]}', "main-table.json cannot be read as JSON: NaN is no number; write null"),
        ('{"command": "make"}', "main-table.json: the layout failed: KeyError: 'rows'"),
    ],
)
@pytest.mark.parametrize("option", ["--check", "--write"])
def test_data_that_cannot_be_used_are_an_error_and_change_no_page(tree, tmp_path, monkeypatch, option, text, message):
    file = tmp_path / DATA / "main-table.json"
    file.unlink() if text is None else file.write_text(text)
    before = {page: page.read_text() for page in documents.pages(tmp_path)}
    monkeypatch.setattr(document_checks, "faults", functools.partial(document_checks.faults, tmp_path))
    monkeypatch.setattr(document_checks, "write", functools.partial(document_checks.write, tmp_path))
    with pytest.raises(SystemExit, match=re.escape(f"{DATA}/{message}")):
        document_checks.main([option])
    assert {page: page.read_text() for page in before} == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!--begin:mian-table--><!--end:mian-table-->", "unknown block 'mian-table'; the studies declare: "),
        ("<!--begin:main-table-->", "the marker <!--begin:main-table--> has no partner"),
        ("<!--end:main-table-->", "the marker <!--end:main-table--> has no partner"),
        (
            "<!--begin:peers--><!--begin:gpu--><!--end:gpu--><!--end:peers-->",
            "the marker <!--begin:gpu--> has no partner",
        ),
    ],
)
def test_a_wrong_marker_ends_the_command_before_it_writes(tmp_path, text, message):
    (tmp_path / "README.md").write_text(text)
    for command in (document_checks.faults, documents.write):
        with pytest.raises(documents.Drift, match=f"^README.md: {re.escape(message)}"):
            command(tmp_path)
    assert (tmp_path / "README.md").read_text() == text


def test_a_stored_block_updates_its_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    (tmp_path / DATA).mkdir(parents=True)
    (tmp_path / "README.md").write_text("It takes\n<!--begin:lapack-size-->\nold\n<!--end:lapack-size-->\nof time.\n")
    origin = {"command": "make x", "commit": "commit 1234567", "date": "2026-01-01", "machine": "one core"}
    documents.store("lapack-size", origin | {"tables": [{"columns": ["n", "time"], "rows": [["3", "1 µs"]]}]})
    table = "| n | time |\n|---|---|\n| 3 | 1 µs |\n\n*`make x`, commit 1234567, 2026-01-01, one core.*"
    expected = f"It takes\n<!--begin:lapack-size-->\n{table}\n<!--end:lapack-size-->\nof time.\n"
    assert (tmp_path / "README.md").read_text() == expected


def test_a_compact_table_has_no_spaces():
    table = documents.Table(["", "time"], [["n = 3", "1.0 ×"], ["n = 3", "2 × 2"], ["n = 4", ""]])
    assert documents.compact_lines(table) == ["||time|", "|---|---|", "|n=3|1.0×|", "||2×2|", "|n=4||"]


def test_the_command_prints_the_faults(monkeypatch, capsys):
    monkeypatch.setattr(document_checks, "faults", lambda: ["a fault"])
    with pytest.raises(SystemExit, match=r"^a fault$"):
        document_checks.main(["--check"])
    monkeypatch.setattr(document_checks, "write", list)
    document_checks.main(["--write"])
    assert capsys.readouterr().out == "Updated: no document\n"


def test_the_table_of_results_is_stored_with_its_provenance(monkeypatch, capsys):
    from studies.main_table import __main__ as table

    results = SimpleNamespace(env_name="env", get_all_result_keys=list)
    facts = {
        "python": "3.11.7",
        "packages": {"jax": "0.10.2"},
        "cpu": "EPYC",
        "cpu_cores": 2,
        "last": "2026-11-28T10:55",
    }
    stored = {}
    monkeypatch.setattr(table, "results_of", lambda *arguments: iter([results]))
    monkeypatch.setattr(table, "last_entry", lambda *arguments: facts)
    monkeypatch.setattr(table, "store", lambda name, data: stored.update({name: data}))
    table.main(["desk", "--results", "results", "--commit", "1234567" + 33 * "0", "--write"])
    data = stored["main-table"]
    assert documents.caption(data) == (
        "*`make bench`, commit 1234567, 2026-11-28, EPYC, 2 cores; Python 3.11.7, JAX 0.10.2.*"
    )
    assert len(data["rows"]) == 12
    assert set(data["rows"][0]["seconds"].values()) == {None}


def test_the_accounts_have_the_shape_of_their_block():
    from studies.accounts import __main__ as accounts

    entries = [{"item": "processes", "seconds": 6.0}, {"item": "make", "seconds": 1.0}]
    table = accounts.table(entries, 10.0)
    assert table.rows[0] == ["measuring", "5", "50%"]
    assert table.rows[-1] == ["total", "10", "100%"]
    assert accounts.shape() == ((len(table.rows), len(table.columns)),)
