"""From passages to pairs: QAGenerator."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import BaseModel

from qagen.documents import identified, nothing_read, stream_passages
from qagen.errors import BudgetError, DocumentError, GenerationError, SettingsError
from qagen.llm import Answer, Asker, Ledger, Progress, Question, in_order, prompt_id
from qagen.llm.replies import OutputFixingParser
from qagen.pairs import LEDGER, Outcome, QADataset
from qagen.pairs.writing.eaten import CONTROL_CHARACTER, PassageSpelling, is_damaged, told_damage
from qagen.pairs.writing.making import make_pair
from qagen.pairs.writing.outcomes import curated, to_folder, to_memory
from qagen.pairs.writing.parts import rest_of
from qagen.pairs.writing.prompts import QA_PROMPT, as_chat_prompt, passage_variables
from qagen.pairs.writing.schemas import Item, ReplySchema
from qagen.pairs.writing.small_filters import judged
from qagen.pairs.writing.small_prompt import (
    CHUNK_TOKENS,
    CONTEXT_TOKENS,
    MAX_TOKENS,
    SMALL_QA_PROMPT,
    prompt_variables,
)
from qagen.pairs.writing.small_schema import reply_schema
from qagen.records import Dropped, Failure, Passage, QACollection, QAPair

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForChainRun
    from langchain_core.language_models import BaseChatModel
    from langchain_core.prompts import BasePromptTemplate
    from langchain_text_splitters import TextSplitter

Handling = Literal["auto", "large", "small"]
Structured = Literal["auto", "native", "prompt"]

STAGE = "write"
NOT_ASKED = "not_asked"


LARGE_CHUNK_TOKENS = 800
"""Tokens of a passage for a hosted model, at most, where no other size is asked for."""


class QAGenerator(Runnable[Document, list[QAPair]]):
    """Writes question-answer pairs about documents: a recursive token splitter, a prompt, a fixing parser.

    A LangChain ``Runnable`` from ``Document`` to ``list[QAPair]``; :meth:`generate` is for many documents.

    Args:
        llm: A model's name (see :func:`qagen.chat_model`) or any LangChain chat model.
        prompt: A string, ``PromptTemplate`` or ``ChatPromptTemplate`` that uses ``{text}``; by default
            :data:`qagen.QA_PROMPT`, or for a small model one with worked examples.
        schema: What a reply must be: a pydantic model with one list field whose items have ``question`` and
            ``answer``. Further fields of the items travel in ``QAPair.extra``.
        splitter: A LangChain ``TextSplitter`` instead of qagen's own.
        chunk_size: Tokens of a passage, at most. By default 800, for a small model fewer.
        context_tokens: Tokens of preceding text that a passage is read with. By default 300.
        chunk_overlap: Above 0, the classic recipe of overlapping passages without context.
        language: The language to write in; ``None``: that of the text.
        structured: ``"native"``: the provider holds the reply to the schema; ``"prompt"``: format
            instructions in the prompt; ``"auto"``: native when the model is known to have it.
        handling: ``"small"`` asks as a model of a few billion parameters needs it (short passages, worked
            examples, deterministic filters); ``"auto"``: small for the embedded model, else large.
        max_repairs: How often a reply that cannot be read is sent back for repair.
        max_concurrency: Calls in flight at once. By default 16; two for the embedded model.
        base_url: Of a server that speaks the OpenAI wire, when ``llm`` is a name.
        announce: Told, in a line, of a download of the embedded model that is about to start.

    Raises:
        SettingsError: The model's name, the prompt, the schema or a number cannot be used.
        ModelError: The model cannot be made.
    """

    def __init__(
        self,
        llm: str | BaseChatModel = "local",
        *,
        prompt: str | BasePromptTemplate[Any] | None = None,
        schema: type[BaseModel] = QACollection,
        splitter: TextSplitter | None = None,
        chunk_size: int | None = None,
        context_tokens: int | None = None,
        chunk_overlap: int = 0,
        language: str | None = None,
        structured: Structured = "auto",
        handling: Handling = "auto",
        max_repairs: int = 2,
        max_concurrency: int | None = None,
        base_url: str | None = None,
        announce: Callable[[str], None] | None = None,
    ) -> None:
        _check_choice("structured", structured, Structured)
        _check_choice("handling", handling, Handling)
        self.schema = ReplySchema.of(schema)
        written = None if prompt is None else as_chat_prompt(prompt)
        embedded = isinstance(llm, str) and llm.split(":")[0] == "local" and not base_url
        bounds: dict[str, Any] = {"max_tokens": MAX_TOKENS} if embedded else {}
        self._asker = Asker.of(
            llm,
            language=language,
            base_url=base_url,
            announce=announce,
            max_concurrency=max_concurrency,
            native={"native": True, "prompt": False}.get(structured),
            small={"small": True, "large": False}.get(handling),
            **bounds,
        )
        if self.max_concurrency < 1:
            raise SettingsError(f"max_concurrency must be at least 1, not {max_concurrency}")
        self.prompt = written or (SMALL_QA_PROMPT if self.small else QA_PROMPT)
        self.given_prompt = self.prompt  # to the other, at_most adds a bound
        self.parser: OutputFixingParser[BaseModel] = OutputFixingParser(
            pydantic_object=schema, max_repairs=max_repairs
        )
        own_size, own_context = (CHUNK_TOKENS, CONTEXT_TOKENS) if self.small else (LARGE_CHUNK_TOKENS, 300)
        self._splitting: dict[str, Any] = {
            "splitter": splitter,
            "chunk_size": chunk_size or own_size,
            "context_tokens": own_context if context_tokens is None else context_tokens,
            "chunk_overlap": chunk_overlap,
        }

    @property
    def llm(self) -> BaseChatModel:
        """The model."""
        return self._asker.asked.model

    @property
    def native(self) -> bool:
        """Whether the provider holds replies to the schema."""
        return self._asker.native

    @property
    def small(self) -> bool:
        """Whether it asks as a small model needs it."""
        return self._asker.small

    @property
    def language(self) -> str | None:
        """The language to write in; ``None``: that of the text."""
        return self._asker.language

    @property
    def max_concurrency(self) -> int:
        """Calls in flight at once."""
        return self._asker.workers

    @property
    def prompt_name(self) -> str:
        """What pairs name as their prompt."""
        return prompt_id(self.prompt)

    def invoke(self, input: Document, config: RunnableConfig | None = None, **kwargs: Any) -> list[QAPair]:  # noqa: A002 - Runnable's own name
        """The pairs of one document.

        Raises:
            GenerationError: A passage ended without an answer; ``state`` says how.
            DocumentError: The document has no text.
        """
        return self._call_with_config(self._invoke, input, config, **kwargs)

    def generate(
        self,
        documents: Iterable[Document],
        *,
        out: str | Path | None = None,
        limit: int | None = None,
        progress: bool = True,
        config: RunnableConfig | None = None,
        on_pair: Callable[[QAPair], None] | None = None,
        unread: Sequence[Failure] = (),
    ) -> QADataset:
        """The pairs of many documents. It never stops at one bad passage: that ends in ``failures``.

        Args:
            documents: Read one at a time; they may be a generator.
            out: The run folder. What its ledger has is not asked again; ``None`` keeps everything in memory.
            limit: At most so many passages.
            progress: Show a progress bar.
            config: LangChain's configuration: callbacks, tags, metadata reach every model call.
            on_pair: Called with each kept pair, in order.
            unread: Failures from reading the documents, to be reported with the others; may still grow while
                documents are read.

        Raises:
            ModelError: The model cannot be used; what was finished is kept in the run folder.
            RunFolderError: The run folder cannot be used.
            DocumentError: There is no text in any document.
            KeyboardInterrupt: After Ctrl-C, when the calls in flight have been stored.
        """
        folder = None if out is None else Path(out)
        with Ledger(folder / LEDGER if folder else None) as ledger, Progress(show=progress) as bar:
            passages = self.passages(documents, ledger=ledger if folder else None, limit=limit, unread=unread)
            with closing(self.write(passages, ledger=ledger, bar=bar, config=config)) as work:
                outcomes = curated(work, on_pair)
                return to_folder(outcomes, folder, ledger, unread) if folder else to_memory(outcomes, unread)

    def write(
        self,
        passages: Iterable[Passage],
        *,
        ledger: Ledger,
        bar: Progress,
        config: RunnableConfig | None = None,
    ) -> Generator[Outcome, None, None]:
        """What each passage gives, in their order, asked in threads. Close it when leaving early."""

        def answer(passage: Passage) -> Outcome:
            try:
                outcome = self.answer(passage, ledger=ledger, config=config)
            except BudgetError as error:
                outcome = Outcome.failed(passage, NOT_ASKED, str(error))
            bar.done(outcome)
            return outcome

        counted = bar.counted(passages)
        return in_order(answer, counted, workers=self.max_concurrency, stopping=bar.stopping)

    def asker(self, *, ledger: Ledger | None = None, config: RunnableConfig | None = None) -> Asker:
        """The generator's model, as the other stages ask it."""
        return replace(self._asker, ledger=ledger, config=config)

    def at_most(self, pairs: int) -> QAGenerator:
        """The same, asking for at most so many pairs of a passage. A prompt of the user's stays as it is."""
        slot = self.prompt.partial_variables.get("instructions")
        if self.small or slot is None:
            return self
        bound = f"Write at most {pairs} pairs: those about the most important facts."
        other = copy(self)
        other.prompt = self.prompt.partial(instructions=f"{slot}\n{bound}".strip())
        return other

    def answer(
        self, passage: Passage, *, ledger: Ledger | None = None, config: RunnableConfig | None = None
    ) -> Outcome:
        """What one passage gives. After a reply that was cut off the rest is asked, in halves if need be."""
        answer = self.asker(ledger=ledger, config=config).answer(self.question(passage))
        outcome = self._outcome(passage, answer)
        if not answer.cut_off:
            return outcome
        rest = rest_of(passage, outcome.pairs)
        if not rest:
            detail = "the reply was cut off, and the passage is too short to divide"
            return outcome + Outcome.failed(passage, "cut_off", detail)
        for part in rest:
            outcome += self.answer(part, ledger=ledger, config=config)
        return outcome

    def _invoke(
        self, document: Document, run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> list[QAPair]:
        del run_manager  # the configuration already leads to it
        passages = [*self._split([document])]
        if not passages:
            raise DocumentError("the document has no text to ask about")

        def answer(passage: Passage) -> Outcome:
            outcome = self.answer(passage, config=config)
            for failure in outcome.failures:
                raise GenerationError(
                    f"{failure.passage}: {failure.state}: {failure.detail}", state=failure.state
                )
            return outcome

        with closing(in_order(answer, passages, workers=self.max_concurrency)) as outcomes:
            return [pair for outcome in curated(outcomes) for pair in outcome.pairs]

    def passages(
        self,
        documents: Iterable[Document],
        *,
        ledger: Ledger | None = None,
        limit: int | None = None,
        unread: Sequence[Failure] = (),
    ) -> Iterator[Passage]:
        """The passages of the documents; the documents' texts are kept in the ledger.

        Raises:
            DocumentError: There is no text in any document.
        """
        number = 0
        for number, passage in enumerate(self._split(_kept_documents(identified(documents), ledger)), 1):
            if limit is not None and number > limit:
                return
            yield passage
        if not number:
            raise nothing_read(unread)

    def _split(self, documents: Iterable[Document]) -> Iterator[Passage]:
        """The passages that have anything to ask about."""
        passages = stream_passages(documents, **self._splitting)
        return (passage for passage in passages if not passage.text.isspace())

    def question(self, passage: Passage) -> Question[BaseModel]:
        """What is asked about a passage."""
        tight = self.small and self.native and self.schema.model is QACollection
        variables = prompt_variables if self.small else passage_variables
        return self._asker.question(
            self.prompt,
            variables(passage, language=self.language),
            self.parser,
            stage=STAGE,
            source=passage.source,
            passage=passage.id,
            schema=reply_schema(passage) if tight else None,
        )

    def _outcome(self, passage: Passage, answer: Answer[BaseModel]) -> Outcome:
        if answer.value is None:
            if answer.cut_off:
                return Outcome(usage=answer.usage)
            return Outcome.failed(passage, answer.state, answer.error, usage=answer.usage)
        pairs: list[QAPair] = []
        dropped: list[Dropped] = []
        spelling = PassageSpelling.of(passage)
        items = [spelling.mended_item(item) for item in self.schema.items(answer.value)]
        whole = [item for item in items if not is_damaged(item)]
        for item in items:
            if is_damaged(item):
                pair = self._pair_of_item(passage, item)
                dropped.append(Dropped(pair=pair, reason=CONTROL_CHARACTER, detail=told_damage(item)))
        for item, reason in self._judged_items(passage, whole):
            pair = self._pair_of_item(passage, item)
            if reason:
                dropped.append(Dropped(pair=pair, reason=reason))
            else:
                pairs.append(pair)
        return Outcome(pairs=tuple(pairs), dropped=tuple(dropped), usage=answer.usage)

    def _judged_items(self, passage: Passage, items: Sequence[Item]) -> Iterator[tuple[Item, str | None]]:
        """The items, a small model's completed and filtered, each with the reason to drop it if any."""
        if self.small:
            return judged(items, passage)
        return ((item, None) for item in items)

    def _pair_of_item(self, passage: Passage, item: Item) -> QAPair:
        return make_pair(
            passage,
            question=item.question,
            answer=item.answer,
            quote=item.quote,
            prompt=self.prompt_name,
            model=self._asker.asked.name,
            language=self.language,
            extra=item.extra,
        )


def _check_choice(name: str, value: str, choices: Any) -> None:
    if value not in get_args(choices):
        raise SettingsError(f"{name} is one of {', '.join(get_args(choices))}, not {value!r}")


def _kept_documents(documents: Iterable[Document], ledger: Ledger | None) -> Iterator[Document]:
    """The documents, their normalised texts kept in the ledger."""
    for document in documents:
        if ledger:
            source, theme = document.metadata["source"], document.metadata["theme"]
            ledger.keep_document(source, theme=theme, text=document.page_content)
        yield document
