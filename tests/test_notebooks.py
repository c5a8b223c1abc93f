"""The notebooks run from the first cell to the last, in a copy of the repository's folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from chat_server import ChatServer
from nbclient import NotebookClient

from qagen import check_training_file

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EVERY_NOTEBOOK = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def with_parameters(notebook, **values):
    """The notebook with a cell behind the one tagged ``parameters`` that sets these."""
    [place] = [at for at, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())]
    setting = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(setting))
    return notebook


@EVERY_NOTEBOOK
def test_a_notebook_runs_to_its_end(notebook, tmp_path):
    shutil.copytree(ROOT / "examples" / "documents", tmp_path / "examples" / "documents")
    (tmp_path / "notebooks").mkdir()
    with ChatServer(key="none") as server:
        cells = with_parameters(nbformat.read(notebook, 4), MODEL="scripted", BASE_URL=server.base_url)
        resources = {"metadata": {"path": tmp_path / "notebooks"}}
        NotebookClient(cells, timeout=120, kernel_name="python3", resources=resources).execute()
        asked = len(server.calls)
    assert asked == 3  # passages: its LIMIT
    report = check_training_file(tmp_path / "notebooks" / "run" / "train.jsonl")
    assert report.ok
    assert report.examples > 10


@EVERY_NOTEBOOK
def test_a_notebook_is_kept_without_output(notebook):
    cells = [cell for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    assert not [cell.id for cell in cells if cell.outputs or cell.execution_count]
