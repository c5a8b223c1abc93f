"""The bar of a notebook is had without a word where the notebook has no widgets."""

from __future__ import annotations

import subprocess
import sys

# What tqdm looks for in a notebook; ipywidgets cannot be imported.
NOTEBOOK = """
import sys, types
shell = types.SimpleNamespace(get_ipython=lambda: None)
sys.modules |= {"ipykernel.zmqshell": shell, "IPython": shell, "ipywidgets": None}
"""


def said(code):
    """What a notebook that runs this says."""
    command = [sys.executable, "-W", "always", "-c", NOTEBOOK + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_a_notebook_without_widgets_gets_the_plain_bar_and_no_warning():
    assert said("from qagen.llm.progress import bar_class; print(bar_class().__module__)") == "tqdm.asyncio\n"


def test_by_itself_the_import_would_warn():
    assert "IProgress not found" in said("from tqdm.auto import tqdm")
