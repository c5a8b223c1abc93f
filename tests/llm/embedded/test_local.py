"""The embedded model, with the smallest weights of the table and one thread."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel
from openai import BadRequestError
from pydantic import BaseModel, Field

from qagen.errors import LocalModelError, MissingExtraError
from qagen.llm.embedded.chat import local_model
from qagen.llm.embedded.engine import Engine, Settings
from qagen.llm.embedded.table import TABLE
from qagen.llm.embedded.weights import fetch_weights

NAME = "smollm2-135m"


@pytest.fixture(scope="module")
def weights():
    """98 MB, fetched once into the user's cache."""
    return fetch_weights(NAME, progress=False)


@pytest.fixture(scope="module")
def model(weights):
    model = local_model(NAME, threads=1, max_tokens=40)
    yield model
    model.engine.close()


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def run_script(script, *, check=True):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        capture_output=True, text=True, timeout=60, check=check,
    )  # fmt: skip


class OnePair(BaseModel):
    question: str = Field(max_length=30)
    answer: str = Field(max_length=10)


def test_it_is_an_ordinary_chat_model_that_answers(model):
    assert isinstance(model, BaseChatModel)
    reply = model.invoke("What is the capital of France? One word.")
    assert "Paris" in reply.content
    assert 0 < reply.usage_metadata["output_tokens"] <= 40
    assert reply.response_metadata["model_name"] == TABLE[NAME].file.removesuffix(".gguf")


def test_temperature_zero_says_the_same_twice_also_streamed_and_awaited(model):
    first = model.invoke("Name a colour.", max_tokens=6).content
    assert model.invoke("Name a colour.", max_tokens=6).content == first
    assert "".join(chunk.content for chunk in model.stream("Name a colour.", max_tokens=6)) == first
    for _ in range(2):  # an event loop that has ended must not be needed again
        assert asyncio.run(model.ainvoke("Name a colour.", max_tokens=6)).content == first


def test_without_the_prompt_cache_a_reply_does_not_depend_on_what_is_asked_before_or_beside(model):
    """What docs/small-models.md says to do where the same command has to give the same pairs."""
    plain = local_model(NAME, threads=1, max_tokens=10, extra_body={"cache_prompt": False})
    asked = [f"Tell me the story of {name}." for name in ("a storm", "an old boat")]
    alone = [plain.invoke(one).content for one in asked]
    with ThreadPoolExecutor(2) as beside:
        assert [*beside.map(lambda one: plain.invoke(one).content, reversed(asked))] == alone[::-1]
    assert plain.invoke(asked[0]).usage_metadata["input_token_details"]["cache_read"] == 0


def test_the_engine_holds_replies_to_the_schema_and_its_bounds(model):
    longer = local_model(NAME, threads=1, max_tokens=150)
    structured = longer.with_structured_output(OnePair, method="json_schema", include_raw=True)
    reply = structured.invoke("Say no. Write a poem.")
    pair = OnePair.model_validate_json(reply["raw"].content)
    assert reply["parsed"] == pair
    assert len(pair.answer) <= 10


def test_a_reply_ends_at_max_tokens_and_a_prompt_that_is_too_long_is_refused(model):
    reply = model.invoke("Count from one to a thousand.", max_tokens=5)
    assert reply.usage_metadata["output_tokens"] == 5
    assert reply.response_metadata["finish_reason"] == "length"
    with pytest.raises(BadRequestError, match="context"):
        model.invoke("word " * 5000)


def test_the_beginning_that_prompts_share_is_read_once(model):
    shared = "Here is a worked example. " * 12
    model.invoke([("system", shared), ("human", "Alder")], max_tokens=1)
    reply = model.invoke([("system", shared), ("human", "Birch")], max_tokens=1)
    assert reply.usage_metadata["input_token_details"]["cache_read"] > 50


def test_what_identifies_the_model_is_its_weights_not_this_run(model, weights, tmp_path):
    same = local_model(NAME, threads=1, max_tokens=40, n_parallel=1)
    assert same.engine is not model.engine
    assert same._identifying_params == model._identifying_params
    known = str(model._identifying_params) + model._get_llm_string()
    assert TABLE[NAME].sha256 in known
    assert model.engine.key not in known
    assert str(model.engine.ready()) not in known
    assert local_model(NAME, threads=1, max_tokens=41)._identifying_params != model._identifying_params
    same.engine.close()


def test_one_engine_serves_all_models_with_the_same_settings(model):
    other = local_model(NAME, threads=1, max_tokens=7)
    assert other.engine is model.engine
    assert other.engine.pid == model.engine.pid


def test_strangers_on_the_machine_are_refused(model):
    port = model.engine.ready()
    with socket.create_connection(("127.0.0.1", port)) as stranger:
        stranger.sendall(b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
        assert b" 401 " in stranger.recv(100)


def test_a_proxy_of_the_environment_is_not_used(model, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "OPENAI_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert local_model(NAME, threads=1, max_tokens=2).invoke("Hi").content


def test_an_engine_that_crashes_is_started_again(model):
    before = model.engine.pid
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(model.invoke, "Write a long story.", max_tokens=60)
        time.sleep(0.2)
        os.kill(before, signal.SIGKILL)
        assert reply.result(30).content
    assert model.engine.pid not in {before, None}
    assert not is_running(before)


def test_a_call_that_is_given_up_does_not_hold_up_the_next(model):
    started = time.monotonic()
    for number, _ in enumerate(model.stream("Write a very long story.", max_tokens=3000)):
        if number == 20:
            break
    twenty_words = time.monotonic() - started
    started = time.monotonic()
    model.invoke("Hi", max_tokens=1)
    assert time.monotonic() - started < 50 * twenty_words  # where three thousand were asked for


def test_nothing_is_left_after_stopping(weights):
    engine = Engine(Settings(weights, threads=1, n_ctx=512))
    port, pid = engine.ready(), engine.pid
    assert answers(port)
    assert is_running(pid)
    engine.close()
    assert not answers(port)
    assert not is_running(pid)
    assert engine.pid is None
    with pytest.raises(LocalModelError, match="was stopped"):
        engine.ready()


def test_an_engine_ends_with_the_last_that_uses_it(weights):
    engine = Engine(Settings(weights, threads=1, n_ctx=512))
    engine.ready()
    pid = engine.pid
    del engine
    assert not is_running(pid)


def test_a_stopped_model_says_so_and_a_new_one_works(weights):
    stopped = local_model(NAME, threads=1, n_ctx=512, max_tokens=2)
    stopped.engine.close()
    with pytest.raises(LocalModelError, match=r"was stopped.*local_model"):
        stopped.invoke("Hi")
    fresh = local_model(NAME, threads=1, n_ctx=512, max_tokens=2)
    assert fresh.invoke("Hi").content
    fresh.engine.close()


def damaged(folder, weights, kind):
    file = folder / f"{kind}.gguf"
    with weights.open("rb") as whole:
        head = whole.read(3_000_000)
    contents = {
        "empty": b"",
        "text": b"this is no model",
        "magic": b"GGUF",
        "lying": b"GGUF\x03\0\0\0" + b"\xff" * 7 + b"\x0f" + b"\xff" * 7 + b"\x0f",
        "cut": head,
        "scrambled": head[:5000] + os.urandom(400_000) + head[405_000:],
    }
    file.write_bytes(contents[kind])
    return file


@pytest.mark.parametrize("kind", ["empty", "text", "magic", "lying", "cut", "scrambled"])
def test_a_file_that_is_no_model_is_an_error_with_its_reason(kind, tmp_path, weights, capfd):
    with pytest.raises(LocalModelError, match=rf"{kind}\.gguf.*: \w+"):
        local_model(str(damaged(tmp_path, weights, kind)), threads=1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is looked up on Linux")
def test_a_model_larger_than_the_memory_is_refused_in_numbers(tmp_path):
    file = tmp_path / "large.gguf"
    with file.open("wb") as sparse:
        sparse.write(b"GGUF")
        sparse.truncate(2**43)
    with pytest.raises(LocalModelError, match=r"8,796,093 MB, and [\d,]+ MB of memory are free"):
        Engine(Settings(file)).ready()


def test_a_file_of_ones_own_is_known_by_its_bytes(tmp_path, weights):
    own = tmp_path / "mine.gguf"
    own.symlink_to(weights)
    model = local_model(str(own), threads=1, n_ctx=512, max_tokens=2)
    assert model.weights_sha256 == TABLE[NAME].sha256
    assert model.invoke("Hi").content
    model.engine.close()


def test_without_the_extra_the_command_that_installs_it_is_told_before_anything_is_fetched(
    monkeypatch, tmp_path
):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[local\]"):
        local_model(NAME, home=tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_printed(weights, capfd):
    model = local_model(NAME, threads=1, n_ctx=512, max_tokens=3)
    model.invoke("Hi")
    model.engine.close()
    assert capfd.readouterr() == ("", "")


START = """
    import os, signal, subprocess, sys, threading, time
    from pathlib import Path
    from qagen.llm.embedded.engine import Engine, Settings
    engine = Engine(Settings(Path({weights!r}), threads=1, n_ctx=512))
    port = engine.ready()
    print(engine.pid, flush=True)
"""


def start(weights):
    return START.format(weights=str(weights))


def test_a_program_that_simply_ends_leaves_nothing_and_says_nothing(weights):
    done = run_script(start(weights))
    assert done.stderr == ""
    assert not is_running(int(done.stdout))


@pytest.mark.skipif(os.name != "posix", reason="a way of dying that is known on POSIX")
@pytest.mark.parametrize("last_words", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"])
def test_the_engine_of_a_program_that_is_killed_ends_too(weights, last_words):
    done = run_script(start(weights) + f"\n    {last_words}", check=False)
    assert wait_until(lambda: not is_running(int(done.stdout)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_starts_its_own_engine_and_leaves_the_parents_alone(weights):
    fork = """
    child = os.fork()
    if not child:
        assert engine.pid is None
        assert engine.ready() != port
        print(engine.pid, flush=True)
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert engine.ready() == port
    os.kill(engine.pid, 0)
    """
    done = run_script(start(weights) + fork)
    first, second = map(int, done.stdout.split())
    assert first != second
    assert not is_running(first)
    assert not is_running(second)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_after_ctrl_c_the_program_ends_at_once_though_calls_are_in_flight(weights):
    script = f"""
    import os, signal, threading, time
    from concurrent.futures import ThreadPoolExecutor
    from qagen.llm.embedded.chat import local_model
    model = local_model("{NAME}", threads=1, max_tokens=4000)
    print(model.engine.pid, flush=True)
    threading.Timer(0.7, os.kill, [os.getpid(), signal.SIGINT]).start()
    pool = ThreadPoolExecutor(4)
    calls = [pool.submit(model.invoke, "Write a very long story.") for _ in range(8)]
    for call in calls:
        call.add_done_callback(lambda call: call.exception() or print("told", flush=True))
    calls[0].result()
    """
    done = run_script(script, check=False)
    pid, *told = done.stdout.split()
    assert "KeyboardInterrupt" in done.stderr
    assert len(told) < 4  # nobody has waited for the stories
    assert not is_running(int(pid))


def test_stop_engines_ends_them_all(weights):
    stop = """
    from qagen.llm.embedded.engine import stop_engines
    other = Engine(Settings(engine.settings.file, threads=1, n_ctx=768))
    other.ready()
    print(other.pid)
    stop_engines()
    assert engine.pid is other.pid is None
    """
    done = run_script(start(weights) + stop)
    assert not any(is_running(int(pid)) for pid in done.stdout.split())
