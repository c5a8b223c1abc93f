"""The one structured call: prompt → model → parse → repair → ledger.

Every stage asks through :func:`ask`; nothing else in the library calls a model. So resuming, counting, costs
and the handling of errors are made once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlsplit

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel

from qagen.errors import GenerationError, ModelError, QAGenError
from qagen.llm.budget import Budget
from qagen.llm.ledger import Call, CallState, Entry, Ledger
from qagen.llm.models import Pricing, identity, is_local, model_name, never_clears, pricing
from qagen.llm.replies.parsing import Reading, ReplyError, ReplyReader
from qagen.llm.replies.shaping import readable
from qagen.records import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T", bound=BaseModel)

_HOPELESS = {
    401: "the key is wrong",
    402: "the account has no credit",
    403: "access is refused",
    404: "not found",
}
_TOO_MANY = 429
_TAG = re.compile(r"<style.*?</style>|<script.*?</script>|<[^<>]{1,200}>", re.DOTALL)
_LONGEST = 300  # characters of what a service says
_KEYS = re.compile(r"\b(sk|key|Bearer)[-_ ][A-Za-z0-9*_\-.]{6,}")


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is asked in one call, and where it belongs.

    Attributes:
        messages: The whole prompt.
        parser: Reads the reply; its ``pydantic_object`` is the schema.
        stage: The stage that asks ("write", ...).
        source: The document.
        passage: The passage's id.
        prompt: ``name@version`` of the prompt.
        schema: The JSON schema the provider shall hold the reply to; ``None``: the prompt asks for it.
        attempt: From 2 on the very same is asked anew, though the ledger knows an answer to the one before.
    """

    messages: Sequence[BaseMessage]
    parser: ReplyReader[T]
    stage: str
    source: str
    passage: str
    prompt: str
    schema: dict[str, Any] | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """How a call ended. ``value`` is there when ``state`` is ``done`` or ``cut_off``.

    ``usage`` is nothing for a call whose use this run's ledger has told before.
    """

    state: CallState
    value: T | None
    error: str
    usage: Usage
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A model that is asked many times, with what is worked out about it once.

    Attributes:
        model: The model.
        name: What people call it.
        identity: What decides its answers, as text.
        cost: What tokens cost.
    """

    model: BaseChatModel
    name: str
    identity: str
    cost: Pricing

    @classmethod
    def of(cls, model: BaseChatModel) -> Asked:
        """The model with its name and identity."""
        return cls(model, model_name(model), json.dumps(identity(model), sort_keys=True), pricing(model))


def ask(
    asked: Asked,
    question: Question[T],
    *,
    ledger: Ledger | None = None,
    config: RunnableConfig | None = None,
) -> Answer[T]:
    """Ask once, unless the ledger already knows the answer.

    Raises:
        ModelError: The model cannot be used at all (wrong key, no quota, unknown model).
        BudgetError: The ledger has a budget, and it is used up; nothing was asked.
        RunFolderError: The ledger cannot be written.
    """
    if ledger is None:
        return _answer(question, _call(asked, question, config))
    call = Call(
        key=key(asked, question),
        stage=question.stage,
        source=question.source,
        passage=question.passage,
        prompt=question.prompt,
        model=asked.name,
    )
    known = ledger.claim(call)
    if known is not None:
        return _answer(question, known)
    with ExitStack() as given_up:
        given_up.callback(ledger.release, call.key)
        entry = _within(ledger.budget, asked, question, config)
        given_up.pop_all()
    return _answer(question, ledger.finish(call.key, entry))


def key(asked: Asked, question: Question[Any]) -> str:
    """The hash of everything that decides the answer."""
    again = {"attempt": question.attempt} if question.attempt > 1 else {}  # old ledgers stay good
    parts = {
        **again,
        "stage": question.stage,
        "prompt": question.prompt,
        "messages": [(m.type, m.content) for m in question.messages],
        "schema": question.schema or question.parser.schema_text,
        "native": question.schema is not None,
        "model": asked.identity,
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def send(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    schema: dict[str, Any] | None = None,
    config: RunnableConfig | None = None,
) -> AIMessage:
    """The only place where a model is called. Retries are the SDK's and LangChain's.

    Raises:
        ModelError: An error that does not get better: wrong key, no quota, unknown model.
        GenerationError: Any other error of the service; ``state`` is ``failed``.
    """
    runnable: Any = model
    if schema is not None:
        runnable = _held_to(model, schema)
    # return_exceptions: LangChain hands the error over as a value, whatever its class
    [reply] = runnable.batch([list(messages)], config, return_exceptions=True)
    if isinstance(reply, dict):  # with_structured_output(include_raw=True)
        reply = reply["raw"]
    if isinstance(reply, AIMessage):
        return reply
    cut = _completion_of(reply)
    if cut is not None:
        return cut
    if isinstance(reply, QAGenError) or _is_mistake(reply):
        raise reply
    raise _explained(model, reply) from reply


def wire_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a pydantic model as providers' strict modes take it.

    Every field is required, nothing may be added, and defaults, titles of fields and bounds of strings are
    left out (OpenAI's documentation of structured outputs, "Supported schemas"); pydantic checks them
    afterwards.
    """
    schema = _strict(model.model_json_schema())
    return {"title": model.__name__, **schema}


_NOT_ON_THE_WIRE = frozenset({"default", "title", "minLength", "maxLength", "examples"})


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    strict = {
        name: {key: _strict(part) for key, part in value.items()}
        if name in {"properties", "$defs"}
        else _strict(value)
        for name, value in node.items()
        if name not in _NOT_ON_THE_WIRE
    }
    if "properties" in strict:
        strict |= {"required": list(strict["properties"]), "additionalProperties": False}
    return strict


@dataclass(slots=True)
class _Spent:
    """Counts what the tries of one call use."""

    asked: Asked
    usage: Usage = Usage()
    tries: int = 0

    def add(self, message: AIMessage) -> None:
        used = message.usage_metadata
        self.tries += 1
        if used is None:
            self.usage += Usage(cost=0.0 if is_local(self.asked.model) else None)
            return
        tokens = Usage(
            input_tokens=used["input_tokens"],
            output_tokens=used["output_tokens"],
            cached_tokens=used.get("input_token_details", {}).get("cache_read", 0),
        )
        self.usage += tokens.model_copy(update={"cost": self.asked.cost(tokens)})


def _within(
    budget: Budget | None, asked: Asked, question: Question[T], config: RunnableConfig | None
) -> Entry:
    if budget is None:
        return _call(asked, question, config)
    with budget.call(question.messages, asked.cost) as spent:
        entry = _call(asked, question, config)
        spent.append(entry.usage)
    return entry


def _call(asked: Asked, question: Question[T], config: RunnableConfig | None) -> Entry:
    """Send, read, repair; the entry for the ledger."""
    spent = _Spent(asked)
    last = ""

    def send_counted(messages: list[BaseMessage]) -> AIMessage:
        nonlocal last
        message = send(asked.model, messages, schema=question.schema, config=_named(config, question))
        spent.add(message)
        last = readable(str(message.text))  # half a character can be sent, but not stored
        return message

    try:
        message = send_counted(list(question.messages))
        reading = question.parser.fix(message, prompt=question.messages, send=send_counted)
    except ReplyError as error:
        entry = Entry(state=error.state, reply=last, error=_without_keys(str(error)))
        if error.cut_off:
            entry = replace(entry, state="cut_off")
    except GenerationError as error:
        entry = Entry(state="failed", reply=last, error=_without_keys(str(error)))
    else:
        entry = _entry(reading, last)
    usage = spent.usage.model_copy(update={"calls": 1, "asked": max(spent.tries, 1)})
    return replace(entry, usage=usage, attempts=max(spent.tries, 1))


def _entry(reading: Reading[T], reply: str) -> Entry:
    state: CallState = "cut_off" if reading.cut_off else "done"
    return Entry(
        state=state, reply=reply, value=reading.value.model_dump_json(), error="; ".join(reading.steps)
    )


def _answer(question: Question[T], entry: Entry) -> Answer[T]:
    value = None
    if entry.value is not None:
        value = question.parser.pydantic_object.model_validate_json(entry.value)
    return Answer(
        state=entry.state,
        value=value,
        error=entry.error,
        usage=entry.usage,
        cut_off=entry.state == "cut_off",
    )


def _named(config: RunnableConfig | None, question: Question[Any]) -> RunnableConfig:
    """The caller's configuration, with the names tracing shows."""
    own: RunnableConfig = {
        "run_name": f"qagen.{question.stage}",
        "metadata": {"qagen_passage": question.passage, "qagen_prompt": question.prompt},
    }
    if config is None:
        return own
    merged = config.copy()
    merged.update(own)
    merged["metadata"] = {**config.get("metadata", {}), **own["metadata"]}
    merged.pop("run_id", None)  # one id cannot name many calls
    return merged


def _held_to(model: BaseChatModel, schema: dict[str, Any]) -> Any:
    """The model, held to a JSON schema by its provider."""
    from langchain_openai.chat_models.base import BaseChatOpenAI

    if isinstance(model, BaseChatOpenAI):
        wire = {"name": schema.get("title", "reply"), "schema": schema, "strict": _is_closed(schema)}
        return model.bind(response_format={"type": "json_schema", "json_schema": wire})
    return model.with_structured_output(schema, method="json_schema", include_raw=True)


def _is_closed(node: Any) -> bool:
    """Whether no object of the schema is open (a ``dict`` field is): strict modes refuse those."""
    if isinstance(node, list):
        return all(map(_is_closed, node))
    if not isinstance(node, dict):
        return True
    is_open = node.get("type") == "object" and node.get("additionalProperties") is not False
    return not is_open and all(map(_is_closed, node.values()))


def _completion_of(error: BaseException) -> AIMessage | None:
    """The reply that the SDK hides in an error when it was cut off or filtered under a schema."""
    import openai

    if isinstance(error, openai.ContentFilterFinishReasonError):
        return AIMessage("", response_metadata={"finish_reason": "content_filter"})
    if not isinstance(error, openai.LengthFinishReasonError):
        return None
    choice, used = error.completion.choices[0], error.completion.usage
    message = AIMessage(choice.message.content or "", response_metadata={"finish_reason": "length"})
    if used is not None:
        message.usage_metadata = {
            "input_tokens": used.prompt_tokens,
            "output_tokens": used.completion_tokens,
            "total_tokens": used.total_tokens,
        }
    return message


def _is_mistake(error: Exception) -> bool:
    """Whether this is a mistake in a program (``TypeError``, ...) and not what happened to a call."""
    happened = (OSError, ValueError, RuntimeError)
    return type(error).__module__ == "builtins" and not isinstance(error, happened)


def _explained(model: BaseChatModel, error: Exception) -> QAGenError:
    """Our error for what a provider's package raised."""
    text = _without_keys(_said(error)) or type(error).__name__
    status = getattr(error, "status_code", None)
    code = getattr(error, "code", None)
    if status == _TOO_MANY and never_clears(code):
        reason = f"the account's quota or credit is used up ({code})"
    elif status in _HOPELESS:
        reason = _HOPELESS[status]
    else:
        return GenerationError(f"{model_name(model)}: {type(error).__name__}: {text}", state="failed")
    return ModelError(
        f"the model {model_name(model)} cannot be used: {reason}. The service said: {text}. "
        "Everything finished is kept; correct this and run the same command again."
    )


def _said(error: Exception) -> str:
    """What an error says, on one line: without a connection to whom, and of a web page its words only."""
    page = "<html" in str(error).lower()
    text = " ".join((_TAG.sub(" ", str(error)) if page else str(error)).split())
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    request = getattr(error, "request", None)
    if request is None or getattr(error, "status_code", None) is not None:
        return text
    url = urlsplit(str(getattr(request, "url", "")))
    host = url.netloc.rpartition("@")[2]  # without a login
    told = f"{text} {error.__cause__ or ''}".rstrip()
    return f"{told} (asked: {url.scheme}://{host}; is the address right, and does the service run?)"


def _without_keys(text: str) -> str:
    """Services repeat a part of the key in their errors; none of it is kept."""
    return _KEYS.sub(r"\1-***", text)
