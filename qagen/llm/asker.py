"""A model, and how it is asked: what every stage after writing needs, in one value."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel

from qagen.llm.asking import Answer, Asked, Question, ask
from qagen.llm.embedded import workers_for
from qagen.llm.ledger import Ledger
from qagen.llm.models import chat_model, has_native_schema, is_local
from qagen.llm.prompting import prompt_id, prompt_messages
from qagen.llm.replies import OutputFixingParser, wire_schema
from qagen.llm.running import Progress, in_order

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.prompts import ChatPromptTemplate

T = TypeVar("T", bound=BaseModel)
W = TypeVar("W")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Asker:
    """A model with what decides how it is asked.

    Attributes:
        asked: The model, its name, identity and prices.
        native: The provider holds a reply to a JSON schema.
        small: A model of a few billion parameters: it needs short tasks, worked examples, tight schemas.
        workers: Calls in flight at once.
        language: The language to write in; ``None``: that of the text.
        ledger: Where calls are kept and found again; ``None``: nowhere.
        config: LangChain's configuration.
        bar: Told of work to come, of calls and of work that has ended.
    """

    asked: Asked
    native: bool
    small: bool
    workers: int
    language: str | None = None
    ledger: Ledger | None = None
    config: RunnableConfig | None = None
    bar: Progress | None = None

    @classmethod
    def of(
        cls,
        llm: str | BaseChatModel,
        *,
        language: str | None = None,
        ledger: Ledger | None = None,
        config: RunnableConfig | None = None,
        base_url: str | None = None,
        announce: Callable[[str], None] | None = None,
        max_concurrency: int | None = None,
        native: bool | None = None,
        small: bool | None = None,
        **params: Any,
    ) -> Asker:
        """An asker of a model by its name, or of any LangChain chat model.

        Args:
            llm: The model.
            language: See the attributes, as for ``ledger`` and ``config``.
            ledger: The same.
            config: The same.
            base_url: Of a server that speaks the OpenAI wire, when ``llm`` is a name.
            announce: Told, in a line, of a download that is about to start.
            max_concurrency: Calls in flight at once. By default 16; two for the embedded model.
            native: Whether the provider holds replies to a schema, if that is not to be found out.
            small: Whether the model is a small one, if that is not to be found out.
            **params: What the model of a name is made with.

        Raises:
            SettingsError: The name cannot be used.
            ModelError: The model cannot be made.
        """
        model = chat_model(llm, base_url=base_url, announce=announce, **params)
        local = is_local(model)
        return cls(
            asked=Asked.of(model),
            native=has_native_schema(model) if native is None else native,
            small=local if small is None else small,
            workers=workers_for(max_concurrency, local=local),
            language=language,
            ledger=ledger,
            config=config,
        )

    def ask(
        self,
        prompt: ChatPromptTemplate,
        variables: Mapping[str, str],
        reply: type[T],
        *,
        stage: str,
        source: str,
        passage: str,
        schema: dict[str, Any] | None = None,
        attempt: int = 1,
    ) -> Answer[T]:
        """One structured call; ``Answer.value`` is ``None`` when it gave nothing, and ``state`` says why.

        Args:
            prompt: Its name and version stand in its ``metadata``.
            variables: What it is filled with; ``format_instructions`` are added where they are needed.
            reply: What a reply must be.
            stage: The stage that asks, for the ledger.
            source: The document, or the first of several.
            passage: The passage, or what else names the call.
            schema: A tighter JSON schema than that of ``reply``, for an engine that enforces it.
            attempt: From 2 on the very same is asked anew, and the ledger keeps it apart.

        Raises:
            ModelError: The model cannot be used at all.
            BudgetError: The budget of the run is used up; nothing was asked.
        """
        question = self.question(
            prompt,
            variables,
            _parser_of(reply),
            stage=stage,
            source=source,
            passage=passage,
            schema=schema,
            attempt=attempt,
        )
        answer = self.answer(question)
        if self.bar:
            self.bar.answered(answer)
        return answer

    def question(
        self,
        prompt: ChatPromptTemplate,
        variables: Mapping[str, str],
        parser: OutputFixingParser[T],
        *,
        stage: str,
        source: str,
        passage: str,
        schema: dict[str, Any] | None = None,
        attempt: int = 1,
    ) -> Question[T]:
        """What is asked in one call, in the form that the model needs; for the arguments see :meth:`ask`.

        A model whose provider holds it to a schema is sent that of the parser, or the tighter one; another
        is told it in the prompt.
        """
        instructions = "" if self.native else parser.get_format_instructions()
        return Question(
            messages=prompt_messages(prompt, variables, format_instructions=instructions),
            parser=parser,
            stage=stage,
            source=source,
            passage=passage,
            prompt=prompt_id(prompt),
            schema=(schema or _wire_schema_of(parser.pydantic_object)) if self.native else None,
            attempt=attempt,
        )

    def answer(self, question: Question[T]) -> Answer[T]:
        """The answer to a question, from the ledger if it has it; the bar is not told."""
        return ask(self.asked, question, ledger=self.ledger, config=self.config)

    def each(self, work: Callable[[W], R], items: Iterable[W]) -> Generator[R, None, None]:
        """The work of each item, in threads, the results in their order. Close it when leaving early."""
        bar = self.bar
        if bar is None:
            return in_order(work, items, workers=self.workers)

        def counted(item: W) -> R:
            result = work(item)
            bar.ended()
            return result

        listed = list(items)
        bar.expect(len(listed))
        return in_order(counted, listed, workers=self.workers, stopping=bar.stopping)

    def writing(self, language: str | None) -> Asker:
        """The same, writing in another language."""
        return replace(self, language=language)


@cache
def _parser_of(reply: type[T]) -> OutputFixingParser[T]:
    return OutputFixingParser(pydantic_object=reply)


_wire_schema_of = cache(wire_schema)
