"""The test server behaves as the service does, or no test that uses it means anything."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import URLError

import openai
import pytest
from chat_server import (
    HALF_BODY,
    HANG,
    NO_QUOTA,
    OVERLOADED,
    RESET,
    SERVER_ERROR,
    ChatServer,
    Reply,
    ServerProcess,
    Tokens,
    too_many,
)

ASK = [
    {"role": "user", "content": "Read this.\n<text>\nOlva has 412 souls. Its mill burnt in 1803.\n</text>"}
]


def client(server, **options):
    options = {"api_key": "test", "max_retries": 0, "timeout": 5} | options
    return openai.OpenAI(base_url=server.base_url, **options)


def ask(sdk, **body):
    return sdk.chat.completions.create(**{"model": "scripted", "messages": ASK} | body)


def test_it_answers_pairs_quoting_the_text():
    with ChatServer() as server, client(server) as sdk:
        done = ask(sdk)
        [model] = sdk.models.list()
    pairs = json.loads(done.choices[0].message.content)["question_answer_pairs"]
    assert [pair["quote"] for pair in pairs] == ["Olva has 412 souls.", "Its mill burnt in 1803."]
    assert done.choices[0].finish_reason == "stop"
    assert done.usage.prompt_tokens > 0
    assert model.id == "scripted"


def test_a_reply_of_ones_own_reaches_the_client_whole():
    said = Reply("half a th", finish_reason="length", usage=Tokens(70, 8, 64))
    with ChatServer(reply=lambda _messages: said) as server, client(server) as sdk:
        done = ask(sdk)
    assert (done.choices[0].message.content, done.choices[0].finish_reason) == ("half a th", "length")
    assert (done.usage.prompt_tokens, done.usage.prompt_tokens_details.cached_tokens) == (70, 64)


@pytest.mark.parametrize(
    ("options", "body", "error", "code"),
    [
        ({"api_key": "wrong"}, {}, openai.AuthenticationError, "invalid_api_key"),
        ({}, {"model": "gpt-2"}, openai.NotFoundError, "model_not_found"),
        ({}, {"messages": []}, openai.BadRequestError, "empty_array"),
        ({}, {"messages": [{"role": "robot", "content": "x"}]}, openai.BadRequestError, "invalid_value"),
        ({}, {"messages": [{"role": "user", "content": None}]}, openai.BadRequestError, "invalid_type"),
        ({}, {"extra_body": {"mirostat": 2}}, openai.BadRequestError, "unknown_parameter"),
        ({}, {"response_format": {"type": "yaml"}}, openai.BadRequestError, "invalid_value"),
        ({}, {"response_format": {"type": "json_object"}}, openai.BadRequestError, None),
        (
            {},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "a",
                        "strict": True,
                        "schema": {"type": "object", "properties": {"b": {"type": "string"}}},
                    },
                }
            },
            openai.BadRequestError,
            "invalid_json_schema",
        ),
    ],
)
def test_it_refuses_what_the_service_refuses(options, body, error, code):
    with ChatServer() as server, client(server, **options) as sdk, pytest.raises(error) as caught:
        ask(sdk, **body)
    assert caught.value.code == code
    assert (server.calls, len(server.refused)) == ([], 1)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (too_many(retry_after=0.2), openai.RateLimitError),
        (NO_QUOTA, openai.RateLimitError),
        (SERVER_ERROR, openai.InternalServerError),
        (OVERLOADED, openai.InternalServerError),
        (RESET, openai.APIConnectionError),
        (HANG, openai.APITimeoutError),
        (HALF_BODY, openai.APIConnectionError),
    ],
)
def test_a_fault_breaks_one_call_and_the_next_goes_well(fault, error):
    with ChatServer(faults=[fault]) as server, client(server, timeout=0.3) as sdk:
        with pytest.raises(error) as caught:
            ask(sdk)
        assert ask(sdk).choices[0].finish_reason == "stop"
        if fault.retry_after:
            assert caught.value.response.headers["retry-after"] == "0.2"
    assert [call.earlier for call in server.calls] == [0, 1]
    assert (server.repeated, server.in_flight) == ((), 0)


def test_a_fault_may_depend_on_the_call():
    with (
        ChatServer(faults=lambda call: None if call.earlier else SERVER_ERROR) as server,
        client(server, max_retries=1) as sdk,
    ):
        for number in range(2):
            ask(sdk, messages=[{"role": "user", "content": f"{number}"}])
    assert [call.status for call in server.calls] == [500, 200, 500, 200]


def test_sixty_four_calls_wait_side_by_side():
    with ChatServer(latency=0.5) as server, client(server, timeout=20) as sdk, ThreadPoolExecutor(64) as pool:
        bodies = [[{"role": "user", "content": f"{number}"}] for number in range(64)]
        assert len(list(pool.map(lambda messages: ask(sdk, messages=messages), bodies))) == 64
    assert server.most_at_once > 32
    assert all(call.answered - call.arrived >= 0.49 for call in server.calls)
    assert server.repeated == ()


def test_calls_answered_twice_are_noticed():
    with ChatServer() as server, client(server) as sdk:
        ask(sdk)
        ask(sdk)
    assert server.repeated == (server.calls[0].digest,)


def test_a_mistake_in_a_reply_is_not_swallowed():
    def mistaken(messages):
        raise KeyError("a mistake in the test")

    with (
        pytest.raises(RuntimeError, match="broke down"),
        ChatServer(reply=mistaken) as server,
        client(server) as sdk,
        pytest.raises(openai.APIConnectionError),
    ):
        ask(sdk)


def is_up(server):
    try:
        server.account()
    except URLError:
        return False
    return True


def test_the_process_gives_account_and_ends_with_its_block():
    with ServerProcess() as server, client(server) as sdk:
        ask(sdk)
        [call] = server.account()["calls"]
        assert call["status"] == 200
        assert "412 souls" in call["text"]
    assert not is_up(server)


def test_the_process_ends_with_the_one_that_started_it():
    program = (
        "import os, chat_server; server = chat_server.ServerProcess().__enter__();"
        "server.account(); print(server.base_url, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    server = ServerProcess()
    server.base_url = done.stdout.strip()
    assert server.base_url.startswith("http://127.0.0.1:")
    deadline = time.monotonic() + 10
    while is_up(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_up(server)
