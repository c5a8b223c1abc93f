"""A strict little server that speaks the OpenAI chat-completions wire on 127.0.0.1.

In a test, in a thread of the same process::

    with ChatServer(faults=[too_many(retry_after=0.1)]) as server:
        ChatOpenAI(model="scripted", base_url=server.base_url, api_key="test", use_responses_api=False)
    assert server.repeated == ()

By itself, in a process of its own (``ServerProcess`` starts one and reads its calls)::

    python tests/chat_server.py --latency 1 --port 0

It refuses what the real service refuses, with the same error bodies, answers valid question-answer pairs
taken from the prompt, breaks down as told, and notes every call. It costs well under a millisecond of CPU a
call, so it can share a machine with the client that is being measured.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from urllib.request import urlopen

if TYPE_CHECKING:
    from typing import Self

Message = Mapping[str, Any]
Ending = Literal["whole", "half", "reset", "hang"]

ROLES = ("system", "assistant", "user", "function", "tool", "developer")
# fmt: off
PARAMETERS = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
    "max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "n",
    "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_retention",
    "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop", "store",
    "stream", "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user",
    "verbosity", "web_search_options",
})
# fmt: on
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}
TEXT_TAG = re.compile(r"<(?:target_)?text>\n?(.*?)\n?</(?:target_)?text>", re.DOTALL)
SENTENCE = re.compile(r"[^\s.!?。！？][^.!?。！？\n]*[.!?。！？]")


class Tokens(NamedTuple):
    """What a reply says it used."""

    prompt: int
    completion: int
    cached: int = 0


@dataclass(frozen=True)
class Reply:
    """What the model says, and how it ended."""

    content: str | None
    finish_reason: str = "stop"
    refusal: str | None = None
    usage: Tokens | None = None


@dataclass(frozen=True)
class Fault:
    """How one call goes wrong. With status 200 the usual reply is made, then delayed or cut by ``ending``."""

    status: int = 200
    type: str = "server_error"
    code: str | None = None
    message: str = ""
    retry_after: float | None = None
    delay: float = 0.0
    ending: Ending = "whole"


def too_many(*, retry_after: float | None = None) -> Fault:
    """429: come back later, after ``retry_after`` seconds when given."""
    message = "Rate limit reached for scripted on requests per min (RPM). Please try again later."
    return Fault(429, "requests", "rate_limit_exceeded", message, retry_after)


def slow(seconds: float) -> Fault:
    """The usual reply, so many seconds later."""
    return Fault(delay=seconds)


NO_QUOTA = Fault(
    429,
    "insufficient_quota",
    "insufficient_quota",
    "You exceeded your current quota, please check your plan and billing details.",
)
SERVER_ERROR = Fault(500, message="The server had an error while processing your request. Sorry about that!")
OVERLOADED = Fault(503, message="The engine is currently overloaded, please try again later.")
RESET = Fault(ending="reset")
HANG = Fault(ending="hang")
HALF_BODY = Fault(ending="half")


@dataclass
class Call:
    """One chat completion that was asked for. Times are of the monotonic clock, the same in all processes."""

    number: int
    digest: str
    earlier: int
    arrived: float
    body: Mapping[str, Any]
    status: int = 0
    answered: float | None = None

    @property
    def text(self) -> str:
        """The last message."""
        return last_text(self.body.get("messages", ()))


class RefusedError(Exception):
    """A request the real service would refuse, with its status and error body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(message, kind, param, code)


def error_body(message: str, kind: str, param: str | None, code: str | None) -> bytes:
    """The error object of the service."""
    return encode({"error": {"message": message, "type": kind, "param": param, "code": code}})


def encode(value: Any) -> bytes:
    """The value as JSON on the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def last_text(messages: Sequence[Message]) -> str:
    """The text of the last message."""
    content = messages[-1]["content"] if messages else ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())


def pairs_of_the_text(messages: Sequence[Message]) -> str:
    """A question for each of the first five sentences of the prompt's text, as a valid ``QACollection``."""
    prompt = last_text(messages)
    inside = TEXT_TAG.findall(prompt)
    text = inside[-1] if inside else prompt
    sentences = SENTENCE.findall(text)[:5] or [text.strip() or "Nothing."]
    names = [hashlib.sha256(sentence.encode()).hexdigest()[:12] for sentence in sentences]
    pairs = [
        {"question": f"What does record {name} state?", "answer": sentence, "quote": sentence}
        for name, sentence in zip(names, sentences, strict=True)
    ]
    return json.dumps({"question_answer_pairs": pairs}, ensure_ascii=False)


def _check_messages(messages: Any) -> None:
    if messages is None:
        message = "Missing required parameter: 'messages'."
        raise RefusedError(400, message, param="messages", code="missing_required_parameter")
    if not isinstance(messages, list):
        message = "Invalid type for 'messages': expected an array of objects."
        raise RefusedError(400, message, param="messages", code="invalid_type")
    if not messages:
        message = "Invalid 'messages': empty array. Expected an array with minimum length 1."
        raise RefusedError(400, message, param="messages", code="empty_array")
    for number, message in enumerate(messages):
        _check_message(message, f"messages[{number}]")


def _check_message(message: Any, place: str) -> None:
    role = message.get("role") if isinstance(message, dict) else None
    if role not in ROLES:
        detail = f"Invalid value: '{role}'. Supported values are: {', '.join(ROLES)}."
        raise RefusedError(400, detail, param=f"{place}.role", code="invalid_value")
    content = message.get("content")
    if not isinstance(content, (str, list)) and not (role == "assistant" and content is None):
        detail = f"Invalid value for 'content': expected a string, got {type(content).__name__}."
        raise RefusedError(400, detail, param=f"{place}.content", code="invalid_type")


def _check_format(body: Mapping[str, Any]) -> None:
    wanted = body.get("response_format") or {"type": "text"}
    kind = wanted.get("type")
    if kind not in {"text", "json_object", "json_schema"}:
        detail = f"Invalid value: '{kind}'. Supported values are: 'json_object', 'json_schema', and 'text'."
        raise RefusedError(400, detail, param="response_format.type", code="invalid_value")
    if kind == "json_object" and "json" not in json.dumps(body["messages"]).lower():
        detail = "'messages' must contain the word 'json' in some form, to use this 'response_format'."
        raise RefusedError(400, detail, param="messages")
    if kind == "json_schema":
        _check_schema(wanted.get("json_schema") or {})


def _check_schema(named: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(named.get("name", ""))):
        detail = (
            "Invalid 'response_format.json_schema.name': expected a string that matches '^[a-zA-Z0-9_-]+$'."
        )
        raise RefusedError(400, detail, param="response_format.json_schema.name", code="invalid_value")
    if named.get("strict"):
        _check_strict(named.get("schema") or {})


def _check_strict(schema: Any) -> None:
    """Strict mode wants every property required and nothing beside them, at every level."""
    if isinstance(schema, list):
        for part in schema:
            _check_strict(part)
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if isinstance(properties, dict) and schema.get("type") == "object":
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("required", ())) != set(properties):
            detail = "Invalid schema: 'additionalProperties' must be false and every key 'required'."
            raise RefusedError(400, detail, param="response_format", code="invalid_json_schema")
    for part in schema.values():
        _check_strict(part)


def checked_body(raw: bytes, models: Sequence[str]) -> Mapping[str, Any]:
    """The body of a chat completion.

    Raises:
        RefusedError: the real service would refuse it.
    """
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise RefusedError(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise RefusedError(400, "you must provide a model parameter")
    unknown = sorted(set(body) - PARAMETERS)
    if unknown:
        detail = f"Unknown parameter: '{unknown[0]}'."
        raise RefusedError(400, detail, param=unknown[0], code="unknown_parameter")
    _check_messages(body.get("messages"))
    _check_format(body)
    if body.get("stream"):
        raise RefusedError(400, "This server does not stream.", param="stream", code="unsupported_value")
    if body["model"] not in models:
        detail = f"The model `{body['model']}` does not exist or you do not have access to it."
        raise RefusedError(404, detail, code="model_not_found")
    return body


def completion(number: int, body: Mapping[str, Any], reply: Reply, prompt_size: int) -> bytes:
    """The chat completion object that carries the reply."""
    usage = reply.usage or Tokens(prompt_size // 4 + 1, len(reply.content or reply.refusal or "") // 4 + 1)
    return encode(
        {
            "id": f"chatcmpl-{number:08d}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": reply.content,
                        "refusal": reply.refusal,
                        "annotations": [],
                    },
                    "logprobs": None,
                    "finish_reason": reply.finish_reason,
                }
            ],
            "usage": {
                "prompt_tokens": usage.prompt,
                "completion_tokens": usage.completion,
                "total_tokens": usage.prompt + usage.completion,
                "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
            },
            "service_tier": "default",
            "system_fingerprint": None,
        }
    )


@dataclass
class Answer:
    """What goes back on the wire, when, and how whole."""

    status: int
    body: bytes
    retry_after: float | None = None
    delay: float = 0.0
    ending: Ending = "whole"
    call: Call | None = None

    def wire(self) -> bytes:
        """Status line, headers and body."""
        wait = "" if self.retry_after is None else f"retry-after: {self.retry_after:g}\r\n"
        head = (
            f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Error')}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(self.body)}\r\n{wait}\r\n"
        )
        return head.encode() + self.body


class Connection(asyncio.Protocol):
    """One kept-alive connection: requests one after the other."""

    def __init__(self, server: ChatServer) -> None:
        self.server = server
        self.received = b""
        self.transport: asyncio.Transport
        self.answer: Answer | None = None
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.discard(self)
        if self.timer:
            self.timer.cancel()
        if self.answer and self.answer.call:
            self.server.in_flight -= 1

    def data_received(self, data: bytes) -> None:
        self.received += data
        if self.answer is None:
            self.read()

    def read(self) -> None:
        """Take one whole request from what was received, if there is one."""
        head, separator, rest = self.received.partition(b"\r\n\r\n")
        if not separator:
            return
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        size = int(headers.get("content-length", 0))
        if len(rest) < size:
            return
        self.received = rest[size:]
        method, path, _ = line.split(" ")
        self.begin(self.server.respond(method, path, headers, rest[:size]))

    def begin(self, answer: Answer) -> None:
        self.answer = answer
        if answer.ending == "hang":
            return
        if answer.delay:
            self.timer = asyncio.get_running_loop().call_later(answer.delay, self.finish)
        else:
            self.finish()

    def finish(self) -> None:
        answer, self.answer, self.timer = self.answer, None, None
        if answer is None:
            return
        if answer.call:
            self.server.in_flight -= 1
        if self.transport.is_closing():
            return
        if answer.call and answer.ending == "whole":
            answer.call.answered = time.monotonic()
        if answer.ending == "whole":
            self.transport.write(answer.wire())
            self.read()
        elif answer.ending == "half":
            wire = answer.wire()
            self.transport.write(wire[: len(wire) - len(answer.body) // 2])
            self.transport.close()
        else:
            self.reset()

    def reset(self) -> None:
        """Close so that the client sees a reset, not an end."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


@dataclass
class ChatServer:
    """The server, and what it has seen. As a context manager it runs in a thread.

    ``reply`` makes the reply from the messages. ``faults`` are used up one a call, in the order in which the
    calls arrive (``None``: this one goes well), or are a function of the call. ``key`` is the only key that
    is let in. ``keep`` remembers the bodies, not only their hashes. ``refused`` lists the status of each
    request that the real service would refuse; these are not in ``calls``.
    """

    reply: Callable[[Sequence[Message]], str | Reply] = pairs_of_the_text
    faults: Iterable[Fault | None] | Callable[[Call], Fault | None] = ()
    latency: float = 0.0
    key: str = "test"
    models: Sequence[str] = ("scripted",)
    keep: bool = True
    port: int = 0
    calls: list[Call] = field(default_factory=list, init=False)
    refused: list[int] = field(default_factory=list, init=False)
    in_flight: int = field(default=0, init=False)
    most_at_once: int = field(default=0, init=False)
    broken: list[BaseException] = field(default_factory=list, init=False)
    connections: set[Connection] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._seen: Counter[str] = Counter()
        self._queue = deque(self.faults) if isinstance(self.faults, Iterable) else None

    @property
    def base_url(self) -> str:
        """What to give as ``base_url``."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def repeated(self) -> tuple[str, ...]:
        """The hashes of the request bodies that were answered whole and well more than once."""
        counts = Counter(call.digest for call in self.calls if call.status == 200 and call.answered)
        return tuple(digest for digest, count in counts.items() if count > 1)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self.serve(ready.set),), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise TimeoutError("the chat server did not start in 10 seconds")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join(10)
        if self.broken:
            raise RuntimeError("the chat server broke down") from self.broken[0]

    def stop(self) -> None:
        """End the serving, from any thread."""
        self._loop.call_soon_threadsafe(self._stop.set)

    async def serve(self, started: Callable[[], None]) -> None:
        """Listen until told to stop; ``started`` is called once the port is open."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._note)
        self._stop = asyncio.Event()
        listening = await self._loop.create_server(
            lambda: Connection(self), "127.0.0.1", self.port, backlog=1024
        )
        self.port = listening.sockets[0].getsockname()[1]
        started()
        await self._stop.wait()
        listening.close()
        for connection in tuple(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.broken.append(context.get("exception") or RuntimeError(context["message"]))

    def respond(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        """The answer to one request."""
        if path == "/control/account":
            return Answer(200, encode(self.account()))
        if path == "/control/count":
            return Answer(200, encode(len(self.calls)))
        if path == "/control/bodies":
            return Answer(200, encode([call.body for call in self.calls]))
        try:
            return self._route(method, path, headers, raw)
        except RefusedError as refused:
            self.refused.append(refused.status)
            return Answer(refused.status, refused.body)

    def _route(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        self._check_key(headers.get("authorization", ""))
        if path == "/v1/chat/completions":
            if method != "POST":
                detail = (
                    f"Not allowed to {method} on {path} (HINT: Perhaps you meant to make a POST request?)"
                )
                raise RefusedError(405, detail)
            return self._complete(raw)
        if path == "/v1/models" and method == "GET":
            listed = [
                {"id": name, "object": "model", "created": 1, "owned_by": "test"} for name in self.models
            ]
            return Answer(200, encode({"object": "list", "data": listed}))
        raise RefusedError(404, f"Invalid URL ({method} {path})")

    def _check_key(self, given: str) -> None:
        if not given.startswith("Bearer "):
            raise RefusedError(401, "You didn't provide an API key in the Authorization header.")
        if given != f"Bearer {self.key}":
            raise RefusedError(401, "Incorrect API key provided.", code="invalid_api_key")

    def _complete(self, raw: bytes) -> Answer:
        body = checked_body(raw, self.models)
        digest = hashlib.sha256(raw).hexdigest()
        kept = body if self.keep else {}
        call = Call(len(self.calls), digest, self._seen[digest], time.monotonic(), kept)
        self._seen[digest] += 1
        self.calls.append(call)
        self.in_flight += 1
        self.most_at_once = max(self.most_at_once, self.in_flight)
        fault = self._fault(call)
        call.status = fault.status
        delay = self.latency + fault.delay
        if fault.status != 200:
            wrong = error_body(fault.message, fault.type, None, fault.code)
            return Answer(fault.status, wrong, fault.retry_after, delay, fault.ending, call)
        said = self.reply(body["messages"])
        reply = Reply(said) if isinstance(said, str) else said
        return Answer(200, completion(call.number, body, reply, len(raw)), None, delay, fault.ending, call)

    def _fault(self, call: Call) -> Fault:
        if callable(self.faults):
            return self.faults(call) or Fault()
        return (self._queue.popleft() if self._queue else None) or Fault()

    def account(self) -> dict[str, Any]:
        """What was seen, as JSON values: what ``ServerProcess`` reads."""
        return {
            "most_at_once": self.most_at_once,
            "refused": self.refused,
            "calls": [
                {
                    "number": call.number,
                    "digest": call.digest,
                    "earlier": call.earlier,
                    "arrived": call.arrived,
                    "answered": call.answered,
                    "status": call.status,
                    "text": call.text,
                }
                for call in self.calls
            ],
        }


class ServerProcess:
    """The server in a process of its own. It ends with the block, and with the process that started it."""

    def __init__(self, *, latency: float = 0.0, keep: bool = True) -> None:
        self._arguments = ["--latency", str(latency), "--until-stdin-ends", *(["--keep"] if keep else [])]

    def __enter__(self) -> Self:
        command = [sys.executable, str(Path(__file__)), *self._arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.base_url = cast("Any", self._process.stdout).readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)

    def account(self) -> dict[str, Any]:
        """Everything the server has seen so far: ``calls`` (dictionaries), ``most_at_once``, ``refused``."""
        return cast("dict[str, Any]", self._ask("account"))

    def count(self) -> int:
        """How many chat completions were asked for so far."""
        return int(self._ask("count"))

    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the chat completions asked for so far; empty ones unless told to ``keep`` them."""
        return cast("list[dict[str, Any]]", self._ask("bodies"))

    def _ask(self, what: str) -> Any:
        address = f"{self.base_url.removesuffix('/v1')}/control/{what}"
        with urlopen(address, timeout=30) as answer:  # noqa: S310 - on loopback
            return json.load(answer)


def _stop_with_stdin(server: ChatServer) -> None:
    while os.read(0, 1 << 16):
        pass
    server.stop()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(
        description="A chat-completions server on 127.0.0.1 that makes up its replies."
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each reply")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--key", default="test", help="the only API key that is let in")
    parser.add_argument("--model", default="scripted", help="the only model there is")
    parser.add_argument("--keep", action="store_true", help="remember the bodies of the requests")
    parser.add_argument(
        "--until-stdin-ends", action="store_true", help="stop when the standard input is closed"
    )
    given = parser.parse_args()
    server = ChatServer(
        latency=given.latency, port=given.port, key=given.key, models=(given.model,), keep=given.keep
    )

    def started() -> None:
        sys.stdout.write(server.base_url + "\n")
        sys.stdout.flush()
        if given.until_stdin_ends:
            threading.Thread(target=_stop_with_stdin, args=(server,), daemon=True).start()

    asyncio.run(server.serve(started))


if __name__ == "__main__":
    main()
