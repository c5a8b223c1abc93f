"""From a model's reply to a value: read what is there, repair what is free, and only then ask again.

The order of :meth:`OutputFixingParser.read`: what the provider parsed; JSON in the text, with fences, prose
or thinking around it; free repair of the JSON and of its shape; the whole items of a reply cut off in the
middle. :meth:`OutputFixingParser.fix` then asks the model, which sees the passage, its reply and the exact
error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Generic, Protocol, TypeVar

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from pydantic import BaseModel, ConfigDict, Field, SkipValidation
from typing_extensions import override

from qagen.errors import QAGenError
from qagen.llm.replies.instructions import compact_schema, example_of
from qagen.llm.replies.message import ReplyText
from qagen.llm.replies.reply_values import ReplyValues, State
from qagen.llm.replies.shaping import fit
from qagen.llm.replies.thoughts import without_thoughts

if TYPE_CHECKING:
    from langchain_core.prompt_values import PromptValue

T = TypeVar("T", bound=BaseModel)
Send = Callable[[list[BaseMessage]], BaseMessage]

_MAX_SHOWN = 20_000

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

    @property
    def takes_silence(self) -> bool:
        """Whether an empty reply is an answer like others, however many there are."""

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
    takes_silence = True

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
        return self._read_any(reply) if reading is None else reading

    def fix(self, message: BaseMessage | str, *, prompt: Sequence[BaseMessage], send: Send) -> Reading[T]:
        """The value of a reply, repaired by a model where it has to be.

        A repair sees ``prompt`` (and so the passage), the reply and the exact error. A refusal is final, and
        so is a reply that ended at its token limit, since a repair would end there too, and an empty list
        that the model gives a second time.

        Args:
            message: The reply.
            prompt: The messages it answers; empty if unknown, and then only the form of a reply is repaired.
            send: Asks the model.

        Raises:
            ReplyError: There is no value after ``max_repairs`` repairs; it is the error of the last reply.
        """
        repairs = 0
        said_none = False
        while True:
            try:
                reading = self.read(message)
                return replace(reading, steps=(*reading.steps, *["llm_repair"] * repairs))
            except ReplyError as error:
                reply = ReplyText.of(message)
                hopeless = error.state == "refused" or reply.at_limit
                unseen = not prompt and error.state != "invalid"
                settled = said_none and error.state == "no_pairs"  # it has looked again, and says the same
                if hopeless or unseen or settled or repairs >= self.max_repairs:
                    raise
                said_none = error.state == "no_pairs"
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
    def takes_silence(self) -> bool:
        """An empty reply is none."""
        return False

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
        from qagen.llm import send

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
        return Reading(result.value, steps=("provider", *result.steps()))

    def _read_any(self, reply: ReplyText) -> Reading[T]:
        """The value of the text, or of the arguments of the tool calls beside it."""
        try:
            return self._read_text(reply)
        except ReplyError:
            if not reply.arguments:
                raise
        return self._read_text(reply.of_arguments())

    def _read_text(self, reply: ReplyText) -> Reading[T]:
        values = ReplyValues.of(reply, self.pydantic_object)
        result = fit([found.value for found in values.usable], self.pydantic_object)
        if result.value is None:
            state, why = values.verdict(result)
            raise ReplyError(why, state=state, reply=reply.text, cut_off=values.ends_early)
        steps = (*reply.steps, *values.steps(), *result.steps(), *values.lost())
        return Reading(result.value, values.is_cut(result), steps)

    def _request(self, error: ReplyError, body: str, prompt: Sequence[BaseMessage]) -> list[BaseMessage]:
        shown = body if len(body) <= _MAX_SHOWN else body[:_MAX_SHOWN] + " […]"
        form = "\n\n" + self.get_format_instructions()
        if not prompt:
            return [HumanMessage(_BARE_REQUEST.format(reply=shown, error=error) + form)]
        # some chat templates want the roles to alternate, and no empty message
        said = AIMessage(shown or "(empty reply)")
        return [*prompt, said, HumanMessage(_COMPLAINTS[error.state].format(error=error) + form)]
