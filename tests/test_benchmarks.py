"""The benchmarks of training and serving run, on a tiny model; and what make installs is what was tried."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_model import make_tiny_gguf, make_tiny_model
from towns import FACTS, train, write_chat

ROOT = Path(__file__).parent.parent


def run(script, *args):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *map(str, args)],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_training_is_compared_with_a_bare_loop(tmp_path):
    told = run("training.py", "--model", make_tiny_model(tmp_path / "base"), "--epochs", 1)
    assert re.search(r"qagen takes \d+\.\d\d times as long", told)


def test_both_ways_to_ask_are_compared(tmp_path):
    base = make_tiny_gguf(make_tiny_model(tmp_path / "base"), tmp_path / "tiny.gguf")
    train(write_chat(tmp_path / "train.jsonl", FACTS), base, tmp_path / "run", n_epochs=1)
    told = run("serving.py", tmp_path / "run", "--file", tmp_path / "train.jsonl", "--questions", 3)
    assert re.search(r"equal answers: \d of 3", told)


@pytest.mark.skipif(sys.platform == "win32", reason="no make there")
@pytest.mark.parametrize(("target", "extras"), [("test", "test"), ("train-demo", "local,files,train")])
def test_make_installs_what_the_lock_says(target, extras):
    told = subprocess.run(
        ["make", "-n", target, "VENV=nowhere"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert f".ci/install.py nowhere {extras}" in told
    assert re.search(r"^torch==\d", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)


def git(folder, *args):
    named = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", folder, *named, *args], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git there")
def test_a_house_is_measured_beside_an_earlier_commit(tmp_path):
    room = tmp_path / "qagen" / "room"
    room.mkdir(parents=True)
    (tmp_path / "qagen" / "__init__.py").write_text("from qagen.room.a import one\n")
    (room / "__init__.py").write_text('"""A room."""\n')
    (room / "a.py").write_text("def one():\n    return _two()\n\n\ndef _two():\n    return 2\n")
    (room / "words.py").write_text("WORDS = [\n" + '    "word",\n' * 20 + "]\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    (room / "a.py").write_text("from qagen.room import b\n\n\ndef one():\n    return b.two()\n")
    (room / "b.py").write_text(
        "def two():\n    from qagen.room.a import one\n\n    return 2 if one else 3\n"
        "\n\ndef __dir__():\n    return []\n"
    )
    told = run("house.py", "--of", tmp_path, "--against", "HEAD", "--times", 1)
    rows = dict(line.strip("| ").split(" | ", 1) for line in told.splitlines()[2:])
    assert rows["files a room, most"] == "2 (qagen/room) | 3 (qagen/room)"
    assert rows["longest file"] == "6 lines (qagen/room/a.py) | 8 lines (qagen/room/b.py)"
    assert rows["longest function body"] == "1 lines (qagen/room/a.py:5) | 3 lines (qagen/room/b.py:1)"
    assert rows["circles of modules"] == "0 | 1 (qagen.room.a, qagen.room.b)"
    assert rows["private functions"] == "1 of 2, 50% | 0 of 3, 0%"
    assert rows["lines"] == "30 in 4 files | 37 in 5 files"
    assert re.fullmatch(r"\d+\.\d\d s \| \d+\.\d\d s", rows["import"])
