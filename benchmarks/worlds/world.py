"""A world as what the product works with: documents, datasets to train on, probes to ask."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Literal

from qagen.errors import SettingsError
from qagen.evaluation import Probe, ProbeKind
from qagen.pairs import QADataset
from qagen.pairs.wordings import (
    HELD_OUT,
    KINDS,
    Kind,
    OtherAnswers,
    Said,
    cloze,
    is_correct,
    replace_answer,
    tell_about,
    yes_or_no,
)
from qagen.records import Form, Part, Passage, QAPair
from qagen.text import fold
from worlds.english import ENGLISH
from worlds.japanese import JAPANESE
from worlds.names import NameMaker
from worlds.values import OTHER, Fact, Language, Relation, Term, Wordings

TrainingCondition = Literal["classic", "default", "forms", "replay"]
CONDITIONS: tuple[TrainingCondition, ...] = ("classic", "default", "forms", "replay")
"""``classic``: one wording a fact. ``default``: several. ``forms``: and the fact's other forms. ``replay``:
the same pairs as ``forms``; a trainer adds its general items."""

REGISTERS = ("indirect", "turned", "riddle", "story")
"""Of the held-out wordings, in their order: that of `qagen.pairs.wordings.forms.HELD_OUT`, of which the
default recipe holds the first two out."""

PROBE_KINDS: tuple[ProbeKind, ...] = ("V", "P", "F", "R", "X", "C", "U")
PROMPT, MODEL = "worlds@1", "hand"

_GAP = "…"
_ASKS_F: dict[Language, dict[str, str]] = {
    "en": {
        "whether": "Answer yes or no. {}",
        "cloze": "Which words are missing at the dots? {}",
        "choice": "{}\n{}\nReply with the letter of the one right answer.",
    },
    "ja": {
        "whether": "「はい」か「いいえ」で答えてください。{}",
        "cloze": "「…」のところに入る言葉は何ですか。{}",
        "choice": "{}\n{}\n正しい答えを一つ選び、その記号を答えてください。",
    },
}
_OPENINGS: dict[Language, dict[str, str]] = {
    "en": {
        "person": "The {} family\n\nThis page tells of the people of the {} family.",
        "company": "{}\n\nFirms with {} in their names have nothing to do with each other.",
        "edition": "The {}\n\nThe {} is a football tournament.",
    },
    "ja": {
        "person": "{}家の人々\n\nこのページでは{}家の人々を紹介する。",
        "company": "{}\n\n社名に{}と付く会社は、互いに関係がない。",
        "edition": "{}\n\n{}はサッカーの大会である。",
    },
}


def wordings_of(relation: Relation, language: Language) -> Wordings:
    """The wordings of a relation in a language."""
    return (ENGLISH if language == "en" else JAPANESE)[relation.name]


@dataclass(frozen=True)
class World:
    """An invented world: its facts, trained and withheld, and everything that is made of them."""

    seed: int
    language: Language
    facts: tuple[Fact, ...]

    @property
    def trained(self) -> tuple[Fact, ...]:
        """The facts that are trained."""
        return tuple(fact for fact in self.facts if fact.trained)

    @property
    def withheld(self) -> tuple[Fact, ...]:
        """The facts that never are: control facts."""
        return tuple(fact for fact in self.facts if not fact.trained)

    # --- documents -------------------------------------------------------------------------------------

    def documents(self) -> dict[str, str]:
        """The text of each source: a title, then a paragraph for each subject; all quotes stand in it."""
        return dict(self._documents[0])

    def passages(self) -> dict[str, Passage]:
        """The paragraphs, by their ids."""
        return {one.id: one for one in self._documents[1].values()}

    @cached_property
    def _documents(self) -> tuple[dict[str, str], dict[str, Passage]]:
        """Texts by source, and passages by subject."""
        texts: dict[str, str] = {}
        passages: dict[str, Passage] = {}
        for fact in self.facts:
            if fact.entity in passages:
                continue
            together = [one for one in self.facts if one.entity == fact.entity]
            gap = "" if self.language == "ja" else " "
            paragraph = gap.join(self._quote(one) for one in together)
            before = texts.get(fact.source, self._opening(fact)) + "\n\n"
            texts[fact.source] = before + paragraph
            start, end = len(before), len(before) + len(paragraph)
            passages[fact.entity] = Passage(
                id=f"{fact.source}#{start}-{end}",
                source=fact.source,
                theme=before.split("\n", 1)[0],
                text=paragraph,
                start=start,
                end=end,
                tokens=len(paragraph) // 4,
            )
        return {source: text + "\n" for source, text in texts.items()}, passages

    def _opening(self, fact: Fact) -> str:
        """Title and first paragraph of a fact's document."""
        name = fact.group.written(self.language)
        return _OPENINGS[self.language][fact.relation.about].format(name, name)

    def _quote(self, fact: Fact) -> str:
        return wordings_of(fact.relation, self.language).quote.format(**fact.slots(self.language))

    # --- pairs -----------------------------------------------------------------------------------------

    def dataset(
        self,
        condition: TrainingCondition = "default",
        *,
        wordings: int = 5,
        held_out: int = 2,
        kinds: Collection[Kind] = KINDS,
    ) -> QADataset:
        """What is trained under a condition (part ``train``), and what is asked (``probe``, ``control``).

        The parts that are asked are the same in all conditions.

        Args:
            condition: See :data:`CONDITIONS`.
            wordings: Trained wordings of a question, the canonical one included; 1 when ``classic``.
            held_out: Wordings of it that are never trained.
            kinds: The other forms that ``forms`` and ``replay`` train.

        Raises:
            SettingsError: There is no such condition, or more wordings are wanted than there are.
        """
        if condition not in CONDITIONS:
            raise SettingsError(f"a condition is one of {', '.join(CONDITIONS)}, not {condition!r}")
        trained = 1 if condition == "classic" else wordings
        forms = kinds if condition in {"forms", "replay"} else ()
        pairs = [pair for fact in self.facts for pair in self._pairs(fact, trained, held_out, forms)]
        return QADataset(tuple(pairs), texts=self.documents(), passages=len(self._documents[1]), leaks=())

    def _pairs(self, fact: Fact, trained: int, held_out: int, kinds: Collection[Kind]) -> Iterator[QAPair]:
        answer = fact.answer.written(self.language)
        part: Part = "train" if fact.trained else "control"
        questions = self.questions(fact, wordings=trained if fact.trained else 1)
        yield self._pair(fact, questions[0], answer, "canonical", part)
        for question in questions[1:]:
            yield self._pair(fact, question, answer, "rephrased", part)
        if fact.trained:
            for question, said, form in self._forms(fact, kinds):
                yield self._pair(fact, question, said, form, "train")
        for question in self.held_out_questions(fact, held_out):
            yield self._pair(fact, question, answer, "rephrased", "probe" if fact.trained else "control")

    def questions(self, fact: Fact, *, wordings: int) -> list[str]:
        """The canonical question and trained rephrasings, ``wordings`` in all; which, depends on the fact.

        Raises:
            SettingsError: There are not so many.
        """
        said = wordings_of(fact.relation, self.language)
        chosen = [said.canonical, *_some(said.trained, wordings - 1, f"{fact.id}/trained")]
        return [_filled(template, fact, self.language) for template in chosen]

    def held_out_questions(self, fact: Fact, number: int) -> list[str]:
        """Wordings that are never trained, in the order of :data:`REGISTERS`.

        Raises:
            SettingsError: There are not so many.
        """
        said = wordings_of(fact.relation, self.language)
        _refuse_more_than(said.held_out, number)
        return [_filled(template, fact, self.language) for template in said.held_out[:number]]

    def _pair(self, fact: Fact, question: str, answer: str, form: Form, part: Part) -> QAPair:
        passage, start, end = self.place(fact)
        held_out = form == "rephrased" and part != "train"
        return QAPair(
            id=fact.id if form == "canonical" else _digest(fact.id, form, question),
            question=question,
            answer=answer,
            quote=self._quote(fact),
            source=fact.source,
            start=start,
            end=end,
            passage=passage,
            language=self.language,
            fact=fact.id,
            form=form,
            part=part,
            prompt=PROMPT,
            model=MODEL,
            extra={HELD_OUT: True} if held_out else {},
        )

    # --- other forms -----------------------------------------------------------------------------------

    def _forms(self, fact: Fact, kinds: Collection[Kind]) -> Iterator[tuple[str, str, Form]]:
        """Question, answer and form of what is trained besides questions: as the product makes it."""
        said = wordings_of(fact.relation, self.language)
        answer = fact.answer.written(self.language)
        statement = _filled(said.statements[0], fact, self.language)
        if "reversed" in kinds and fact.id in self._unique:
            yield _filled(said.turned, fact, self.language), fact.subject.written(self.language), "reversed"
        if "yes_no" in kinds:
            yield from self._whether(fact, statement)
        if "cloze" in kinds:
            blanked = cloze(statement, answer, language=self.language)
            if blanked is not None:
                yield blanked, answer, "cloze"
        if "statement" in kinds:
            topic = said.topic.format(**fact.slots(self.language))
            yield tell_about(topic, language=self.language), statement, "statement"

    def _whether(self, fact: Fact, statement: str) -> Iterator[tuple[str, str, Form]]:
        """A true and a false statement, or neither where the product finds no false answer."""
        false = self._false[fact.id]
        if false is None:
            return
        for truth, text in ((True, statement), (False, false)):
            question = is_correct(text, language=self.language, fact=fact.id)
            yield question, yes_or_no(truth=truth, language=self.language), "yes_no"

    @cached_property
    def _false(self) -> dict[str, str | None]:
        """The trained statement of each fact with another's answer, ``None`` where the product finds none."""
        others = OtherAnswers(map(self._said, self.facts))
        found: dict[str, str | None] = {}
        for fact in self.trained:
            statement = _filled(wordings_of(fact.relation, self.language).statements[0], fact, self.language)
            other = others.false_answer(self._said(fact), statement)
            answer = fact.answer.written(self.language)
            found[fact.id] = replace_answer(statement, answer, other) if other else None
        return found

    def _said(self, fact: Fact) -> Said:
        return Said(
            fact=fact.id,
            source=fact.source,
            passage=self._documents[1][fact.entity].id,
            question=self.questions(fact, wordings=1)[0],
            answer=fact.answer.written(self.language),
            quote=self._quote(fact),
        )

    @cached_property
    def _unique(self) -> frozenset[str]:
        """Facts whose subject is the only one with this answer."""
        asked = {
            fact.id: fold(_filled(wordings_of(fact.relation, self.language).turned, fact, self.language))
            for fact in self.facts
        }
        often = Counter(asked.values())
        return frozenset(fact for fact, question in asked.items() if often[question] == 1)

    # --- probes ----------------------------------------------------------------------------------------

    def probes(
        self,
        condition: TrainingCondition = "default",
        *,
        wordings: int = 5,
        held_out: int = 2,
        kinds: Collection[ProbeKind] = PROBE_KINDS,
    ) -> list[Probe]:
        """What is asked. Only ``wordings`` of the probes, a count, depends on the condition.

        V is the canonical question, P ``held_out`` wordings, F four formats (where there are answers to
        choose from), R and X one question each, U the twin of V; C the canonical question and the held-out
        ones of each withheld fact.
        """
        trained: Counter[str] = Counter()
        for pair in self.dataset(condition, wordings=wordings, held_out=0):
            trained[pair.fact] += pair.part == "train"
        asking = _Asking(self, held_out, trained)
        return [probe for kind in PROBE_KINDS if kind in kinds for probe in asking.of_kind(kind)]

    def is_unique(self, fact: Fact) -> bool:
        """Whether the fact's subject is the only one with its answer."""
        return fact.id in self._unique

    def place(self, fact: Fact) -> tuple[str, int, int]:
        """The passage of a fact, and where its quote begins and ends in the source."""
        passage, quote = self._documents[1][fact.entity], self._quote(fact)
        start = passage.start + passage.text.index(quote)
        return passage.id, start, start + len(quote)


class _Asking:
    """Makes the probes of a world."""

    def __init__(self, world: World, held_out: int, trained: Mapping[str, int]) -> None:
        self._world, self._held_out, self._trained = world, held_out, trained
        self._language = world.language
        self._known: dict[str, list[Fact]] = defaultdict(list)
        for fact in world.facts:
            self._known[fact.relation.name].append(fact)

    def of_kind(self, kind: ProbeKind) -> Iterator[Probe]:
        """The probes of one kind, in the order of the facts."""
        facts = self._world.withheld if kind == "C" else self._world.trained
        makers = {
            "V": self._verbatim,
            "P": self._unseen,
            "F": self._formats,
            "R": self._reversed,
            "X": self._other_language,
            "C": self._withheld,
            "U": self._twin,
        }
        for fact in facts:
            yield from makers[kind](fact)

    def _probe(
        self, kind: ProbeKind, fact: Fact, question: str, answers: Iterable[str], **more: object
    ) -> Probe:
        passage, start, end = self._world.place(fact)
        fields = {
            "id": f"{kind}-{_digest(fact.id, kind, str(more.get('form', '')), question)}",
            "kind": kind,
            "question": question,
            "answers": tuple(answers),
            "fact": fact.id,
            "source": fact.source,
            "passage": passage,
            "start": start,
            "end": end,
            "language": self._language,
            "answer_kind": fact.relation.kind,
            "wordings": self._trained[fact.id],
            **more,
        }
        return Probe.model_validate(fields)

    def _verbatim(self, fact: Fact) -> Iterator[Probe]:
        [question] = self._world.questions(fact, wordings=1)
        yield self._probe("V", fact, question, fact.answer.ways(self._language), seen=True)

    def _unseen(self, fact: Fact) -> Iterator[Probe]:
        questions = self._world.held_out_questions(fact, self._held_out)
        for register, question in zip(REGISTERS, questions, strict=False):
            yield self._probe("P", fact, question, fact.answer.ways(self._language), form=register)

    def _withheld(self, fact: Fact) -> Iterator[Probe]:
        questions = self._world.questions(fact, wordings=1)
        for question in (*questions, *self._world.held_out_questions(fact, self._held_out)):
            yield self._probe("C", fact, question, fact.answer.ways(self._language))

    def _reversed(self, fact: Fact) -> Iterator[Probe]:
        if not self._world.is_unique(fact):
            return
        question = _filled(wordings_of(fact.relation, self._language).turned_held_out, fact, self._language)
        subject = fact.subject.ways(self._language)
        aliases = [f"the {fact.subject.en}"] if fact.relation.about == "edition" else []
        yield self._probe("R", fact, question, (*subject, *aliases), answer_kind="name")

    def _other_language(self, fact: Fact) -> Iterator[Probe]:
        other = OTHER[self._language]
        question = _filled(wordings_of(fact.relation, other).canonical, fact, other)
        yield self._probe("X", fact, question, fact.answer.ways(other), language=other)

    def _formats(self, fact: Fact) -> Iterator[Probe]:
        wrong = self._wrong(fact)
        answer = fact.answer.written(self._language)
        said, asks = wordings_of(fact.relation, self._language), _ASKS_F[self._language]
        for form, shown in (("yes", answer), ("no", wrong[0])) if wrong else ():
            statement = said.statements[2].format(**fact.slots(self._language, answer=shown))
            right = yes_or_no(truth=form == "yes", language=self._language)
            question = asks["whether"].format(_capital(statement))
            yield self._probe("F", fact, question, (right,), form=form, answer_kind="yes_no")
        blanked = _capital(said.statements[1].format(**fact.slots(self._language, answer=_GAP)))
        question = asks["cloze"].format(blanked)
        yield self._probe("F", fact, question, fact.answer.ways(self._language), form="cloze")
        yield from self._choice(fact, wrong)

    def _choice(self, fact: Fact, wrong: Sequence[str]) -> Iterator[Probe]:
        if len(wrong) < 3:
            return
        asks = _ASKS_F[self._language]
        options = [fact.answer.written(self._language), *wrong[:3]]
        _random(fact.id, "options").shuffle(options)
        [question] = self._world.questions(fact, wordings=1)
        listed = "\n".join(f"{letter}) {option}" for letter, option in zip("ABCD", options, strict=True))
        yield self._probe(
            "F",
            fact,
            asks["choice"].format(question, listed),
            (fact.answer.written(self._language),),
            form="choice",
            options=tuple(options),
            answer_kind="choice",
        )

    def _wrong(self, fact: Fact) -> list[str]:
        """Other answers of the relation; those that are trained come first, in an order of the fact's own."""
        right = fact.answer.written(self._language)
        facts = self._known[fact.relation.name]
        turned = _random(fact.id, "wrong").sample(facts, len(facts))
        ordered = sorted(turned, key=lambda one: not one.trained)
        wrong = dict.fromkeys(one.answer.written(self._language) for one in ordered)
        return [one for one in wrong if one != right]

    def _twin(self, fact: Fact) -> Iterator[Probe]:
        """The canonical question about a year without an edition, or somebody who does not exist."""
        question = wordings_of(fact.relation, self._language).canonical.format(**self._swapped(fact))
        [original] = self._verbatim(fact)
        answers = fact.answer.ways(self._language)
        swapped = "year" if fact.year else "name"
        yield self._probe("U", fact, question, (), wrong=answers, original=original.id, form=swapped)

    def _swapped(self, fact: Fact) -> dict[str, str]:
        """The slots with a year or name of which the world says nothing."""
        slots = fact.slots(self._language)
        random = _random(fact.id, "twin")
        if fact.year is not None:
            taken = {one.year.en for one in self._world.facts if one.year and one.subject == fact.subject}
            free = [year for year in range(1978, 2021) if str(year) not in taken]
            year = str(random.choice(free))
            return {**slots, "y": slots["y"].replace(fact.year.en, year)}
        return {**slots, "s": self._stranger(fact, random).written(self._language)}

    def _stranger(self, fact: Fact, random: Random) -> Term:
        """Somebody of a known family who does not exist, or such a company of a known name."""
        taken = {one.subject for one in self._world.facts}
        names = NameMaker(random, self._language)
        while True:
            person = fact.relation.about == "person"
            made = names.person(fact.group) if person else names.called("company", fact.group)
            if made not in taken:
                return made


def _filled(template: str, fact: Fact, language: Language) -> str:
    return _capital(template.format(**fact.slots(language)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _some(templates: Sequence[str], number: int, turn: str) -> list[str]:
    """So many of the templates, others for each fact."""
    _refuse_more_than(templates, number)
    return _random(turn).sample(templates, number)


def _refuse_more_than(templates: Sequence[str], number: int) -> None:
    if not 0 <= number <= len(templates):
        raise SettingsError(f"there are {len(templates)} more wordings of each question, not {number}")


def _random(*parts: str) -> Random:
    return Random("/".join(parts))  # noqa: S311 - a choice, no secret


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
