"""A name → a chat model, what identifies a model in the ledger, and what its tokens cost, in words too."""

from __future__ import annotations

import atexit
import json
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qagen.errors import ModelError, SettingsError

if TYPE_CHECKING:
    import httpx2
    from langchain_core.language_models import BaseChatModel

    from qagen.records import Usage

Pricing = Callable[["Usage"], "float | None"]
"""What tokens cost in US dollars; ``None`` is unknown."""

NEVER_CLEARS = ("insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached")
"""Codes of a 429 that waiting does not clear (OpenAI's; also every code that ends in ``_limit_exceeded``,
but ``rate_limit_exceeded``)."""

_TRIES = 6  # of the SDK, for models made here by name: 0.5 s to 8 s between two, Retry-After honoured
_THINKING = 4096  # tokens that a model that reasons may think before a short answer
# OpenAI's models that reason, by name: the o series, and gpt-5 and later but for the chat variants.
_REASONS = re.compile(r"(?:^|[:/])(?:o\d|gpt-(?:[5-9]|\d\d)(?!\S*chat))", re.IGNORECASE)
_TIMEOUT = 600.0  # seconds for one call: reasoning models take minutes


def _check_address(base_url: str) -> None:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingsError(
            f"base_url is {base_url!r}, which is no address.", hint="Write it as http://127.0.0.1:8000/v1."
        )


def chat_model(
    llm: str | BaseChatModel,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    home: Path | None = None,
    announce: Callable[[str], None] | None = None,
    system_prompt: str | None = None,
    **params: Any,
) -> BaseChatModel:
    """The chat model of a name; a chat model is returned as it is.

    Args:
        llm: ``"local"`` or ``"local:NAME"`` (the embedded model), ``"local:/path/model.gguf"``,
            ``"provider:model"`` as :func:`langchain.chat_models.init_chat_model` takes it
            (``"openai:gpt-6-luna"``, ``"anthropic:..."``; the provider's LangChain package must be
            installed), or, with ``base_url``, the name a server of one's own knows the model by.
        base_url: Of a server that speaks the OpenAI wire (Ollama, vLLM, LM Studio, ...).
        api_key: For that server or provider; by default the provider's environment variable, as the SDK reads
            it (``OPENAI_API_KEY`` with ``base_url``), or a placeholder for a server that needs none.
        home: Where the embedded model's weights are kept.
        announce: Told, in a line, of a download that is about to start.
        system_prompt: Put before messages that have no system message of their own; for the embedded model
            and whatever speaks the OpenAI wire.
        **params: Passed to the model: ``temperature``, ``max_tokens``, ...

    Raises:
        SettingsError: The name has no provider that is known, or ``base_url`` is no address.
        ModelError: The model cannot be made, for lack of a key, say.
        MissingExtraError: The embedded model's packages are not installed.
        LocalModelError: The embedded model could not be fetched or started.
    """
    if not isinstance(llm, str):
        return llm
    if not llm.strip():
        raise SettingsError("the model's name is empty: write provider:model, or local")
    if system_prompt is not None:
        params["system_prompt"] = system_prompt
    if base_url:
        _check_address(base_url)
        name = llm.removeprefix("openai:")
        return _own_server(name, base_url=base_url, api_key=api_key, use_responses_api=False, **params)
    if llm == "local" or llm.startswith("local:"):
        return _local(llm.partition(":")[2], home=home, announce=announce, **params)
    if llm.startswith(("openai:", "ft:")):
        key = {"api_key": api_key} if api_key else {}
        return _openai(llm.removeprefix("openai:"), **key, **params)
    return _any_provider(llm, **({"api_key": api_key} if api_key else {}), **params)


def greedy_model(llm: str, *, max_tokens: int, **options: Any) -> BaseChatModel:
    """The chat model of a name, giving the likeliest answer, of at most ``max_tokens`` tokens.

    A model that reasons refuses a temperature or ignores it, and its bound counts its thinking: it gets no
    temperature, and room to think.

    Args:
        llm: See :func:`chat_model`.
        max_tokens: Of an answer.
        **options: Those of :func:`chat_model`.

    Raises:
        QAGenError: What :func:`chat_model` raises.
    """
    if llm == "local" or llm.startswith("local:"):
        return chat_model(llm, **{"temperature": 0.0, "max_tokens": max_tokens, **options})
    model = chat_model(llm, **options)
    params = greedy_params(llm, max_tokens=max_tokens)
    if (model.profile or {}).get("temperature") is False:
        params = {"max_tokens": max_tokens + _THINKING}
    return chat_model(llm, **{**params, **options})


def greedy_params(name: str, *, max_tokens: int) -> dict[str, Any]:
    """Parameters for the likeliest answer of a hosted model, of at most ``max_tokens`` tokens.

    See :func:`greedy_model`; here only the name is known.
    """
    if _REASONS.search(name):
        return {"max_tokens": max_tokens + _THINKING}
    return {"temperature": 0.0, "max_tokens": max_tokens}


def identity(model: BaseChatModel) -> dict[str, Any]:
    """What decides a model's answers: its class, name, parameters and server; never an API key or header."""
    known = dict(model._identifying_params)
    known |= {k: v for k, v in model._get_ls_params().items() if k != "ls_integration"}
    for secret in ("api_key", "openai_api_key", "default_headers", "extra_headers", "headers"):
        known.pop(secret, None)
    url = _server(model)
    if url and not is_local(model):
        parts = urlsplit(url)
        known["server"] = f"{parts.hostname}:{parts.port or ''}{parts.path.rstrip('/')}"
    text = json.dumps({"kind": type(model).__qualname__, **known}, sort_keys=True, default=_plain)
    plain: dict[str, Any] = json.loads(text)
    return plain


def model_name(model: BaseChatModel) -> str:
    """What people call the model: ``"gpt-6-luna"``, ``"local:qwen2.5-coder-1.5b"``."""
    if is_local(model):
        return f"local:{model.local_name}"  # type: ignore[attr-defined] # is_local has just asked for it
    params = model._get_ls_params()
    return str(params.get("ls_model_name") or getattr(model, "model_name", None) or model._llm_type)


def is_local(model: BaseChatModel) -> bool:
    """Whether this is a small model that runs on this machine: the embedded one, or one tuned here."""
    return hasattr(model, "local_name")


def has_native_schema(model: BaseChatModel) -> bool:
    """Whether the model is known to hold its replies to a JSON schema (LangChain's model profile)."""
    return hasattr(model, "engine") or bool((model.profile or {}).get("structured_output"))


def pricing(model: BaseChatModel) -> Pricing:
    """What tokens of this model cost, by ``genai-prices``: a function from usage to US dollars.

    It gives ``None`` when the price is not known there. The embedded model costs nothing.
    """
    if is_local(model):
        return lambda _: 0.0
    import genai_prices

    name, url = model_name(model), _server(model)
    nothing = genai_prices.Usage(input_tokens=0, output_tokens=0)
    try:
        if url:
            found = genai_prices.calc_price(nothing, name, provider_api_url=url)
        else:
            provider = model._get_ls_params().get("ls_provider")
            found = genai_prices.calc_price(nothing, name, provider_id=provider)
    except LookupError:
        return lambda _: None
    price = found.model_price

    def cost(usage: Usage) -> float | None:
        tokens = genai_prices.Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cached_tokens,
        )
        try:
            return float(price.calc_price(tokens)["total_price"])
        except ValueError:  # counts that contradict each other
            return None

    return cost


def _server(model: BaseChatModel) -> str | None:
    """The address of the service, where a model has one: the SDK's, which may come from the environment."""
    client = getattr(model, "root_client", None)
    url = getattr(client, "base_url", None) or getattr(model, "base_url", None)
    return str(url) if url else None


def _openai(name: str, **params: Any) -> BaseChatModel:
    import openai
    from langchain_openai import ChatOpenAI

    own = {"max_retries": _TRIES - 1, "timeout": _TIMEOUT, "http_client": _http_client()}
    options: dict[str, Any] = own | params
    kind = ChatOpenAI
    if "system_prompt" in options:
        from qagen.llm.system_prompt import PromptedChatOpenAI as kind  # noqa: N813 - one of two classes
    try:
        return kind(model=name, **options)
    except openai.OpenAIError as error:
        raise ModelError(
            f"The model {name!r} cannot be used: {error} Set OPENAI_API_KEY, or use llm='local' "
            "(no key), or --base-url for a server of your own."
        ) from error


def _own_server(name: str, *, api_key: str | None, **params: Any) -> BaseChatModel:
    try:
        return _openai(name, **({"api_key": api_key} if api_key else {}), **params)
    except ModelError:
        return _openai(name, api_key="none", **params)  # the SDK wants one, the server may not


@lru_cache(maxsize=1)
def _http_client() -> httpx2.Client:
    """One pool of connections for all models made here, as LangChain has one for its own."""
    import openai

    client = openai.DefaultHttpxClient(event_hooks={"response": [_do_not_wait_in_vain]})
    atexit.register(client.close)
    return client


def _do_not_wait_in_vain(response: httpx2.Response) -> None:
    """Tell the SDK not to retry a 429 that waiting does not clear (the SDK obeys ``x-should-retry``)."""
    if response.status_code != 429:  # noqa: PLR2004 - Too Many Requests
        return
    response.read()
    try:
        error = response.json().get("error")
        code = error.get("code") or error.get("type")
    except (ValueError, AttributeError):
        return
    if never_clears(code):
        response.headers["x-should-retry"] = "false"


def never_clears(code: object) -> bool:
    """Whether an error code of a 429 means that no waiting helps (quota, credit, a spending limit)."""
    name = str(code)
    return name in NEVER_CLEARS or (name.endswith("_limit_exceeded") and not name.startswith("rate_limit"))


def _local(
    name: str, *, home: Path | None, announce: Callable[[str], None] | None, **params: Any
) -> BaseChatModel:
    from qagen.llm.embedded import DEFAULT, local_model

    return local_model(name or DEFAULT, home=home, announce=announce, **params)


def _any_provider(name: str, **params: Any) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    if "system_prompt" in params:
        raise SettingsError(
            f"{name!r} takes no system_prompt here: put a system message first in what you ask."
        )
    try:
        model: BaseChatModel = init_chat_model(name, **params)
    except ImportError as error:
        raise ModelError(
            f"The model {name!r} needs a LangChain package that is not installed: {error}"
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"{name!r} is not a model name qagen knows: {error} Write provider:model (openai:gpt-6-luna), "
            "local, local:NAME, or give --base-url with the name a server of your own uses."
        ) from error
    return model


def _plain(value: object) -> str:
    """Anything that JSON cannot hold, without what could be a secret or change from run to run."""
    return type(value).__qualname__


FREE = "free"
UNKNOWN = "unknown"
NOTHING_ASKED = "–"
_LEAST = 0.0001
_DOLLAR = 1.0


def cost_text(cost: float | None, *, tokens: int) -> str:
    """US dollars as people read them; a price of nothing is never shown as a number.

    From a dollar on there are two decimals, below it four, as calls cost fractions of a cent.

    Args:
        cost: US dollars; ``None`` is unknown.
        tokens: Read and written. Where there are none, nothing was asked that could cost; tokens without a
            cost are those of a model on this machine, or of a free one.

    Returns:
        ``"$12.35"``, ``"$0.0042"``, ``"under $0.0001"``, ``"free"``, ``"unknown"`` or ``"–"``.
    """
    if cost is None:
        return UNKNOWN
    if not cost:
        return FREE if tokens else NOTHING_ASKED
    if cost < _LEAST:
        return f"under ${_LEAST}"
    return f"${cost:,.2f}" if cost >= _DOLLAR else f"${cost:.4f}"
