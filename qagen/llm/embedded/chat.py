"""The embedded model as a LangChain chat model."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from langchain_core.language_models import LanguageModelInput
from langchain_openai import ChatOpenAI
from pydantic import Field

from qagen.llm import with_system_prompt
from qagen.llm.embedded.engine import Engine, Settings, require_engine, stop_engines
from qagen.llm.embedded.table import DEFAULT, TABLE
from qagen.llm.embedded.weights import fetch_weights, file_sha256
from qagen.llm.embedded.workers import LOCAL_WORKERS

__all__ = ["LocalChatModel", "engines_of_its_own", "local_model", "stop_engines"]

_CALL_SECONDS = 3600.0  # calls wait for each other inside the engine
_ADDRESS = "http://127.0.0.1/v1"  # the port is put in when a request leaves: a restart changes it
# No proxy of the environment; and no connection is kept for later: by then the engine, the event loop or the
# process before a fork may be gone, and a new one to oneself costs nothing.
_TO_ONESELF: dict[str, Any] = {"trust_env": False, "limits": httpx2.Limits(max_keepalive_connections=0)}


class LocalChatModel(ChatOpenAI):
    """A model that runs on this machine, spoken to like any other chat model.

    It is made by :func:`local_model`. The engine lives as long as a model that uses it. What identifies the
    model is the sha256 of its weights and adapter and its settings, not the port or key of the engine.
    """

    local_name: str
    weights_sha256: str
    adapter_sha256: str | None = None
    system_prompt: str | None = None
    n_ctx: int
    engine: Engine = Field(exclude=True, repr=False)

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """A running engine cannot be written down."""
        return False

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {**super()._identifying_params, **self._own_params}

    @property
    def _own_params(self) -> dict[str, Any]:
        own = {"adapter_sha256": self.adapter_sha256, "system_prompt": self.system_prompt}
        given = {key: value for key, value in own.items() if value is not None}  # old ledgers stay good
        return {"weights_sha256": self.weights_sha256, "n_ctx": self.n_ctx, **given}

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        # LangChain's own cache takes its key from here.
        params = super()._get_invocation_params(stop=stop, **kwargs)
        return {**params, **self._own_params}

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        # Every kind of call passes here first; an engine that cannot run says so itself, rather than through
        # the client's connection error.
        self.engine.ready()
        messages = with_system_prompt(self._convert_input(input_).to_messages(), self.system_prompt)
        return super()._get_request_payload(messages, stop=stop, **kwargs)


def local_model(
    name: str = DEFAULT,
    *,
    home: Path | str | None = None,
    n_ctx: int = 4096,
    n_parallel: int = LOCAL_WORKERS,
    threads: int | None = None,
    max_tokens: int = 1024,
    temperature: float = 0.0,
    lora: Path | str | None = None,
    system_prompt: str | None = None,
    announce: Callable[[str], None] | None = None,
    progress: bool = True,
    **params: Any,
) -> LocalChatModel:
    """A chat model that runs on this machine, ready to be asked; its weights are fetched if they are missing.

    Args:
        name: A name of the table of :mod:`qagen.llm.embedded.weights`, or a path to a GGUF file.
        home: Where weights lie, see :func:`qagen.llm.embedded.weights.models_folder`.
        n_ctx: Tokens of one call, prompt and reply together.
        n_parallel: Calls answered at the same time; further ones wait. Memory grows with it.
        threads: CPU threads; by default one for each core that may be used, at most eight.
        max_tokens: The most tokens of a reply.
        temperature: 0 gives the likeliest reply.
        lora: A GGUF adapter made for these weights, see :func:`qagen.tuned_model`.
        system_prompt: Put before messages that have no system message.
        announce: Is told one line before a download.
        progress: Whether to show a bar while downloading.
        **params: Further parameters of :class:`langchain_openai.ChatOpenAI`.

    Raises:
        LocalModelError: The weights cannot be fetched, or the engine cannot load them.
        AdapterError: The adapter is damaged, or for another model.
        MissingExtraError: The extra ``local`` is not installed.
    """
    require_engine()
    file = fetch_weights(name, home=home, announce=announce, progress=progress).resolve()
    adapter = Path(lora).resolve() if lora else None
    known = TABLE.get(name)
    sha256 = known.sha256 if known else file_sha256(file)
    adapter_sha256 = file_sha256(adapter) if adapter else None
    engine = _engine_for(Settings(file, n_ctx, n_parallel, threads, adapter), sha256, adapter_sha256)
    engine.ready()
    send, send_later = _senders(engine)
    options: dict[str, Any] = {"stream_usage": True, "max_retries": 1, "timeout": _CALL_SECONDS} | params
    return LocalChatModel(
        local_name=name if known else file.stem,
        weights_sha256=sha256,
        adapter_sha256=adapter_sha256,
        system_prompt=system_prompt,
        engine=engine,
        n_ctx=n_ctx,
        model=name if known else file.stem,
        temperature=temperature,
        max_tokens=max_tokens,
        base_url=_ADDRESS,
        api_key=engine.key,
        use_responses_api=False,
        openai_proxy=None,
        http_client=httpx2.Client(event_hooks={"request": [send]}, **_TO_ONESELF),
        http_async_client=httpx2.AsyncClient(event_hooks={"request": [send_later]}, **_TO_ONESELF),
        **options,
    )


_Running = tuple[Settings, str, "str | None"]
_running: weakref.WeakValueDictionary[_Running, Engine] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def _engine_for(settings: Settings, sha256: str, adapter_sha256: str | None) -> Engine:
    """The engine with these settings and these very files: a model may be tuned anew in its place."""
    key = (settings, sha256, adapter_sha256)
    with _lock:
        engine = _running.get(key)
        if engine is None or engine.closed:
            engine = _running[key] = Engine(settings)
        return engine


@contextmanager
def engines_of_its_own() -> Iterator[None]:
    """Engines that are started in the block end with it, and give their memory back; older ones go on."""
    before = set(_running.values())
    try:
        yield
    finally:
        for engine in set(_running.values()) - before:
            engine.close()


def _senders(
    engine: Engine,
) -> tuple[Callable[[httpx2.Request], None], Callable[[httpx2.Request], Awaitable[None]]]:
    """What points a request at the engine, for both kinds of client."""

    def send(request: httpx2.Request) -> None:
        request.url = request.url.copy_with(port=engine.ready())

    async def send_later(request: httpx2.Request) -> None:
        send(request)

    return send, send_later
