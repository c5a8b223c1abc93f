"""How a model is asked about gaps: a large one about all sentences of one, a small one about each run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel

from qagen.errors import BudgetError
from qagen.llm import Answer, Asker, prompt_id
from qagen.pairs.gaps.fill_prompt import FilledSentence, gap_variables, reply_model
from qagen.pairs.gaps.gap import Found, Gap
from qagen.pairs.gaps.sorting import Sorting
from qagen.pairs.writing import (
    CHUNK_TOKENS,
    Item,
    ReplySchema,
    judged,
    make_pair,
    part_of,
    prompt_variables,
    reply_schema,
)
from qagen.records import Passage, QACollection, QAPair, Sentence, Usage

STAGE = "fill"


class GapWriter:
    """Asks about one gap after the other, from many threads, until the budget is used up."""

    def __init__(self, asker: Asker, schema: type[BaseModel], prompt: ChatPromptTemplate) -> None:
        self._asker = asker
        self._prompt = prompt
        self._schema = ReplySchema.of(schema)
        self.stopped = ""

    def about(self, gap: Gap) -> Found:
        """What the model finds in a gap; nothing once the budget is used up."""
        return self.in_runs(gap) if self._asker.small else self.by_sentence(gap)

    def by_sentence(self, gap: Gap) -> Found:
        """Ask about all of its sentences in one call."""
        reply, schema = reply_model(self._schema)
        answer = self.ask(gap_variables(gap, language=self._asker.language), reply, gap.passage)
        if answer is None:
            return Found()
        if answer.value is None:
            return Found.failed(gap.passage, answer.state, answer.error, usage=answer.usage)
        sorting = Sorting(gap)
        entries: list[FilledSentence] = answer.value.filled
        for entry in entries:
            sentence = gap.sentence(entry.sentence)
            for item in schema.items(entry):
                sorting.add(self.pair(gap, item, sentence), about=sentence)
        sorting.declare(entry for entry in entries if entry.no_fact)
        return replace(sorting.found(), usage=answer.usage)

    def in_runs(self, gap: Gap) -> Found:
        """Ask about each run of sentences in which code finds answers."""
        sorting, usage = Sorting(gap), Usage()
        for part in gap.runs(tokens=CHUNK_TOKENS):
            tight = reply_schema(part)
            if not sorting.has_room or "prefixItems" not in tight["properties"]["question_answer_pairs"]:
                continue
            variables = prompt_variables(part, language=self._asker.language)
            held_to = tight if self._schema.model is QACollection else None
            answer = self.ask(variables, self._schema.model, part, schema=held_to)
            if answer is None:
                break
            usage += answer.usage
            if answer.value is None:
                sorting.fail(answer.state, answer.error)
                continue
            for item, reason in judged([*self._schema.items(answer.value)], part):
                sorting.add(self.pair(gap, item, part), reason=reason)
        return replace(sorting.found(), usage=usage)

    def ask(
        self,
        variables: Mapping[str, str],
        reply: type[BaseModel],
        passage: Passage,
        *,
        schema: dict[str, Any] | None = None,
    ) -> Answer[Any] | None:
        """One call, or ``None`` when the budget is used up."""
        if self.stopped:
            return None
        try:
            return self._asker.ask(
                self._prompt,
                variables,
                reply,
                stage=STAGE,
                source=passage.source,
                passage=passage.id,
                schema=schema,
            )
        except BudgetError as error:
            self.stopped = str(error)
            return None

    def pair(self, gap: Gap, item: Item, near: Sentence | Passage | None) -> QAPair:
        """The pair of an item, its quote looked for where it was asked for and then in the whole passage."""
        passage = gap.passage
        first = passage
        if near is not None:
            first = part_of(passage, near.start, near.end).model_copy(update={"id": passage.id})
        for place in (first, passage):
            pair = make_pair(
                place,
                question=item.question,
                answer=item.answer,
                quote=item.quote,
                prompt=prompt_id(self._prompt),
                model=self._asker.asked.name,
                language=self._asker.language,
                extra=item.extra,
            )
            if pair.start is not None:
                break
        return pair
