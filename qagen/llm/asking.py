"""The one structured call: prompt → model → parse → repair → ledger.

Every stage asks through :func:`ask`; nothing else in the library calls a model. So resuming, counting, costs
and the handling of errors are made once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel

from qagen.errors import GenerationError
from qagen.llm.budget import Budget
from qagen.llm.ledger import Call, CallState, Entry, Ledger
from qagen.llm.models import Pricing, identity, is_local, model_name, pricing
from qagen.llm.replies import Reading, ReplyError, ReplyReader, Silence, readable
from qagen.llm.sending import send, without_keys
from qagen.records import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T", bound=BaseModel)


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
        silence: Its empty replies in a row.
    """

    model: BaseChatModel
    name: str
    identity: str
    cost: Pricing
    silence: Silence = field(default_factory=Silence, compare=False, repr=False)

    @classmethod
    def of(cls, model: BaseChatModel) -> Asked:
        """The model with its name and identity."""
        return cls(model, model_name(model), json.dumps(identity(model), sort_keys=True), pricing(model))


def ask(
    asked: Asked, question: Question[T], *, ledger: Ledger | None = None, config: RunnableConfig | None = None
) -> Answer[T]:
    """Ask once, unless the ledger already knows the answer.

    Raises:
        ModelError: The model cannot be used at all (wrong key, no quota, unknown model), or its last replies
            were all empty and used tokens; what they used is in the ledger.
        BudgetError: The ledger has a budget, and it is used up; nothing was asked.
        RunFolderError: The ledger cannot be written.
    """
    if ledger is None:
        asked.silence.check(asked.name)
        entry = _entry_of_call(asked, question, config)
        asked.silence.check(asked.name)
        return _answer_of_entry(question, entry)
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
        return _answer_of_entry(question, known)
    with ExitStack() as given_up:
        given_up.callback(ledger.release, call.key)
        asked.silence.check(asked.name)
        entry = _entry_within(ledger.budget, asked, question, config)
        given_up.pop_all()
    entry = ledger.finish(call.key, entry)
    asked.silence.check(asked.name)
    return _answer_of_entry(question, entry)


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


def _entry_within(
    budget: Budget | None, asked: Asked, question: Question[T], config: RunnableConfig | None
) -> Entry:
    if budget is None:
        return _entry_of_call(asked, question, config)
    with budget.call(question.messages, asked.cost) as spent:
        entry = _entry_of_call(asked, question, config)
        spent.append(entry.usage)
    return entry


def _entry_of_call(asked: Asked, question: Question[T], config: RunnableConfig | None) -> Entry:
    """Send, read, repair; the entry for the ledger."""
    spent = _Spent(asked)
    last = ""

    def send_counted(messages: list[BaseMessage]) -> AIMessage:
        nonlocal last
        if spent.tries and asked.silence.is_long:
            raise ReplyError(asked.silence.told(asked.name), state="empty", reply=last)
        message = send(asked.model, messages, schema=question.schema, config=_named_config(config, question))
        spent.add(message)
        if not question.parser.takes_silence:
            asked.silence.heard(message, first=spent.tries == 1)
        last = readable(str(message.text))  # half a character can be sent, but not stored
        return message

    try:
        message = send_counted(list(question.messages))
        reading = question.parser.fix(message, prompt=question.messages, send=send_counted)
    except ReplyError as error:
        silent = error.state == "empty" and asked.silence.is_long
        told = asked.silence.told(asked.name) if silent else str(error)
        entry = Entry(state=error.state, reply=last, error=without_keys(told))
        if error.cut_off:
            entry = replace(entry, state="cut_off")
    except GenerationError as error:
        entry = Entry(state="failed", reply=last, error=without_keys(str(error)))
    else:
        entry = _entry_of_reading(reading, last)
    usage = spent.usage.model_copy(update={"calls": 1, "asked": max(spent.tries, 1)})
    return replace(entry, usage=usage, attempts=max(spent.tries, 1))


def _entry_of_reading(reading: Reading[T], reply: str) -> Entry:
    state: CallState = "cut_off" if reading.cut_off else "done"
    return Entry(
        state=state, reply=reply, value=reading.value.model_dump_json(), error="; ".join(reading.steps)
    )


def _answer_of_entry(question: Question[T], entry: Entry) -> Answer[T]:
    value = None
    if entry.value is not None:
        value = question.parser.pydantic_object.model_validate_json(entry.value)
    return Answer(
        state=entry.state, value=value, error=entry.error, usage=entry.usage, cut_off=entry.state == "cut_off"
    )


def _named_config(config: RunnableConfig | None, question: Question[Any]) -> RunnableConfig:
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
