"""The benchmarks of training and serving run, on a tiny model; and what make installs is what was tried."""

from __future__ import annotations

import re
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
