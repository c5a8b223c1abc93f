import json
import os
import re
import signal
import time

import forked
import pytest
from chat_server import ChatServer, ServerProcess

ENV = {"OPENAI_API_KEY": "test", "COLUMNS": "200", "TERM": "dumb"}


def qagen(*args, **env):
    return forked.run_command(*args, env={**ENV, **env})


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.md"
    lines = [
        f"Boat {n} won race {n} of the regatta at Marrow Bridge in 19{n:02} by {n + 2} lengths."
        for n in range(30)
    ]
    path.write_text("# The regatta\n\n" + "\n\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def server():
    with ChatServer() as running:
        yield running


def generate(notes, server, *args):
    run = notes.parent / "run"
    command = ["generate", notes, "-o", run, "--llm", "scripted", "--base-url", server.base_url]
    return qagen(*command, "--preset", "classic", "--chunk-overlap", "0", *args), run


def test_one_command_makes_pairs_and_a_training_file(notes, server):
    done, run = generate(notes, server, "--chunk-size", 200)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    lines = [json.loads(line) for line in (run / "train.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) >= 20
    assert [message["role"] for message in lines[0]["messages"]] == ["system", "user", "assistant"]
    for shown in ("passages", "pairs kept", "calls", "tokens", "cost", "train.jsonl", f"qagen check {run}"):
        assert shown in done.stdout
    assert done.stdout.count("Q: ") == 3


def test_the_same_command_again_asks_nothing(notes, server):
    generate(notes, server)
    calls = len(server.calls)
    done, _ = generate(notes, server)
    assert done.returncode == 0
    assert len(server.calls) == calls > 0


def test_status_shows_what_the_run_did(notes, server):
    _, run = generate(notes, server, "--system-prompt", "Be brief.")
    done = qagen("status", run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"calls done +\d", done.stdout)
    assert "Be brief." in done.stdout


def test_check_accepts_the_training_file_and_refuses_a_broken_one(notes, server):
    _, run = generate(notes, server, "--chunk-size", 100)
    good = qagen("check", run / "train.jsonl", "--model", "gpt-4.1-mini-2025-04-14")
    assert good.returncode == 0, good.stdout
    broken = run / "broken.jsonl"
    broken.write_text((run / "train.jsonl").read_text("utf-8") + "{'messages': []}\n", "utf-8")
    bad = qagen("check", broken)
    assert bad.returncode == 1
    line = len(broken.read_text("utf-8").splitlines())
    assert f"line {line}" in bad.stdout.lower()


def test_a_passage_without_an_answer_gives_exit_code_3(notes, server):
    (notes.parent / "empty.txt").write_text("")
    run = notes.parent / "run"
    done = qagen(
        "generate",
        *("--preset", "classic", "--chunk-overlap", "0"),
        notes,
        notes.parent / "empty.txt",
        "-o",
        run,
        "--llm",
        "scripted",
        "--base-url",
        server.base_url,
    )
    assert done.returncode == 3
    assert "empty.txt: empty" in done.stdout
    assert (run / "train.jsonl").exists()
    assert qagen("status", run).returncode == 3


def test_a_file_given_twice_is_read_once_and_is_no_failure(notes, server):
    done, _ = generate(notes, server, notes)
    assert done.returncode == 0
    assert "duplicate" in done.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["generate", "nowhere.txt", "-o", "run"], "nowhere.txt"),
        (["generate", "NOTES", "-o", "run", "--llm", "mystery"], "provider:model"),
        (["generate", "NOTES", "-o", "run", "--llm", "openai:gpt-6-luna"], "OPENAI_API_KEY"),
        (["generate", "NOTES", "-o", "run", "--prompt", "nowhere.txt"], "nowhere.txt"),
        (["generate", "NOTES", "-o", "run", "--prompt", "NOTES"], "{text}"),
        (["generate", "NOTES", "-o", "run", "--format", "parquet"], "parquet"),
        (["generate", "NOTES", "-o", "run", "--handling", "tiny"], "tiny"),
        (["generate", "NOTES", "-o", "NOTES"], "notes.md"),
        (["status", "nowhere"], "nowhere"),
        (["check", "nowhere.jsonl"], "nowhere.jsonl"),
        (["models", "pull", "mystery"], "mystery"),
    ],
)
def test_an_error_is_one_readable_paragraph(args, says, notes):
    filled = [str(notes) if arg == "NOTES" else arg for arg in args]
    done = qagen(*filled, OPENAI_API_KEY="")
    assert done.returncode in {1, 2}
    assert says in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback():
    done = qagen("status", "nowhere", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_wrong_key_stops_at_once_with_one_message(notes):
    with ChatServer(key="the-right-one") as server:
        done, _ = generate(notes, server, "--chunk-size", 40)
        assert len(server.refused) <= 16
    assert done.returncode == 1
    assert done.stderr.count("key is wrong") == 1


def test_a_prompt_file_and_the_other_options_are_used(notes, server):
    prompt = notes.parent / "prompt.txt"
    prompt.write_text("Write pairs about {theme} in {language}:\n{text}", "utf-8")
    done, run = generate(
        notes,
        server,
        "--prompt",
        prompt,
        "--language",
        "Japanese",
        "--theme",
        "Boats",
        "--limit",
        1,
        "--format",
        "alpaca",
        "-q",
    )
    assert done.returncode == 0, done.stderr
    assert "Q: " not in done.stdout
    first = json.loads((run / "train.jsonl").read_text("utf-8").splitlines()[0])
    assert set(first) == {"system", "instruction", "input", "output"}
    pair = json.loads((run / "pairs.jsonl").read_text("utf-8").splitlines()[0])
    assert pair["prompt"].startswith("custom@")
    assert pair["language"] == "Japanese"


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(notes):
    with ServerProcess(latency=0.3) as server:
        run = notes.parent / "run"
        command = ["generate", notes, "-o", run, "--llm", "scripted", "--preset", "classic"]
        command += ["--base-url", server.base_url, "--chunk-size", "40", "--max-concurrency", "2"]
        running = forked.start("-m", "qagen", *map(str, command), env={**os.environ, **ENV})
        deadline = time.monotonic() + 30
        while server.count() < 6 and time.monotonic() < deadline:
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=30)
        assert running.returncode == 130, stderr
        assert "run the same command again to go on" in stderr
        assert "Traceback" not in stderr
        asked = server.count()
        again = qagen(*command)
        assert again.returncode == 0, again.stderr
        bodies = [call["digest"] for call in server.account()["calls"]]
        assert len(bodies) == len(set(bodies)) > asked


def test_a_disk_that_fills_stops_with_one_paragraph_and_the_next_run_goes_on(notes, server):
    """A limit on the size of a file stands in for a full disk: both refuse the write."""
    run = notes.parent / "run"
    command = ["generate", str(notes), "-o", str(run), "--llm", "scripted", "--base-url", server.base_url]
    command += ["--preset", "classic", "--chunk-overlap", "0"]
    command += ["--chunk-size", "40", "--max-concurrency", "1", "-q"]
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000));"
        "from qagen.cli import main; sys.argv[0] = 'qagen'; main()"
    )
    done = forked.run("-c", limited, *command, env={**os.environ, **ENV})
    assert done.returncode == 1
    assert "disk has room" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (run / "train.jsonl").exists()
    asked = len(server.calls)
    again = qagen(*command)
    assert again.returncode == 0, again.stderr
    assert 2 < asked < len(server.calls)
    assert len(server.repeated) <= 1  # the call whose reply found no room


def test_the_version_is_told():
    from qagen import __version__

    assert qagen("--version").stdout == f"qagen {__version__}\n"
