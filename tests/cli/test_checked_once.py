"""``qagen tune`` reads and checks each of its files once, however many parts of it want to know."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager

import pytest
from towns import write_chat
from tuning_server import DONE, KEY, MODEL, TuningServer
from typer.testing import CliRunner

from qagen.cli import app
from qagen.errors import QAGenError
from qagen.tuning.local.training.starting import train_locally

CHECKER = "qagen.tuning.file.raw_lines"
_counts: list[Counter[str]] = []


def _count_opening(event, args):
    """Python tells of each file that is opened; those count that the checker opens."""
    if event == "open" and _counts:
        frame = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__") == "pathlib":
            frame = frame.f_back
        if frame is not None and frame.f_globals.get("__name__") == CHECKER:
            _counts[-1][str(args[0])] += 1


sys.addaudithook(_count_opening)


@contextmanager
def checked_files():
    _counts.append(Counter())
    try:
        yield _counts[-1]
    finally:
        _counts.pop()


@pytest.fixture
def files(tmp_path):
    towers = {f"How high is tower {n}?": f"{n} metres" for n in range(12)}
    names = {f"Tell me the height of tower {n}.": f"{n} metres" for n in range(12)}
    write_chat(tmp_path / "train.jsonl", towers)
    write_chat(tmp_path / "validation.jsonl", names)
    return [str(tmp_path / "train.jsonl"), str(tmp_path / "validation.jsonl")]


def test_at_a_service_each_file_is_checked_once(files, tmp_path):
    with TuningServer() as server, checked_files() as counted:
        server.life = DONE
        place = ["--provider", "openai", "--base-url", server.base_url, "--model", MODEL, "--yes"]
        done = CliRunner().invoke(app, ["tune", str(tmp_path), *place], env={"OPENAI_API_KEY": KEY})
    assert done.exit_code == 0, done.output
    assert counted == dict.fromkeys(files, 1)


def test_on_this_machine_each_file_is_checked_once(files, tmp_path):
    with checked_files() as counted, pytest.raises(QAGenError, match="no base model"):
        train_locally(files[0], validation_file=files[1], model="no such model", out=tmp_path)
    assert counted == dict.fromkeys(files, 1)
