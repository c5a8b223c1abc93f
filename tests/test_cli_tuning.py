"""``qagen tune``, ``jobs`` and ``ask`` as a person runs them: at a service on loopback, and for real here."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time

import pytest
from test_train_locally import FACTS, facts, train, write_chat
from tiny_model import make_tiny_model
from tuning_server import DONE, KEY, MODEL, STUCK, TuningServer

from qagen.tuning.record import read_record

ENV = {"OPENAI_API_KEY": KEY, "NEBIUS_API_KEY": KEY, "COLUMNS": "200", "NO_COLOR": "1"}


def qagen(*args, **env):
    return subprocess.run(
        [sys.executable, "-m", "qagen", *map(str, args)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **ENV, **env},
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    write_chat(folder / "train.jsonl", {f"How high is tower {n}?": f"{n} metres" for n in range(12)})
    return folder


@pytest.fixture
def server():
    with TuningServer() as server:
        server.life = DONE
        yield server


def tune(run, server, *args):
    return qagen(
        "tune", run, "--provider", "openai", "--base-url", server.base_url, "--model", MODEL, "--yes", *args
    )


def test_a_hosted_run_ends_with_a_record_and_the_model_can_be_asked(run, server):
    done = tune(run, server, "--suffix", "towers", "--n-epochs", 2, "--price", 3)
    assert done.returncode == 0, done.stderr
    assert "billed tokens" in done.stdout
    assert "$0.00" in done.stdout
    record = read_record(run)
    assert (record.provider, record.base_model) == ("openai", MODEL)
    assert record.model.startswith("ft:")
    assert record.hyperparameters["n_epochs"] == 2
    [body] = server.sent("POST", "/fine_tuning/jobs")
    assert body["suffix"] == "towers"
    asked = qagen("ask", run, "How high is tower 3?")
    assert asked.returncode == 0, asked.stderr
    assert "tuned" in asked.stdout
    assert MODEL in asked.stdout


def test_the_same_command_again_starts_no_second_job(run, server):
    assert tune(run, server, "--no-wait").returncode == 0
    job = read_record(run).job
    again = tune(run, server)
    assert again.returncode == 0, again.stderr
    assert "no other was started" in again.stderr
    assert len(server.sent("POST", "/fine_tuning/jobs")) == 1
    assert read_record(run).job == job
    assert read_record(run).model.startswith("ft:")


def test_money_is_not_spent_without_a_yes(run, server):
    done = qagen("tune", run, "--provider", "openai", "--base-url", server.base_url, "--model", MODEL)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert not server.requests


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
@pytest.mark.parametrize(("answer", "jobs"), [("n", 0), ("y", 1)])
def test_a_person_is_asked_before_money_is_spent(run, server, answer, jobs):
    ours, theirs = pty.openpty()
    command = [
        "tune",
        run,
        "--provider",
        "openai",
        "--base-url",
        server.base_url,
        "--model",
        MODEL,
        "--no-wait",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "qagen", *map(str, command)],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **ENV},
    )
    os.write(ours, f"{answer}\n".encode())
    told, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert b"Start the job at OpenAI?" in told
    assert len(server.sent("POST", "/fine_tuning/jobs")) == jobs
    assert process.returncode == (0 if jobs else 1)


def test_a_file_that_would_be_refused_is_not_sent(run, server):
    write_chat(run / "train.jsonl", {"One?": "1"})
    done = tune(run, server)
    assert done.returncode == 1
    assert "at least 10" in done.stderr
    assert not server.requests


def test_a_closed_service_is_explained(run, server):
    server.fail("POST", "/fine_tuning/jobs", status=403, code="training_not_available")
    done = tune(run, server)
    assert done.returncode == 1
    assert "2027-01-06" in done.stderr
    assert "train_locally" in done.stderr
    assert not (run / "tuning.json").exists()


def test_jobs_are_listed_watched_measured_and_cancelled(run, server):
    place = ("--base-url", server.base_url)
    tune(run, server, "--no-wait")
    job = read_record(run).job
    assert job in qagen("jobs", *place).stdout
    assert job in qagen("jobs", "list", *place).stdout
    watched = qagen("jobs", "watch", run)
    assert watched.returncode == 0, watched.stderr
    assert "succeeded" in watched.stdout
    assert read_record(run).model.startswith("ft:")
    assert "train_loss" in qagen("jobs", "metrics", job, *place).stdout
    assert qagen("jobs", "metrics", run, "-o", run / "losses.png").returncode == 0
    assert (run / "losses.png").read_bytes()[:4] == b"\x89PNG"
    late = qagen("jobs", "cancel", run)
    assert late.returncode == 1
    assert job in late.stderr
    server.life = STUCK
    tune(run, server, "--no-wait", "--again")
    assert "cancelled" in qagen("jobs", "cancel", run).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals are other ones there")
def test_ctrl_c_stops_the_watching_and_says_how_to_go_on(run, server):
    server.life = STUCK
    tune(run, server, "--no-wait")
    job = read_record(run).job
    process = subprocess.Popen(
        [sys.executable, "-m", "qagen", "jobs", "watch", str(run)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **ENV},
    )
    end = time.monotonic() + 60
    while not server.sent("GET", f"/fine_tuning/jobs/{job}") and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"qagen jobs watch {job}" in told
    assert f"qagen jobs cancel {job}" in told
    assert "Traceback" not in told


def test_a_nebius_job_is_sent_in_its_own_form(run):
    with TuningServer(flavour="nebius") as server:
        place = ["--provider", "nebius", "--base-url", server.base_url]
        done = qagen("tune", run, *place, "--model", MODEL, "--yes", "--no-wait", "--n-epochs", 3)
        assert done.returncode == 0, done.stderr
        [body] = server.sent("POST", "/fine_tuning/jobs")
        assert body["hyperparameters"] == {"n_epochs": 3}
        assert "method" not in body
    assert read_record(run).provider == "nebius"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["tune", "nowhere"], "train.jsonl is not there"),
        (["tune", "RUN", "--provider", "openai"], "--model"),
        (["tune", "RUN", "--provider", "azure", "--model", "gpt-4.1"], "--base-url"),
        (["tune", "RUN", "--provider", "nebius", "--model", "m", "--yes"], "NEBIUS_API_KEY"),
        (["tune", "RUN", "--model", "local:mystery"], "mystery"),
        (["tune", "RUN", "--rank", "64", "--replay", "nowhere.jsonl"], "nowhere.jsonl"),
        (["ask", "RUN", "Why?"], "qagen tune"),
        (["tune", "RUN", "--suffix", "towers"], "--suffix does nothing with --provider local"),
        (
            ["tune", "RUN", "--provider", "openai", "--rank", "8"],
            "--rank does nothing with --provider openai",
        ),
        (["ask", "TUNED"], "--sample"),
        (["ask", "TUNED", " "], "--sample"),
        (["jobs", "watch", "RUN"], "qagen tune"),
    ],
)
def test_an_error_is_one_readable_paragraph(args, says, run):
    record = {"provider": "openai", "base_model": MODEL, "training_file": "train.jsonl"}
    (run.parent / "tuned").mkdir()
    (run.parent / "tuned" / "tuning.json").write_text(json.dumps(record), encoding="utf-8")
    places = {"RUN": str(run), "TUNED": str(run.parent / "tuned")}
    done = qagen(*(places.get(arg, arg) for arg in args), NEBIUS_API_KEY="")
    assert done.returncode == 1
    assert says in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A run folder whose model was trained on this machine by the command."""
    folder = tmp_path_factory.mktemp("here")
    earlier = write_chat(folder / "earlier.jsonl", facts("UVWXYZ"))
    train(earlier, make_tiny_model(folder / "random"), folder / "base", full=True, learning_rate=3e-3)
    run = folder / "run"
    run.mkdir()
    write_chat(run / "train.jsonl", FACTS)
    model = ["--model", folder / "base" / "model"]
    options = [
        "--rank",
        16,
        "--learning-rate",
        "5e-3",
        "--batch-size",
        3,
        "--replay",
        "none",
        "--device",
        "cpu",
    ]
    return run, qagen("tune", run, *model, *options)


def test_training_here_says_what_was_learnt(here):
    run, done = here
    assert done.returncode == 0, done.stderr
    assert "6 of 6 answered word for word" in done.stdout
    assert "Training " in done.stderr
    assert "recall=1.00" in done.stderr  # the bar
    assert "Next: qagen ask" in done.stdout
    assert read_record(run).provider == "local"


def test_base_and_tuned_answers_stand_side_by_side(here):
    run, _ = here
    question = next(iter(FACTS))
    asked = qagen("ask", run, question)
    assert asked.returncode == 0, asked.stderr
    first = [line.split() for line in asked.stdout.splitlines() if line.startswith((" base", " tuned"))]
    assert [row[-2:] for row in first] == [["U", "Lo"], ["A", "Lo"]]


def test_a_question_that_is_too_long_is_an_error_in_words(here):
    run, _ = here
    done = qagen("ask", run, "why " * 600)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "something unexpected" not in done.stderr


def test_the_losses_of_a_training_here_can_be_seen(here, tmp_path):
    run, _ = here
    assert "train_recall" in qagen("jobs", "metrics", run).stdout
    table = tmp_path / "losses.csv"
    assert qagen("jobs", "metrics", run, "-o", table).returncode == 0
    assert table.read_text(encoding="utf-8").startswith("step,train_loss")


def test_with_passage_shows_the_base_model_the_source(here, tmp_path):
    from conftest import GOOD, TEXT
    from scripted import replies

    from qagen import generate_pairs

    run, _ = here
    mine = tmp_path / "run"
    shutil.copytree(run, mine)
    generate_pairs(TEXT, llm=replies(GOOD), out=mine, progress=False)
    asked = qagen("ask", mine, "Who won the 1897 rowing final?", "--with-passage")
    assert asked.returncode == 0, asked.stderr
    assert "with its passage" in asked.stdout


def test_many_questions_of_the_training_file_are_asked_at_once_and_counted(here):
    run, _ = here
    asked = qagen("ask", run, "--sample", 4)
    assert asked.returncode == 0, asked.stderr
    assert "0 of 4 answers" in asked.stdout
    assert "tuned: 4 of 4 answers" in asked.stdout


def test_a_half_written_model_is_not_asked(here, tmp_path):
    run, _ = here
    half = tmp_path / "half"
    shutil.copytree(run, half)
    (half / "model" / "adapter_model.safetensors").unlink()
    done = qagen("ask", half, "Why?")
    assert done.returncode == 1
    assert "qagen: " in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((half / "tuning.json").read_text())["provider"] == "local"
