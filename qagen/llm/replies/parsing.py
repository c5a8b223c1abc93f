"""From a model's reply to a value: read what is there, repair what is free, and only then ask again.

The order of :meth:`OutputFixingParser.read`: what the provider parsed; JSON in the text, with fences, prose
or thinking around it; free repair of the JSON and of its shape; the whole items of a reply cut off in the
middle. :meth:`OutputFixingParser.fix` then asks the model, which sees the passage, its reply and the exact
error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, Protocol, TypeVar

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from pydantic import BaseModel, ConfigDict, Field, SkipValidation
from typing_extensions import override

from qagen.errors import QAGenError
from qagen.llm.replies.instructions import compact_schema, example_of
from qagen.llm.replies.json_values import CUT, Found, next_value
from qagen.llm.replies.message import ReplyText, without_thoughts
from qagen.llm.replies.shaping import Fit, faults, fit, item_list, recognised

if TYPE_CHECKING:
    from langchain_core.prompt_values import PromptValue

T = TypeVar("T", bound=BaseModel)
State = Literal["refused", "empty", "no_pairs", "invalid"]
Send = Callable[[list[BaseMessage]], BaseMessage]

_FENCE = re.compile(r"```[\w+-]*")
_EFFORT = 100_000
_LEAST_EFFORT = 1000
_MAX_OTHERS = 1000
_MAX_SHOWN = 20_000
_MAX_TOLD = 10

_COMPLAINTS: Mapping[State, str] = {
    "empty": "Your reply was empty.",
    "no_pairs": "{error}\nIf the text above states anything, write the items it supports. If it states "
    "nothing, give the empty list again. Make nothing up.",
    "invalid": "{error}\nWrite the whole reply again without this error. Keep what it says, and add nothing "
    "that the text above does not state.",
}
_BARE_REQUEST = (
    "This reply has an error:\n\n{reply}\n\nThe error: {error}\nWrite the whole reply again without this "
    "error. Keep what it says and add nothing."
)


class ReplyError(QAGenError, OutputParserException):
    """A reply that cannot be used: ``state`` says how it ended, ``reply`` is its text.

    ``cut_off`` tells that it ended in the middle, so that asking for less at once may help.
    """

    def __init__(self, message: str, *, state: State, reply: str, cut_off: bool = False) -> None:
        super().__init__(message)
        self.args = (message,)  # without the link that LangChain appends
        self.state: State = state
        self.reply = reply
        self.cut_off = cut_off
        self.llm_output = reply


@dataclass(frozen=True)
class Reading(Generic[T]):
    """A value read from a reply, whether the reply was cut off behind it, and the steps it took."""

    value: T
    cut_off: bool = False
    steps: tuple[str, ...] = ()


class ReplyReader(Protocol[T]):
    """Makes a value of a reply: what :func:`qagen.llm.asking.ask` needs of a parser."""

    @property
    def pydantic_object(self) -> type[T]:
        """What the value is."""

    @property
    def schema_text(self) -> str:
        """What a reply must be, as text: a part of the key of a call."""

    def fix(self, message: BaseMessage | str, *, prompt: Sequence[BaseMessage], send: Send) -> Reading[T]:
        """The value of a reply to ``prompt``; ``send`` asks the model again. Raises :class:`ReplyError`."""


class PlainAnswer(BaseModel):
    """A reply in plain words, without thinking and white space around it; it may be empty."""

    model_config = ConfigDict(frozen=True)

    text: str


class PlainReader:
    """Takes a reply as it stands, also an empty one and one that was cut off: nothing is asked again."""

    pydantic_object = PlainAnswer
    schema_text = "plain text"

    def fix(
        self,
        message: BaseMessage | str,
        *,
        prompt: Sequence[BaseMessage] = (),  # noqa: ARG002 - what a reader is given
        send: Send | None = None,  # noqa: ARG002 - what a reader is given
    ) -> Reading[PlainAnswer]:
        """The text of a reply.

        Raises:
            ReplyError: The service withheld it; ``state`` is ``refused``.
        """
        reply = ReplyText.of(message)
        if reply.withheld:
            why = f"The service withheld the reply (finish reason {reply.withheld!r})."
            raise ReplyError(why, state="refused", reply=reply.text)
        text = without_thoughts(reply.text.removeprefix("\ufeff").strip()).strip()
        return Reading(PlainAnswer(text=text or reply.refusal), cut_off=reply.at_limit)


class OutputFixingParser(BaseOutputParser[T], Generic[T]):
    """Reads a model's reply into ``pydantic_object``, and has the model repair what cannot be read.

    Use it by itself (:meth:`read`, :meth:`fix`) or as any LangChain output parser (``model | parser``). With
    ``llm`` set, ``parse`` and its kin ask that model for up to ``max_repairs`` repairs; without, they raise.

    Every way to read raises :class:`ReplyError` for a reply that cannot be used.
    """

    pydantic_object: Annotated[type[T], SkipValidation()]
    llm: BaseChatModel | None = None
    max_repairs: int = Field(default=2, ge=0)

    def read(self, message: BaseMessage | str) -> Reading[T]:
        """The value of a reply, without asking any model.

        Raises:
            ReplyError: There is none.
        """
        reply = ReplyText.of(message)
        if reply.refusal:
            raise ReplyError(f"The model refused: {reply.refusal}", state="refused", reply=reply.text)
        reading = self._provided(reply.parsed)
        return self._read_text(reply) if reading is None else reading

    def fix(self, message: BaseMessage | str, *, prompt: Sequence[BaseMessage], send: Send) -> Reading[T]:
        """The value of a reply, repaired by a model where it has to be.

        A repair sees ``prompt`` (and so the passage), the reply and the exact error. A refusal is final, and
        so is a reply that ended at its token limit, since a repair would end there too.

        Args:
            message: The reply.
            prompt: The messages it answers; empty if unknown, and then only the form of a reply is repaired.
            send: Asks the model.

        Raises:
            ReplyError: There is no value after ``max_repairs`` repairs; it is the error of the last reply.
        """
        repairs = 0
        while True:
            try:
                reading = self.read(message)
                return replace(reading, steps=(*reading.steps, *["llm_repair"] * repairs))
            except ReplyError as error:
                reply = ReplyText.of(message)
                hopeless = error.state == "refused" or reply.at_limit
                unseen = not prompt and error.state != "invalid"
                if hopeless or unseen or repairs >= self.max_repairs:
                    raise
                request = self._request(error, reply.body, prompt)
            repairs += 1
            message = send(request)

    @override
    def parse(self, text: str) -> T:
        """The value of a reply's text."""
        return self._value(text, prompt=())

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> T:
        """The value of the first generation, whose message tells how it ended; partial: without repair."""
        [generation, *_] = result
        message = generation.message if isinstance(generation, ChatGeneration) else generation.text
        return self.read(message).value if partial else self._value(message, prompt=())

    @override
    def parse_with_prompt(self, completion: str, prompt: PromptValue) -> T:
        """The value of a reply's text; a repair sees the prompt it answers."""
        return self._value(completion, prompt=prompt.to_messages())

    @override
    def get_format_instructions(self) -> str:
        """The JSON schema without its noise, and the shape of a reply."""
        schema = self.pydantic_object.model_json_schema()
        schema.pop("description", None)
        compact = compact_schema(schema, schema.get("$defs", {}))
        return (
            "Reply with the JSON object only: no introduction, no explanation, no code fence.\n"
            f"JSON schema: {json.dumps(compact, ensure_ascii=False)}\n"
            f"Shape: {json.dumps(example_of(compact), ensure_ascii=False)}"
        )

    @cached_property
    def schema_text(self) -> str:
        """The JSON schema of ``pydantic_object`` as text."""
        return json.dumps(self.pydantic_object.model_json_schema(), sort_keys=True)

    @property
    def _type(self) -> str:
        return "qagen_output_fixing"

    @property
    @override
    def OutputType(self) -> type[T]:
        """The pydantic model."""
        return self.pydantic_object

    def _value(self, message: BaseMessage | str, *, prompt: Sequence[BaseMessage]) -> T:
        model = self.llm
        if model is None:
            return self.read(message).value
        from qagen.llm.sending import send

        return self.fix(message, prompt=prompt, send=lambda messages: send(model, messages)).value

    def _provided(self, parsed: Any) -> Reading[T] | None:
        """The value of what the provider's package has parsed, if it is one."""
        if parsed is None:
            return None
        data = parsed.model_dump(by_alias=True) if isinstance(parsed, BaseModel) else parsed
        result = fit([data], self.pydantic_object)
        if result.value is None:
            return None
        if isinstance(parsed, self.pydantic_object) and not result.dropped:
            return Reading(parsed, steps=("provider",))
        return Reading(result.value, steps=("provider", *_shape_steps(result)))

    def _read_text(self, reply: ReplyText) -> Reading[T]:
        usable, others = self._values(reply.body)
        result = fit([found.value for found in usable], self.pydantic_object)
        if result.value is None:
            raise self._error(reply, usable, others, result)
        cut = any(found.cut for found in usable)
        if not result.listed:  # JSON Lines have no end of their own
            cut = cut or reply.at_limit or any(found.cut for found in others)
        steps = (
            *reply.steps,
            *_text_steps(reply.body, usable),
            *_shape_steps(result),
            *_lost(usable, others),
        )
        return Reading(result.value, cut, steps)

    def _values(self, text: str) -> tuple[list[Found], list[Found]]:
        """The JSON values in a text that are meant as the model, and those that are not."""
        usable: list[Found] = []
        others: list[Found] = []
        position = 0
        effort = _EFFORT + 6 * len(text)
        while effort > 0 and len(others) < _MAX_OTHERS:
            found = next_value(text, position)
            if found is None:
                return usable, others
            bare = found.cut and found.value in ([], {CUT: True})
            if found.value is not None and not bare and recognised(found.value, self.pydantic_object):
                usable.append(found)
                position = found.end
            else:
                others.append(found)
                effort -= max(found.end - found.start, _LEAST_EFFORT) if found.problem else 0
                position = found.start + 1 if found.problem else found.end
        if usable:  # what comes after so much that cannot be read counts as cut off, and is asked for again
            others.append(Found(None, position, len(text), cut=True, problem="too much cannot be read"))
        return usable, others

    def _error(
        self, reply: ReplyText, usable: Sequence[Found], others: Sequence[Found], result: Fit[T]
    ) -> ReplyError:
        cut = any(found.cut for found in usable or others) or (reply.at_limit and not usable)
        name = self.pydantic_object.__name__
        state: State = "invalid"
        if reply.withheld:
            state, why = "refused", f"The service withheld the reply (finish reason {reply.withheld!r})."
        elif result.faults:
            why = _told(name, usable, result.faults)
        elif cut:
            state = "invalid" if item_list(self.pydantic_object) is None else "no_pairs"
            where = "at its token limit" if reply.at_limit else "in the middle"
            why = f"The reply ends {where}, before anything whole for {name}."
        elif usable:
            state, why = "no_pairs", f"The reply has the form of {name} but its list is empty."
        elif others:
            why = self._told_others(others)
        else:
            state, why = _prose_verdict(reply, name)
        return ReplyError(why, state=state, reply=reply.text, cut_off=cut)

    def _told_others(self, others: Sequence[Found]) -> str:
        model = self.pydantic_object
        values = [found.value for found in others[:_MAX_TOLD] if found.value is not None]
        wrong = [fault for value in values for fault in faults(value, model)]
        return _told(model.__name__, others, wrong)

    def _request(self, error: ReplyError, body: str, prompt: Sequence[BaseMessage]) -> list[BaseMessage]:
        shown = body if len(body) <= _MAX_SHOWN else body[:_MAX_SHOWN] + " […]"
        form = "\n\n" + self.get_format_instructions()
        if not prompt:
            return [HumanMessage(_BARE_REQUEST.format(reply=shown, error=error) + form)]
        # some chat templates want the roles to alternate, and no empty message
        said = AIMessage(shown or "(empty reply)")
        return [*prompt, said, HumanMessage(_COMPLAINTS[error.state].format(error=error) + form)]


def _told(name: str, values: Sequence[Found], wrong: Sequence[str]) -> str:
    problems = [f"JSON: {found.problem}" for found in values if found.problem]
    lines = list(dict.fromkeys([*problems[:2], *wrong]))[:_MAX_TOLD]
    return f"The reply cannot be read as {name}. " + "; ".join(lines or ["It has another form"]) + "."


def _prose_verdict(reply: ReplyText, name: str) -> tuple[State, str]:
    """How a reply without JSON ended."""
    if not reply.body:
        return "empty", "The reply is empty" + (" after its thinking." if reply.text.strip() else ".")
    plain = reply.body.replace("’", "'")
    if reply.declines():
        return "refused", f"The model refused: {plain}"
    return "invalid", f"The reply cannot be read as {name}. It has no JSON object; it begins {plain[:80]!r}."


def _text_steps(body: str, usable: Sequence[Found]) -> Iterator[str]:
    edges = [0, *(edge for found in usable for edge in (found.start, found.end)), len(body)]
    outside = "".join(body[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
    around, fences = _FENCE.subn("", outside)
    if fences:
        yield "fences"
    if around.strip(" \t\r\n,;"):
        yield "prose"
    yield from dict.fromkeys(step for found in usable for step in found.steps)


def _shape_steps(result: Fit[Any]) -> Iterator[str]:
    if result.reshaped:
        yield "reshaped"
    if result.dropped:
        yield f"dropped {result.dropped} invalid item{'s' if result.dropped > 1 else ''}"


def _lost(usable: Sequence[Found], others: Sequence[Found]) -> Iterator[str]:
    """What looks like JSON, cannot be read, and is not merely around what can."""
    broken = [found for found in others if found.problem and found.value is None]
    lost = sum(not any(found.start < part.start < found.end for part in usable) for found in broken)
    if lost:
        yield f"dropped {lost} unreadable value{'s' if lost > 1 else ''}"


# --- what a message says ---


# --- format instructions ---
