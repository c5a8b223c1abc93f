"""A server that misbehaves costs at most the passage it misbehaved on; one that refuses stops the run."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from chat_server import (
    HALF_BODY,
    HANG,
    NO_QUOTA,
    OVERLOADED,
    RESET,
    SERVER_ERROR,
    ChatServer,
    Fault,
    slow,
    too_many,
)
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

from qagen import chat_model, generate_pairs
from qagen.errors import GenerationError, ModelError
from qagen.llm.sending import send

TOWNS = ("Olva", "Tamsin", "Perrin", "Quill", "Soddo", "Umber")
FAULTS = {
    "429": too_many(),
    "429 with Retry-After": too_many(retry_after=0.3),
    "500": SERVER_ERROR,
    "503": OVERLOADED,
    "reset": RESET,
    "hang": HANG,
    "half a body": HALF_BODY,
}
EVERY_FAULT = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


def documents(*names):
    return [Document(f"The mill of {name} burnt in 1803.", metadata={"source": name}) for name in names]


def model(server, **options):
    return chat_model(
        "scripted",
        base_url=server.base_url,
        **{"api_key": "test", "timeout": 0.7, "max_retries": 2} | options,
    )


def generate(server, names=TOWNS, out=None, **options):
    return generate_pairs(
        documents(*names),
        llm=model(server, **options),
        out=out,
        max_concurrency=3,
        progress=False,
        preset="classic",
    )


def is_about(call, name):
    return f"mill of {name}" in call.text


def sources(dataset):
    return sorted(pair.source for pair in dataset)


@EVERY_FAULT
def test_a_passing_fault_is_outlived(fault):
    with ChatServer(
        faults=lambda call: fault if is_about(call, "Quill") and not call.earlier else None
    ) as server:
        dataset = generate(server)
    assert sources(dataset) == sorted(TOWNS)
    assert (list(dataset.failures), server.repeated) == ([], ())
    assert len(server.calls) == len(TOWNS) + 1


def test_retry_after_is_obeyed():
    with ChatServer(faults=[too_many(retry_after=1.2)]) as server:
        generate(server, ["Olva"])
    first, second = server.calls
    assert 1.2 <= second.arrived - first.arrived < 3


@EVERY_FAULT
def test_a_lasting_fault_costs_its_passage_only_and_the_next_run_asks_only_that(fault, tmp_path):
    with ChatServer() as server:
        server.faults = lambda call: fault if is_about(call, "Quill") else None
        dataset = generate(server, out=tmp_path / "run", max_retries=1, timeout=0.4)
        assert sources(dataset) == sorted(set(TOWNS) - {"Quill"})
        [failure] = dataset.failures
        assert (failure.source, failure.state) == ("Quill", "failed")
        assert failure.detail.startswith("scripted: ")

        before, server.faults = len(server.calls), ()
        healed = generate(server, out=tmp_path / "run", max_retries=1, timeout=0.4)
        assert [is_about(call, "Quill") for call in server.calls[before:]] == [True]
    assert sources(healed) == sorted(TOWNS)
    assert list(healed.failures) == []


def test_a_server_that_is_down_fails_every_passage_by_name():
    with ChatServer() as server:
        pass
    dataset = generate(server, max_retries=0)
    assert len(dataset) == 0
    assert {failure.source for failure in dataset.failures} == set(TOWNS)


def test_slow_replies_are_waited_for():
    with ChatServer(faults=[slow(0.6)]) as server:
        dataset = generate(server, timeout=5)
    assert sources(dataset) == sorted(TOWNS)
    assert len(server.calls) == len(TOWNS)


@pytest.mark.parametrize("own", [False, True], ids=["a name", "a chat model of one's own"])
@pytest.mark.parametrize(
    ("name", "key", "said"),
    [("scripted", "sk-wrong-0123456789", "key"), ("gone-model", "test", "gone-model")],
    ids=["wrong key", "unknown model"],
)
def test_a_refusal_that_cannot_get_better_stops_the_run_at_once(tmp_path, own, name, key, said):
    names = [f"Village {number}" for number in range(40)]
    with ChatServer(latency=0.05) as server:
        if own:
            llm = ChatOpenAI(model=name, base_url=server.base_url, api_key=key, use_responses_api=False)
        else:
            llm = chat_model(name, base_url=server.base_url, api_key=key)
        with pytest.raises(ModelError, match=said) as caught:
            generate_pairs(
                documents(*names),
                llm=llm,
                out=tmp_path / "run",
                max_concurrency=4,
                progress=False,
                preset="classic",
            )
    assert server.calls == []
    assert 1 <= len(server.refused) <= 4
    assert "0123456789" not in str(caught.value)
    stored = b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir())
    assert b"0123456789" not in stored


@pytest.mark.parametrize("own", [False, True], ids=["a name", "a chat model of one's own"])
def test_a_quota_that_is_used_up_stops_the_run_without_waiting(tmp_path, own):
    names = [f"Village {number}" for number in range(40)]
    with ChatServer(latency=0.02) as server:
        server.faults = lambda call: NO_QUOTA if call.number >= 12 else None
        if own:
            llm = ChatOpenAI(
                model="scripted", base_url=server.base_url, api_key="test", use_responses_api=False
            )
        else:
            llm = model(server, max_retries=5)
        with pytest.raises(ModelError, match="quota"):
            generate_pairs(
                documents(*names),
                llm=llm,
                out=tmp_path / "run",
                max_concurrency=4,
                progress=False,
                preset="classic",
            )
        assert len(server.calls) <= 12 + (4 * 3 if own else 4)

        before, server.faults = len(server.calls), ()
        dataset = generate_pairs(
            documents(*names),
            llm=llm,
            out=tmp_path / "run",
            max_concurrency=4,
            progress=False,
            preset="classic",
        )
        assert len(server.calls) - before == 40 - 12
    assert len(dataset) == 40
    assert server.repeated == ()


def test_a_slow_call_does_not_hide_that_the_quota_is_used_up():
    names = [f"Village {number}" for number in range(40)]
    with ChatServer(latency=0.02, faults=lambda call: NO_QUOTA if call.number else slow(1)) as server:
        with pytest.raises(ModelError, match="quota"):
            generate(server, names, timeout=5)
        assert len(server.calls) <= 3


@contextmanager
def answering(body, kind="application/json"):
    """A server that answers everything with one body and status 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            b'{"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}',
            "application/json",
        ),
        (b"<html><body>Please log in</body></html>", "text/html"),
        (b'{"id": "1", "choices": [', "application/json"),
    ],
    ids=["no choices", "a login page", "half of JSON"],
)
def test_what_is_no_reply_of_a_model_is_a_failed_call_that_says_so(body, kind):
    with answering(body, kind) as address:
        llm = chat_model("scripted", base_url=address, api_key="test", max_retries=0)
        dataset = generate_pairs(documents("Olva"), llm=llm, progress=False, preset="classic")
    [failure] = dataset.failures
    assert failure.state == "failed"
    assert "is the address right, or does a login page answer?" in failure.detail


@pytest.mark.parametrize(
    ("fault", "retryable"), [(SERVER_ERROR, True), (too_many(), True), (RESET, True), (Fault(400), False)]
)
def test_the_error_of_a_call_says_whether_it_may_succeed_later(fault, retryable):
    with ChatServer(faults=lambda _: fault) as server, pytest.raises(GenerationError) as caught:
        send(model(server, max_retries=0), [HumanMessage("The mill of Olva burnt in 1803.")])
    assert caught.value.retryable is retryable
