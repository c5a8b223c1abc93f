"""The notebooks run from the first cell to the last, in a copy of the repository's folders.

What comes out is what the committed notebooks show: ``python tests/test_notebooks.py`` runs the same tests
and writes it there. Bars, times, ports, addresses in memory and folders of this machine are left out or
replaced. In a cell tagged ``varies`` the output depends on the machine's arithmetic: there only the kinds are
compared.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from chat_server import ChatServer
from gold_model import gold_answer
from learners import dataset, probes, reader, scholar
from nbclient import NotebookClient
from stages import stage_of
from tiny_model import make_tiny_gguf, make_tiny_model
from tuning_server import KEY, RUNNING, SUCCEEDED, TuningServer

from qagen import QA, ReportCard, check_training_file, evaluate, write_training_file
from qagen.evaluation.auditing import write_audit
from qagen.evaluation.probes.making import write_probes
from qagen.files import JsonLines
from qagen.records import Edit
from qagen.tuning.record import TuningRecord, read_record, write_record

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EVERY_NOTEBOOK = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def with_parameters(notebook, **values):
    """The notebook with a cell behind the one tagged ``parameters`` that sets these."""
    [place] = [at for at, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())]
    setting = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(setting))
    return notebook


def executed(name, folder, **parameters):
    """The notebook after its cells have run in this folder, as the committed one shows it."""
    folder.mkdir(exist_ok=True)
    file = ROOT / "notebooks" / f"{name}.ipynb"
    notebook = with_parameters(nbformat.read(file, 4), **parameters)
    resources = {"metadata": {"path": folder}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    committed = nbformat.read(file, 4)
    known = {cell.id for cell in committed.cells}  # without the cell that sets the parameters
    outputs = {cell.id: as_kept(cell.outputs, folder) for cell in code_cells(notebook) if cell.id in known}
    if WRITING:
        for cell in code_cells(committed):
            cell.outputs, cell.execution_count = outputs[cell.id], None
        nbformat.write(committed, file)
    for cell in code_cells(committed):
        varies = "varies" in cell.metadata.get("tags", ())
        assert told(cell.outputs, varies=varies) == told(outputs[cell.id], varies=varies), (
            f"{file.name}, cell {cell.id}: the output is another one: python tests/test_notebooks.py"
        )
    return notebook


WRITING = "QAGEN_WRITE_NOTEBOOKS" in os.environ
WIDGET = "application/vnd.jupyter.widget-view+json"
# What differs from run to run and from machine to machine, and what stands in its place.
REPLACED = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x0"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[:.\d]*(?:\+00:00|Z| UTC)?"), "2026-01-01 00:00"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:s|min)\b"), "1 s"),
    (re.compile(r'("seconds"|"sha256"|"\w*_sha256"): (?:[\d.]+|"\w+")'), r"\1: …"),
)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def as_kept(outputs, folder):
    """The outputs of a cell as they are committed: without bars and without what is of this machine."""
    kept = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue
        if WIDGET in output.get("data", {}):
            continue
        if output.output_type == "stream" and kept and kept[-1].output_type == "stream":
            kept[-1]["text"] += plain(output.text, folder)
            continue
        kept.append(of_any_machine(output, folder))
    return kept


def of_any_machine(output, folder):
    kept = nbformat.from_dict(output)
    if "execution_count" in kept:
        kept["execution_count"] = None
    if "text" in kept:
        kept["text"] = plain(kept["text"], folder)
    if "text/html" in kept.get("data", {}):
        del kept["data"]["text/plain"]  # the same once more, as one long line
    for kind, content in kept.get("data", {}).items():
        kept["data"][kind] = plain(content, folder) if kind.startswith("text/") else content
    return kept


def plain(text, folder):
    """A text without folders, ports, times and addresses in memory."""
    for place in (folder, folder.parent):
        text = text.replace(f"{place}/", "").replace(str(place), ".")
    for pattern, instead in REPLACED:
        text = pattern.sub(instead, text)
    return text


def told(outputs, *, varies):
    """What of the outputs must be the same everywhere: of pictures, and of what varies, only their kinds."""
    kinds = [(output.output_type, *sorted(output.get("data", {}))) for output in outputs]
    if varies:
        return kinds
    texts = [output.get("text", "") + "".join(texts_of(output)) for output in outputs]
    return list(zip(kinds, texts, strict=True))


def texts_of(output):
    return [text for kind, text in sorted(output.get("data", {}).items()) if kind.startswith("text/")]


def test_the_notebook_of_generating_runs_to_its_end(tmp_path):
    shutil.copytree(ROOT / "examples" / "documents", tmp_path / "examples" / "documents")
    run = tmp_path / "notebooks" / "run"
    with ChatServer(key="none", reply=gold_reply) as server:
        notebook = executed("01_generate", tmp_path / "notebooks", MODEL="scripted", BASE_URL=server.base_url)
        stages = Counter(stage_of(joined(call.body["messages"])) for call in server.calls)
        assert server.repeated == ()
    assert stages["write"] == 3  # passages: its LIMIT
    assert stages["review"] > 0
    assert stages["rephrase"] > 0
    report = check_training_file(run / "train.jsonl")
    assert report.ok
    assert report.examples > 100
    assert [edit.action for edit in JsonLines(run / "edits.jsonl", Edit)] == ["accept"]
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = "".join(output.get("text", "") for output in outputs)
    assert re.search(r"[1-9]\d* of \d+ sentences are covered", said)
    assert "never trained: " in said
    assert "  trained, canonical: " in said
    assert any("fill gaps" in html_of(output) for output in outputs)
    assert any("run/report.html" in html_of(output) for output in outputs)


def joined(messages):
    return "\n\n".join(message["content"] for message in messages)


def gold_reply(messages):
    return gold_answer(joined(messages))


def test_the_notebook_of_hosted_tuning_runs_to_its_end(tmp_path, monkeypatch):
    facts = [QA(question=f"What is in box {number}?", answer=f"Ball {number}") for number in range(24)]
    (tmp_path / "run").mkdir()
    write_training_file(facts[::2], tmp_path / "run" / "train.jsonl")
    write_training_file(facts[1::2], tmp_path / "run" / "validation.jsonl")
    with TuningServer(life=(replace(RUNNING, looks=2), SUCCEEDED), reply=lambda _: "Ball 7") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        validation = "run/validation.jsonl"
        notebook = executed("02_tune", tmp_path, VALIDATION_FILE=validation, CLEAN_UP=True)
        deleted = [one.path.split("/")[1] for one in server.requests if one.method == "DELETE"]
        [started] = server.sent("POST", "/fine_tuning/jobs")
        asked = server.sent("POST", "/chat/completions")
    assert deleted == ["files", "files", "models"]
    assert started["validation_file"]
    assert [body["messages"][0]["role"] for body in asked] == ["system"] * 3
    assert all(body["model"].startswith("ft:") for body in asked)
    assert read_record(tmp_path / "run").model == asked[0]["model"]
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert "answered: Ball 7" in "".join(output.get("text", "") for output in outputs)


def test_the_notebook_of_hosted_tuning_deletes_nothing_unless_told_to():
    [parameters] = [
        cell.source
        for cell in nbformat.read(ROOT / "notebooks" / "02_tune.ipynb", 4).cells
        if "parameters" in cell.metadata.get("tags", ())
    ]
    settings = {}
    exec(parameters, settings)  # noqa: S102 - the notebook's own cell
    assert settings["CLEAN_UP"] is False


def test_the_notebook_of_training_here_runs_to_its_end(tmp_path):
    facts = [QA(question=f"What is in box {number}?", answer=f"Ball {number}") for number in range(12)]
    (tmp_path / "run").mkdir()
    write_training_file(facts, tmp_path / "run" / "train.jsonl")
    base = make_tiny_gguf(make_tiny_model(tmp_path / "tiny"), tmp_path / "tiny.gguf")
    notebook = executed("03_train_locally", tmp_path, BASE=f"local:{base}", N_EPOCHS=16, MERGE=True)
    record = read_record(tmp_path / "run-local")
    assert (record.provider, record.examples, record.details["epochs"]) == ("local", len(facts), 16)
    left = {path.name for path in (tmp_path / "run-local" / "model").iterdir()}
    assert {"adapter_model.safetensors", "adapter.gguf", "merged", "README.md"} <= left
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = "".join(output.get("text", "") for output in outputs)
    assert said.count("holds this model already: nothing to train") == 2  # the cell run again, and for MERGE
    assert "of 12 answered word for word" in said
    assert any("image/png" in output.get("data", {}) for output in outputs)
    [table] = [text for output in outputs if "to be learnt" in (text := html_of(output))]
    assert "What is the capital of France?" in table


OWN = "Who is Odo Pym?"


@pytest.fixture
def examined(tmp_path, monkeypatch):
    """A run folder whose base model reads what it is shown, and whose tuned one knows the trained facts."""

    def reply(messages):
        prompt = messages[-1]["content"]
        if prompt.endswith(OWN):
            return "a rower"
        return (scholar if server.calls[-1].body["model"] == "tuned" else reader)(prompt)

    dataset().save(tmp_path / "run")
    write_probes(probes(), tmp_path / "run" / "probes.jsonl")
    with ChatServer(reply=reply, models=("plain", "tuned"), key=KEY) as server:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        tuned = TuningRecord(
            provider="other",
            base_model="plain",
            model="tuned",
            base_url=server.base_url,
            training_file="train.jsonl",
            system_prompt="Answer the question briefly and exactly.",
        )
        write_record(tmp_path / "run", tuned)
        yield server


def label(file):
    """What a person would do in a spreadsheet who is satisfied with every answer."""
    with file.open(encoding="utf-8-sig", newline="") as table:
        rows = [{**row, "right": "yes"} for row in csv.DictReader(table)]
    with file.open("w", encoding="utf-8-sig", newline="") as table:
        writer = csv.DictWriter(table, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_the_notebook_of_the_report_card_runs_to_its_end(tmp_path, examined):
    run = tmp_path / "run"
    other = evaluate(run, kinds=["V", "P"], progress=False).save(tmp_path / "other.json")
    label(write_audit(ReportCard.load(other), run / "audit.csv", 12))
    asked_before = len(examined.calls)
    notebook = executed(
        "04_did_it_learn", tmp_path, TUNED="run", LIMIT=None, OWN={OWN: ["rower"]}, OTHER="other.json"
    )
    assert examined.repeated == ()
    assert len(examined.calls) > asked_before > 0
    card = ReportCard.load(run)
    assert card.rate("tuned", "P").share == 1
    assert card.rate("tuned", "own").share == 1
    assert card.audit.asked == 12
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = "".join(output.get("text", "") for output in outputs)
    assert "P, unseen wording\n    base     0%" in said
    assert "tuned  100% [" in said
    assert "10 gained, 0 lost; McNemar's exact test: p = 0.002" in said
    assert "12 of 12 rows are labelled" in said
    assert card.sentence in said
    tables = [html_of(output) for output in outputs]
    assert any("unanswerable twin" in table for table in tables)
    assert any("Between" in table or "nothing in common" in table or "ahead" in table for table in tables)
    assert "Did the model learn it?" in (run / "report.html").read_text("utf-8")


def html_of(output):
    """A table, as a notebook shows it."""
    return output.get("data", {}).get("text/html", "")


@EVERY_NOTEBOOK
def test_a_notebook_shows_what_comes_out_and_nothing_of_the_machine_that_ran_it(notebook):
    read = nbformat.read(notebook, 4)
    nbformat.validate(read)
    shown = [cell for cell in code_cells(read) if cell.outputs]
    assert len(shown) >= len(code_cells(read)) / 2
    assert not [cell.id for cell in code_cells(read) if cell.execution_count or "execution" in cell.metadata]
    assert "made by a test" in read.cells[0].source
    text = notebook.read_text("utf-8")
    assert not re.search(r"/(?:home|root|tmp|Users)/|127\.0\.0\.1:|\bTraceback\b|stderr", text)
    assert notebook.stat().st_size < 200_000


if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-k", "runs_to_its_end", *sys.argv[1:]]
    writing = {**os.environ, "QAGEN_WRITE_NOTEBOOKS": "1"}
    sys.exit(subprocess.run(command, cwd=ROOT, env=writing, check=False).returncode)
