"""From what a model wrote about a fact to its pairs: each passes its gates or is dropped with a reason."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, Field

from qagen.pairs.gates.problems import Problem
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
from qagen.records import Dropped, Form, QAPair
from qagen.text.folding import fold

HELD_OUT = "held_out"
SHORT_ANSWER = "short_answer"
"""Keys of ``QAPair.extra``: a wording is never to be trained; the answer without the sentence after it."""


class Reversal(BaseModel):
    """A question asked from the answer, and the name that answers it."""

    question: str
    answer: str


class WordedFact(BaseModel):
    """What a model writes about one fact in one language."""

    fact: int = Field(description="The number of the fact.")
    language: str = Field(default="", description="The code of the language this entry is in.")
    questions: list[str] = Field(description="The wordings, in the order of their numbers.")
    answer: str = Field(description="The answer, in this language.")
    statement: str = Field(default="", description="A sentence with the answer that states the fact.")
    topic: str = Field(default="", description='What fits "Tell me about ...", without the answer.')
    reversed: Reversal | None = Field(default=None, description="Asked from the answer, or null.")


@dataclass(frozen=True, slots=True)
class Target:
    """What to write of a fact in one language: how many wordings to train and to hold out.

    ``own``: it is the language of the canonical pair. ``asks``: there is anything to write.
    """

    language: str | None
    own: bool
    trained: int
    held_out: int
    asks: bool


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is made of every fact, and by whom.

    ``others``: by language, the answers of other facts. ``keeps_words``: questions must keep the words of the
    canonical one, as is asked of a small model (see :func:`qagen.pairs.wordings.gates.check_words`).
    """

    kinds: Sequence[Kind]
    style: AnswerStyle
    prompt: str
    model: str
    others: Mapping[str | None, OtherAnswers]
    keeps_words: bool = False


Judge = Callable[[str], Problem | None]


def no_judge(text: str) -> Problem | None:
    """For texts in the fact's own language: gates decide alone."""
    del text
    return None


@dataclass(frozen=True, slots=True)
class _Saying:
    """A fact in one language: its answer, the statement (``""`` if none is good), and what spoils it all.

    ``judge`` knows what a model found wrong with a text in another language than the fact's own.
    """

    target: Target
    answer: str
    statement: str
    spoilt: Problem | None
    judge: Judge

    @property
    def gated(self) -> dict[str, Any]:
        """What most gates are told."""
        return {"language": self.target.language, "own": self.target.own}


class FactWordings:
    """The pairs of one fact: ``kept`` in the order trained, other forms, held out; the others ``dropped``.

    ``missing`` counts what was wanted and not written, ``skipped`` the forms for which the language has no
    template.
    """

    def __init__(self, pair: QAPair, recipe: Recipe) -> None:
        self._pair, self._recipe = pair, recipe
        self._styled = pair.answer
        self.kept: list[QAPair] = []
        self.dropped: list[Dropped] = []
        self.missing = self.skipped = 0

    def canonical(self) -> QAPair:
        """The canonical pair, with its answer in the wanted style."""
        if self._styled == self._pair.answer:
            return self._pair
        extra = {**self._pair.extra, SHORT_ANSWER: self._pair.answer}
        return self._pair.model_copy(update={"answer": self._styled, "extra": extra})

    def add(self, target: Target, entry: WordedFact, *, judge: Judge = no_judge) -> None:
        """The pairs of one language; ``judge`` has the last word on each text that the model wrote."""
        saying = self._saying(target, entry, judge)
        if target.own:
            self._styled = self._full(saying, saying.answer)
        hidden = entry.questions[: target.held_out]
        trained = entry.questions[target.held_out :][: target.trained]
        self.missing += target.held_out + target.trained - len(hidden) - len(trained)
        texts = [self._pair.question] if target.own else []
        texts += [text for text in map(str.strip, trained) if self._rephrase(text, saying)]
        self._other_forms(saying, entry)
        texts += [one.question for one in self.kept if one.form != "rephrased"]
        for text in map(str.strip, hidden):
            self._rephrase(text, saying, unlike=texts)

    def _saying(self, target: Target, entry: WordedFact, judge: Judge) -> _Saying:
        answer = self._pair.answer if target.own else entry.answer.strip()
        spoilt = gates.check_answer(
            entry.answer, canonical=self._pair.answer, language=target.language, own=target.own
        )
        saying = _Saying(target, answer, "", spoilt, judge)
        if spoilt or not (self._recipe.kinds or self._recipe.style == "sentence"):
            return saying
        text = entry.statement.strip()
        problem = gates.check_statement(
            text,
            question=self._pair.question,
            answer=answer,
            quote=f"{self._pair.quote} {self._pair.answer}",
            **saying.gated,
        ) or judge(text)
        if problem is None:
            return replace(saying, statement=text)
        self._drop(self._new("statement", self._pair.question, text, saying), problem)
        return saying

    def _rephrase(self, text: str, saying: _Saying, *, unlike: Sequence[str] | None = None) -> bool:
        """Keep a rephrased question, or drop it with its reason; whether it was kept.

        Args:
            text: The question.
            saying: The fact.
            unlike: For a held-out one: the trained ones that it must not be close to.
        """
        held_out = unlike is not None
        pair = self._new("rephrased", text, self._full(saying, saying.answer), saying, held_out=held_out)
        problem = (
            saying.spoilt
            or gates.check_wording(text, question=self._pair.question, answer=saying.answer, **saying.gated)
            or self._check_words(text, saying.target)
            or saying.judge(text)
            or gates.check_unlike(text, [self._pair.question, *(one.question for one in self.kept)])
            or (gates.check_held_out(text, unlike) if unlike is not None else None)
        )
        return self._keep(pair, problem)

    def _check_words(self, text: str, target: Target) -> Problem | None:
        if not (target.own and target.language in LANGUAGES):
            return None
        if self._recipe.keeps_words:
            lost = gates.check_words(text, question=self._pair.question)
            if lost:
                return lost
        return gates.check_meaning(text, question=self._pair.question)

    def _other_forms(self, saying: _Saying, entry: WordedFact) -> None:
        if saying.spoilt:
            return
        kinds = self._recipe.kinds
        if "reversed" in kinds and entry.reversed is not None:
            self._reverse(saying, entry.reversed)
        derived = [kind for kind in kinds if kind != "reversed"]
        if saying.target.language not in LANGUAGES:
            self.skipped += len(derived)
            return
        if not saying.statement:
            return
        if "yes_no" in kinds:
            self._ask_whether(saying)
        if "cloze" in kinds:
            self._blank(saying)
        if "statement" in kinds:
            self._tell(saying, entry.topic.strip())

    def _reverse(self, saying: _Saying, turned: Reversal) -> None:
        question, answer = turned.question.strip(), turned.answer.strip()
        problem = gates.check_reversed(
            question,
            answer,
            question=self._pair.question,
            original=saying.answer,
            quote=self._pair.quote,
            **saying.gated,
        )
        turned_round = self._new("reversed", question, self._full(saying, answer), saying, short=answer)
        self._keep(turned_round, problem or saying.judge(question) or self._unlike(question))

    def _ask_whether(self, saying: _Saying) -> None:
        """A true and a false statement, or neither: a model that is trained on *Yes* alone says *Yes*."""
        pair, language = self._pair, str(saying.target.language)
        said = Said(pair.fact, pair.source, pair.passage, pair.question, saying.answer, pair.quote)
        others = self._recipe.others.get(language)
        other = others.false_answer(said, saying.statement) if others else None
        false = replace_answer(saying.statement, saying.answer, other) if other else None
        if false is None:
            self.missing += 2
            return
        for truth, text in ((True, saying.statement), (False, false)):
            question = is_correct(text, language=language, fact=pair.fact)
            short = yes_or_no(truth=truth, language=language)
            answered = self._new("yes_no", question, self._full(saying, short), saying, short=short)
            self._keep(answered, self._unlike(question))

    def _blank(self, saying: _Saying) -> None:
        question = cloze(saying.statement, saying.answer, language=str(saying.target.language)) or ""
        problem = gates.check_gives_nothing_away(
            question, question=self._pair.question if saying.target.own else "", answer=saying.answer
        )
        blanked = self._new("cloze", question, self._full(saying, saying.answer), saying)
        self._keep(blanked, problem or self._unlike(question))

    def _tell(self, saying: _Saying, topic: str) -> None:
        question = tell_about(topic, language=str(saying.target.language))
        problem = gates.check_topic(topic, question=self._pair.question, answer=saying.answer, **saying.gated)
        told = self._new("statement", question, saying.statement, saying)
        self._keep(told, problem or saying.judge(topic) or self._unlike(question))

    def _unlike(self, text: str) -> Problem | None:
        return gates.check_unlike(text, [one.question for one in self.kept])

    def _full(self, saying: _Saying, answer: str) -> str:
        return styled(answer, saying.statement, language=saying.target.language, style=self._recipe.style)

    def _new(
        self,
        form: Form,
        question: str,
        answer: str,
        saying: _Saying,
        *,
        held_out: bool = False,
        short: str | None = None,
    ) -> QAPair:
        """A pair of this fact; its id is a hash of the fact's id, the form and the question."""
        pair, short = self._pair, short or saying.answer
        identity = json.dumps([pair.fact, form, question])
        marks = {HELD_OUT: True} if held_out else {}
        shortened = {SHORT_ANSWER: short} if answer != short and form != "statement" else {}
        return pair.model_copy(
            update={
                "id": hashlib.sha256(identity.encode()).hexdigest()[:16],
                "question": question,
                "answer": answer,
                "form": form,
                "part": "probe" if held_out else "train",
                "language": saying.target.language,
                "prompt": self._recipe.prompt,
                "model": self._recipe.model,
                "extra": {**pair.extra, **marks, **shortened},
            }
        )

    def _keep(self, pair: QAPair, problem: Problem | None) -> bool:
        if problem is None:
            self.kept.append(pair)
        else:
            self._drop(pair, problem)
        return problem is None

    def _drop(self, pair: QAPair, problem: Problem) -> None:
        self.dropped.append(Dropped(pair=pair, reason=problem.reason, detail=problem.detail))


def short_answer(pair: QAPair) -> str:
    """The answer without the sentence that ``answer_style="sentence"`` added."""
    short = pair.extra.get(SHORT_ANSWER)
    return short if isinstance(short, str) else pair.answer


def across_facts(pairs: Sequence[QAPair]) -> tuple[list[QAPair], list[Dropped]]:
    """Wordings that another fact has too are dropped: as repeats, or, with another answer, all of them.

    Canonical pairs always stay: what becomes of those is decided before.
    """
    asked: dict[str, list[QAPair]] = defaultdict(list)
    for pair in pairs:
        asked[fold(pair.question)].append(pair)
    dropped: list[Dropped] = []
    for same in asked.values():
        if len({pair.fact for pair in same}) > 1:
            dropped += _ambiguous(same)
    gone = {one.pair.id for one in dropped}
    return [pair for pair in pairs if pair.id not in gone], dropped


def _ambiguous(same: Sequence[QAPair]) -> list[Dropped]:
    """Of pairs with one question, the wordings that cannot stay."""
    wordings = [pair for pair in same if pair.form != "canonical"]
    if len({fold(short_answer(pair)) for pair in same}) > 1:
        detail = "the words ask for another fact too, which has another answer"
        return [Dropped(pair=pair, reason="two_answers", detail=detail) for pair in wordings]
    repeats = wordings if len(wordings) < len(same) else wordings[1:]
    return [
        Dropped(pair=pair, reason="duplicate", detail="another fact has this wording") for pair in repeats
    ]
