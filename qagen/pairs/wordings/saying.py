"""A fact in one language, as a model has stated it, and all pairs that this gives: each with its fault."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qagen.pairs.gates import Problem
from qagen.pairs.wordings import gates
from qagen.pairs.wordings.forms import (
    LANGUAGES,
    AnswerStyle,
    Kind,
    OtherAnswers,
    Said,
    cloze,
    is_correct,
    replace_answer,
    styled,
    tell_about,
    yes_or_no,
)
from qagen.pairs.wordings.rephrase_prompt import WordedFact
from qagen.pairs.wordings.wish import Target
from qagen.records import Dropped, Form, QAPair

HELD_OUT = "held_out"
SHORT_ANSWER = "short_answer"
"""Keys of ``QAPair.extra``: a wording is never to be trained; the answer without the sentence after it."""

Judge = Callable[[str], Problem | None]


def no_judge(text: str) -> Problem | None:
    """For texts in the fact's own language: gates decide alone."""
    del text
    return None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is made of every fact, and by whom.

    ``others``: by language, the answers of other facts. ``keeps_words``: questions must keep the words of the
    canonical one, as is asked of a small model (see :func:`qagen.pairs.wordings.gates.check_words`).
    ``tells_language``: canonical pairs say which language they are in.
    """

    kinds: Sequence[Kind]
    style: AnswerStyle
    prompt: str
    model: str
    others: Mapping[str | None, OtherAnswers]
    keeps_words: bool = False
    tells_language: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that may be kept, and what is wrong with it by itself.

    ``unlike``: questions that it must not repeat, ``far_from``: those that it must not even be close to;
    besides those of its fact that are kept already.
    """

    pair: QAPair
    problem: Problem | None = None
    unlike: tuple[str, ...] = ()
    far_from: tuple[str, ...] = ()

    def dropped(self, problem: Problem) -> Dropped:
        """It, with the reason why it is not kept."""
        return Dropped(pair=self.pair, reason=problem.reason, detail=problem.detail)


@dataclass(frozen=True, slots=True)
class Saying:
    """A fact in one language, as a model has said it.

    Attributes:
        fact: The canonical pair.
        recipe: What is made of every fact.
        target: What is wanted in this language.
        entry: What the model wrote.
        judge: Has the last word on each of its texts in another language than the fact's own.
        answer: The answer, in this language.
        spoilt: What spoils all of it.
        gated: What most gates are told.
        statement: The sentence that states the fact; ``""`` if none is good.
        unsound: The one that is not.
        derived: The forms that templates make of the statement.
        skipped: How many there are for which the language has no template.
    """

    fact: QAPair
    recipe: Recipe
    target: Target
    entry: WordedFact
    judge: Judge
    answer: str
    spoilt: Problem | None
    gated: Mapping[str, Any]
    statement: str = ""
    unsound: tuple[Dropped, ...] = ()
    derived: tuple[Kind, ...] = ()
    skipped: int = 0

    @classmethod
    def of(cls, fact: QAPair, recipe: Recipe, target: Target, entry: WordedFact, judge: Judge) -> Saying:
        """What an entry says of a fact, its answer and its statement checked."""
        gated: dict[str, Any] = {"language": target.language, "own": target.own}
        spoilt = gates.check_answer(entry.answer, canonical=fact.answer, **gated)
        answer = fact.answer if target.own else entry.answer.strip()
        bare = cls(fact, recipe, target, entry, judge, answer, spoilt, gated)
        if spoilt or not (recipe.kinds or recipe.style == "sentence"):
            return bare
        derived = tuple(kind for kind in recipe.kinds if kind != "reversed")
        if target.language not in LANGUAGES:
            bare, derived = replace(bare, skipped=len(derived)), ()
        text, quote = entry.statement.strip(), f"{fact.quote} {fact.answer}"
        problem = gates.check_statement(text, question=fact.question, answer=answer, quote=quote, **gated)
        problem = problem or judge(text)
        if problem is None:
            return replace(bare, statement=text, derived=derived)
        unsound = Candidate(bare.pair("statement", fact.question, text))
        return replace(bare, unsound=(unsound.dropped(problem),))

    @property
    def wanted(self) -> int:
        """How many wordings and statements of true or false are to be made."""
        return self.target.trained + self.target.held_out + 2 * ("yes_no" in self.derived)

    def candidates(self) -> Iterator[Candidate]:
        """All pairs that it gives: questions to train, the fact in other forms, questions to hold out."""
        texts = [text.strip() for text in self.entry.questions]
        hidden, trained = texts[: self.target.held_out], texts[self.target.held_out :]
        yield from (self.rephrased(text) for text in trained[: self.target.trained])
        turned = self.entry.reversed
        if "reversed" in self.recipe.kinds and turned is not None and not self.spoilt:
            yield self.turned_round(turned.question.strip(), turned.answer.strip())
        if "yes_no" in self.derived:
            yield from self.asked_whether()
        if "cloze" in self.derived:
            yield self.blanked()
        if "statement" in self.derived:
            yield self.told(self.entry.topic.strip())
        yield from (self.rephrased(text, held_out=True) for text in hidden)

    def full(self, answer: str) -> str:
        """An answer in the wanted style."""
        return styled(answer, self.statement, language=self.target.language, style=self.recipe.style)

    def rephrased(self, text: str, *, held_out: bool = False) -> Candidate:
        """A question in other words."""
        question, own = self.fact.question, self.target.own
        knows_words = own and self.target.language in LANGUAGES
        keeps_words = knows_words and self.recipe.keeps_words
        problem = (
            self.spoilt
            or gates.check_wording(text, question=question, answer=self.answer, **self.gated)
            or (gates.check_words(text, question=question) if keeps_words else None)
            or (gates.check_meaning(text, question=question) if knows_words else None)
            or self.judge(text)
        )
        pair = self.pair("rephrased", text, self.full(self.answer), held_out=held_out)
        return Candidate(pair, problem, unlike=(question,), far_from=(question,) * own)

    def turned_round(self, question: str, answer: str) -> Candidate:
        """A question asked from the answer."""
        problem = gates.check_reversed(
            question,
            answer,
            question=self.fact.question,
            original=self.answer,
            quote=self.fact.quote,
            **self.gated,
        )
        pair = self.pair("reversed", question, self.full(answer), short=answer)
        return Candidate(pair, problem or self.judge(question))

    def asked_whether(self) -> Iterator[Candidate]:
        """A true and a false statement, or neither: a model that is trained on *Yes* alone says *Yes*."""
        false = self.false_statement()
        for truth, text in () if false is None else ((True, self.statement), (False, false)):
            question = is_correct(text, language=str(self.target.language), fact=self.fact.fact)
            short = yes_or_no(truth=truth, language=str(self.target.language))
            yield Candidate(self.pair("yes_no", question, self.full(short), short=short))

    def false_statement(self) -> str | None:
        """The statement with another fact's answer, where that certainly makes it false."""
        fact, others = self.fact, self.recipe.others.get(self.target.language)
        said = Said(fact.fact, fact.source, fact.passage, fact.question, self.answer, fact.quote)
        other = others.false_answer(said, self.statement) if others else None
        return replace_answer(self.statement, self.answer, other) if other else None

    def blanked(self) -> Candidate:
        """The statement with the answer left out."""
        question = cloze(self.statement, self.answer, language=str(self.target.language)) or ""
        problem = gates.check_gives_nothing_away(
            question, question=self.fact.question if self.target.own else "", answer=self.answer
        )
        return Candidate(self.pair("cloze", question, self.full(self.answer)), problem)

    def told(self, topic: str) -> Candidate:
        """A request to be told about the topic, answered by the statement."""
        question = tell_about(topic, language=str(self.target.language))
        problem = gates.check_topic(topic, question=self.fact.question, answer=self.answer, **self.gated)
        return Candidate(self.pair("statement", question, self.statement), problem or self.judge(topic))

    def pair(
        self, form: Form, question: str, answer: str, *, held_out: bool = False, short: str | None = None
    ) -> QAPair:
        """A pair of this fact; its id is a hash of the fact's id, the form and the question."""
        fact, short = self.fact, short or self.answer
        identity = json.dumps([fact.fact, form, question])
        marks = {HELD_OUT: True} if held_out else {}
        shortened = {SHORT_ANSWER: short} if answer != short and form != "statement" else {}
        return fact.model_copy(
            update={
                "id": hashlib.sha256(identity.encode()).hexdigest()[:16],
                "question": question,
                "answer": answer,
                "form": form,
                "part": "probe" if held_out else "train",
                "language": self.target.language,
                "prompt": self.recipe.prompt,
                "model": self.recipe.model,
                "extra": {**fact.extra, **marks, **shortened},
            }
        )


def short_answer(pair: QAPair) -> str:
    """The answer without the sentence that ``answer_style="sentence"`` added."""
    short = pair.extra.get(SHORT_ANSWER)
    return short if isinstance(short, str) else pair.answer
