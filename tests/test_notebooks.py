"""The notebooks run from the first cell to the last, in a copy of the repository's folders."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from chat_server import ChatServer
from gold_model import gold_answer
from nbclient import NotebookClient
from stages import stage_of
from tiny_model import make_tiny_gguf, make_tiny_model
from tuning_server import KEY, RUNNING, SUCCEEDED, TuningServer

from qagen import QA, check_training_file, write_training_file
from qagen.files import JsonLines
from qagen.records import Edit
from qagen.tuning.record import read_record

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
    """The notebook after its cells have run, one after the other, in this folder."""
    folder.mkdir(exist_ok=True)
    notebook = with_parameters(nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4), **parameters)
    resources = {"metadata": {"path": folder}}
    return NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()


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
    notebook = executed("03_train_locally", tmp_path, BASE=f"local:{base}", N_EPOCHS=1, MERGE=True)
    record = read_record(tmp_path / "run-local")
    assert (record.provider, record.examples, record.details["epochs"]) == ("local", len(facts), 1)
    left = {path.name for path in (tmp_path / "run-local" / "model").iterdir()}
    assert {"adapter_model.safetensors", "adapter.gguf", "merged", "README.md"} <= left
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = "".join(output.get("text", "") for output in outputs)
    assert said.count("holds this model already: nothing to train") == 2  # the cell run again, and for MERGE
    assert "of 12 answered word for word" in said
    assert any("image/png" in output.get("data", {}) for output in outputs)
    [table] = [text for output in outputs if "to be learnt" in (text := html_of(output))]
    assert "What is the capital of France?" in table


def html_of(output):
    """A table, as a notebook shows it."""
    return output.get("data", {}).get("text/html", "")


@EVERY_NOTEBOOK
def test_a_notebook_is_kept_without_output(notebook):
    cells = [cell for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    assert not [cell.id for cell in cells if cell.outputs or cell.execution_count]
