"""The fine-tuning services that speak the OpenAI wire: where they differ, and what their errors mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from qagen.errors import FineTuningError, ServiceError, may_pass
from qagen.llm import never_clears

if TYPE_CHECKING:
    import httpx2
    import openai


# A method that lists something, of the SDK's ``with_raw_response``: the answer before it is parsed.
Fetch = Callable[..., Any]
Client: TypeAlias = "openai.OpenAI | openai.AzureOpenAI"
Name = Literal["openai", "azure", "nebius", "other"]
T = TypeVar("T")

_MB = 1024**2


@dataclass(frozen=True, slots=True)
class Service:
    """What one service takes. The figures are OpenAI's where nothing else is said.

    Sources: the services' documentation, read 2026-11-22.

    Attributes:
        name: ``openai``, ``azure``, ``nebius`` or ``other``.
        title: What people call it.
        base_url: Its usual address; ``None`` where each customer has another.
        files_limit: Bytes of the largest file for one request. OpenAI documents 512 MB; on Azure files over
            about 150 MB can fail silently, so 100 MB.
        uploads_limit: Bytes of the largest file that can be sent in parts.
        part_size: Bytes of the largest part.
        top_level_hyperparameters: Hyperparameters stand beside the model; ``method`` is refused.
        can_pause: Jobs can be paused and resumed.
        names_model: A job that has succeeded names its model. Where it does not, its checkpoints have the
            weights.
        keeps_metadata: Jobs keep metadata. Where they do not, none are sent, and a job is known by its file,
            model, suffix, seed and hyperparameters.
        stable_event_ids: An event keeps its id. Where it does not, pages of events cannot be followed.
        poll_seconds: The longest pause between two looks at a job.
        strict: The file is held to OpenAI's rules; elsewhere only what no service takes is refused.
        closing: What is known of the end of its fine-tuning, as sentences with a space after them.
    """

    name: Name
    title: str
    base_url: str | None = None
    files_limit: int = 512 * _MB
    uploads_limit: int = 8 * 1024 * _MB
    part_size: int = 64 * _MB
    top_level_hyperparameters: bool = False
    can_pause: bool = True
    names_model: bool = True
    keeps_metadata: bool = True
    stable_event_ids: bool = True
    poll_seconds: float = 30.0
    strict: bool = True
    closing: str = ""


_CLOSING = (
    "OpenAI is closing self-serve fine-tuning: since 2026-05-07 organisations that never ran a job can start "
    "none, since 2026-07-02 those that asked no tuned model for 60 days, and from 2027-01-06 nobody can; the "
    "models that can be tuned shut on 2027-01-14 with every fine-tune of them. "
)

SERVICES: dict[Name, Service] = {
    "openai": Service("openai", "OpenAI", base_url="https://api.openai.com/v1/", closing=_CLOSING),
    "azure": Service("azure", "Azure", files_limit=100 * _MB, stable_event_ids=False),
    "nebius": Service(
        "nebius",
        "Nebius Token Factory",
        base_url="https://api.tokenfactory.nebius.com/v1/",
        top_level_hyperparameters=True,
        can_pause=False,
        names_model=False,
        keeps_metadata=False,
        poll_seconds=15.0,
        strict=False,
    ),
    "other": Service("other", "the service", strict=False, closing=_CLOSING),  # OpenAI's, through a gateway
}
"""Every service that is known by name, and ``other`` for whatever else speaks the same wire."""

_HOSTS: tuple[tuple[str, Name], ...] = (
    ("api.openai.com", "openai"),
    ("openai.azure.com", "azure"),
    ("services.ai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("nebius.com", "nebius"),
    ("nebius.ai", "nebius"),
)


def service_of(client: Client) -> Service:
    """Which service a client speaks to, from its class and the host of its ``base_url``."""
    import openai

    if isinstance(client, openai.AzureOpenAI):
        return SERVICES["azure"]
    host = client.base_url.host.lower()
    for end, name in _HOSTS:
        if host == end or host.endswith(f".{end}"):
            return SERVICES[name]
    return SERVICES["other"]


@contextmanager
def explained(what: str, *, kind: type[ServiceError] = ServiceError) -> Iterator[None]:
    """Turn whatever the SDK raises into one of ours, with the service's own words and what to do.

    Args:
        what: What could not be done, as the start of a sentence: ``"The jobs could not be listed"``.
        kind: The error to raise. A ``FineTuningError`` carries the service's code, message and parameter too.

    Raises:
        ServiceError: ``kind``, from the SDK's error.
    """
    import httpx2
    import openai

    try:
        yield
    except openai.OpenAIError as error:
        raise _ours(kind, f"{what}: {_words(error)}.", _advice(error), error) from error
    except httpx2.HTTPError as error:  # raised bare while an answer is being read
        raise _ours(kind, f"{what}: {_plain(error)}.", _ADVICE_NETWORK, error) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _ours(
            kind, f"{what}: the answer is no JSON ({_plain(error)}).", _ADVICE_NONSENSE, error
        ) from error


def answered(value: Any, kind: type[T], *, what: str) -> T:
    """The value, if it is the object that was asked for.

    The SDK hands an answer that is no JSON over as a ``str``, and builds objects without the fields that are
    missing. This is where it is noticed: call it on every object that comes from a service, inside or after
    :func:`explained`.

    Args:
        value: What the SDK returned.
        kind: The class it should have; one with an ``id`` must have that too.
        what: What could not be done, as in :func:`explained`.

    Raises:
        ServiceError: It is something else.
    """
    if not isinstance(value, kind):
        raise ServiceError(
            f"{what}: the answer is no JSON object but {_short(value)}.",
            hint=_ADVICE_NONSENSE,
            retryable=True,
        )
    if "id" in getattr(kind, "model_fields", ()) and not isinstance(getattr(value, "id", None), str):
        raise ServiceError(f"{what}: the answer has no id.", hint=_ADVICE_NONSENSE, retryable=True)
    return value


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One answer of a service that lists things, in its own order, and whether there are more."""

    items: tuple[T, ...]
    more: bool

    @property
    def cursor(self) -> str | None:
        """What the next page comes after; ``None`` where there is nothing to go by."""
        last = getattr(self.items[-1], "id", None) if self.more and self.items else None
        return last if isinstance(last, str) and last else None


def listed(
    fetch: Fetch, kind: type[T], *, what: str, size: int | None = 100, pages: int = 1000
) -> Iterator[T]:
    """Every item of every page once; a service that sends the same page for ever is noticed.

    Args:
        fetch: Asks for a page: ``client.fine_tuning.jobs.with_raw_response.list``.
        kind: The class of the items. Fields that are missing are ``None``, the id too.
        what: What could not be done, as in :func:`explained`.
        size: Items of a page; ``None``: as the service likes.
        pages: At most so many.

    Raises:
        ServiceError: A page could not be had, or is no list.
    """
    seen: set[str] = set()
    after: str | None = None
    for _ in range(pages):
        page = read_page(fetch, kind, what=what, size=size, after=after)
        fresh = [item for item in page.items if not _met(item, seen)]
        yield from fresh
        after = page.cursor
        if after is None or not fresh:
            return


def read_page(fetch: Fetch, kind: type[T], *, what: str, size: int | None, after: str | None) -> Page[T]:
    """One page, read from its JSON: of an answer that is no list the SDK makes an empty one or breaks.

    Raises:
        ServiceError: It could not be had, or is no list of objects.
    """
    options = {name: value for name, value in (("limit", size), ("after", after)) if value is not None}
    with explained(what):
        body = json.loads(fetch(**options).content)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ServiceError(
            f"{what}: the answer holds no list of them.", hint=_ADVICE_NONSENSE, retryable=True
        )
    make: Callable[..., T] = kind.construct  # type: ignore[attr-defined]  # of every class of the SDK
    return Page(tuple(make(**item) for item in data), body.get("has_more") is not False)


def _met(item: object, seen: set[str]) -> bool:
    """Whether a thing with this id was met before; now it was. What has no id is another thing each time."""
    name = getattr(item, "id", None)
    if name is None:
        return False
    known = str(name) in seen
    seen.add(str(name))
    return known


def content_of(client: Client, file_id: str) -> Generator[bytes]:
    """The bytes of a file at the service, a megabyte at a time. Raises the SDK's own errors."""
    with client.files.with_streaming_response.content(file_id) as response:
        yield from response.iter_bytes(_MB)


def code_of(error: BaseException | None) -> str | None:
    """The service's own code of an SDK error, such as ``training_not_available``."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else None


_ADVICE_NETWORK = "Check the network and the client's base_url, and try again."
_ADVICE_NONSENSE = "Check that the client's base_url leads to the service itself, its /v1 included."
_ADVICE = {
    400: "Correct what it names; the same request will be refused again.",
    401: "Check the API key that the client was made with.",
    403: "The key's organisation or project may not do this: ask its owner, or use another key.",
    404: "Check the id, and that the client's key and base_url belong to the same project.",
    409: "Look at its present state first, then try again.",
    413: "Make the file smaller or split it.",
    422: "Correct what it names; the same request will be refused again.",
    429: "Wait a minute and try again.",
}
_SERVER_ERROR, _TOO_MANY = 500, 429
_SHOWN = 200
_WORDS = 2000


def _ours(kind: type[ServiceError], text: str, hint: str, error: Exception) -> ServiceError:
    retryable = can_be_tried_again(error)
    if issubclass(kind, FineTuningError):
        param, code = getattr(error, "param", None), code_of(error)
        return kind(text, hint=hint, retryable=retryable, code=code, message=_plain(error), param=param)
    return kind(text, hint=hint, retryable=retryable)


def can_be_tried_again(error: BaseException) -> bool:
    """Whether what is behind an error of the SDK may be over at the next try."""
    import openai

    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        if status == _TOO_MANY:
            return not never_clears(error.code)
        return may_pass(status)
    return isinstance(error, openai.APIConnectionError) or not isinstance(error, openai.OpenAIError)


def _words(error: openai.OpenAIError) -> str:
    import openai

    if isinstance(error, openai.APITimeoutError):
        return "no answer came in time"
    if isinstance(error, openai.APIConnectionError):
        return f"the connection failed ({_plain(error.__cause__ or error)})"
    status = getattr(error, "status_code", None)
    code = code_of(error)
    marks = ", ".join(str(mark) for mark in (status and f"HTTP {status}", code) if mark)
    return f"{_plain(error)} ({marks})" if marks else _plain(error)


def _advice(error: openai.OpenAIError) -> str:
    import openai

    if isinstance(error, openai.APIConnectionError):
        return _ADVICE_NETWORK
    if isinstance(error, openai.APIResponseValidationError):
        return _ADVICE_NONSENSE
    if not isinstance(error, openai.APIStatusError):
        return "Correct the client that was passed in."
    if never_clears(code_of(error)):
        return "Waiting does not clear this: look at the account's plan, credit and limits."
    if error.status_code >= _SERVER_ERROR:
        return "Try again later."
    return _ADVICE.get(error.status_code, "Try again, or look at the service's status page.")


def _plain(error: BaseException) -> str:
    """The service's message without the SDK's wrapping, on one line."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    response: httpx2.Response | None = getattr(error, "response", None)
    if not isinstance(message, str) and response is not None and _is_page(response):
        return f"a web page instead of JSON: {_short(response.text)}"
    text = message if isinstance(message, str) and message.strip() else str(error)
    return _short(text, _WORDS).rstrip(".") or type(error).__name__


def _is_page(response: httpx2.Response) -> bool:
    return "html" in response.headers.get("content-type", "") and response.is_closed


def _short(value: object, most: int = _SHOWN) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
