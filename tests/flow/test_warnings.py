"""What of a document was not kept is told to whoever looks; what its loader told travels with the pairs."""

import json

import pytest
from chat_server import ChatServer
from langchain_core.documents import Document
from reported import Reader
from stages import approve_all, declare_all, inside, stage_of, word_all
from typer.testing import CliRunner

from qagen import QADataset, generate_pairs, load_documents
from qagen.cli import app
from qagen.records import Notice

LINE = "The ferry to Marrow Bridge sails at 6:40."
COMMENTS = {"kind": "comments", "count": 3, "place": "", "detail": "3 comments left out"}
NO_TEXT = {"kind": "no_text", "count": 1, "place": "page 7", "detail": "page 7 has no text"}
ENV = {"OPENAI_API_KEY": "test", "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}


def document(**metadata):
    return Document(page_content=LINE, metadata={"source": "handbook.docx", **metadata})


def write(prompt):
    pairs = [{"question": "When does the ferry to Marrow Bridge sail?", "answer": "6:40", "quote": LINE}]
    return {"question_answer_pairs": pairs if LINE in inside("target_text", prompt) else []}


@pytest.fixture
def server():
    stages = {"write": write, "fill": declare_all, "review": approve_all, "rephrase": word_all}

    def reply(messages):
        prompt = "\n\n".join(message["content"] for message in messages)
        return json.dumps(stages[stage_of(prompt)](prompt))

    with ChatServer(reply=reply, models=("scripted",)) as running:
        yield running


def run(server, tmp_path, *documents):
    made = generate_pairs(
        documents,
        "scripted",
        base_url=server.base_url,
        out=tmp_path / "run",
        progress=False,
        forms=1,
        held_out=0,
    )
    assert len(made) == 1
    return made


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "test")


def test_documents_tell_what_was_not_kept_of_them():
    other = Document(page_content="A text.", metadata={"source": "b.txt", "warnings": "my own words"})
    documents = load_documents([document(warnings=[COMMENTS, NO_TEXT]), other])
    assert documents.notices == (
        Notice(source="handbook.docx", kind="comments", count=3, detail="3 comments left out"),
        Notice(source="handbook.docx", kind="no_text", place="page 7", detail="page 7 has no text"),
    )
    assert documents[1].metadata["warnings"] == "my own words"


def test_warnings_stay_with_the_run_and_are_told_by_status_and_page(server, tmp_path):
    made = run(server, tmp_path, document(warnings=[COMMENTS, NO_TEXT]))
    told = "handbook.docx: 3 comments left out; page 7 has no text"
    assert [str(one) for one in made.warnings] == [
        "handbook.docx: 3 comments left out",
        "handbook.docx: page 7 has no text",
    ]
    assert QADataset.load(tmp_path / "run").warnings == made.warnings
    status = CliRunner().invoke(app, ["status", str(tmp_path / "run")], env=ENV)
    assert f"! {told}" in status.output
    assert status.exit_code == 0
    value = CliRunner().invoke(app, ["status", str(tmp_path / "run"), "--json"], env=ENV)
    assert json.loads(value.stdout)["warnings"][0] == {"source": "handbook.docx", **COMMENTS}
    page = Reader((tmp_path / "run" / "report.html").read_text("utf-8")).text
    assert "2 things of the documents left out, changed or guessed" in page
    assert "comments handbook.docx : 3 comments left out" in page


def test_a_run_without_warnings_speaks_of_none(server, tmp_path):
    made = run(server, tmp_path, document())
    assert made.warnings == ()
    assert "left out, changed or guessed" not in (tmp_path / "run" / "report.html").read_text("utf-8")


def test_what_a_loader_told_of_a_document_travels_with_its_pairs(server, tmp_path):
    made = run(server, tmp_path, document(page=4, author="T. Vance", warnings=[COMMENTS]))
    assert made[0].extra["metadata"] == {"page": 4, "author": "T. Vance"}
    assert QADataset.load(tmp_path / "run")[0].extra == made[0].extra


def test_a_document_without_other_metadata_adds_nothing(server, tmp_path):
    assert run(server, tmp_path, document())[0].extra == {}


# --- qagen inspect ---------------------------------------------------------------------------------------


def inspect(*args):
    return CliRunner().invoke(app, ["inspect", *map(str, args)], env=ENV)


def test_inspect_shows_the_text_in_the_passages_of_a_run(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("# Ferries\n\n" + f"{LINE} " * 40, "utf-8")
    done = inspect(path, "--chunk-size", 100)
    assert done.exit_code == 0, done.output
    assert "theme        Ferries" in done.output
    assert "--- passage 1 of 6" in done.output
    assert done.output.count(LINE) == 40
    assert inspect(path, "--chunk-size", 100, "--limit", 1).output.count(LINE) < 10


def test_inspect_gives_a_script_the_same(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text(f"# Ferries\n\n{LINE}\n", "utf-8")
    [found] = json.loads(inspect(path, "--json").stdout)["documents"]
    assert found["theme"] == "Ferries"
    assert [(one["text"], one["section"]) for one in found["passages"]] == [
        (f"# Ferries\n\n{LINE}\n", ["Ferries"])
    ]


def test_inspect_names_what_cannot_be_read(tmp_path):
    (tmp_path / "empty.txt").write_text("", "utf-8")
    (tmp_path / "notes.md").write_text(LINE, "utf-8")
    done = inspect(tmp_path)
    assert done.exit_code == 3
    assert has_line(done.output, "! ", "empty.txt: empty: The file has no content.")
    assert inspect(tmp_path / "empty.txt").exit_code == 1


def has_line(output, begins, ends):
    return any(line.startswith(begins) and line.endswith(ends) for line in output.splitlines())
