"""What a world is made of: terms in two languages, relations with their wordings, facts, answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from qagen.evaluation import AnswerKind

Language = Literal["en", "ja"]
OTHER: Mapping[Language, Language] = {"en": "ja", "ja": "en"}


@dataclass(frozen=True, slots=True)
class Term:
    """A name, number or word as each language writes it, and other ways to write it."""

    en: str
    ja: str
    aliases: tuple[str, ...] = ()

    def written(self, language: Language) -> str:
        """The term in a language."""
        return self.en if language == "en" else self.ja

    def ways(self, language: Language) -> tuple[str, ...]:
        """Every way to write it, the language's own first; each once."""
        first = self.written(language)
        return tuple(dict.fromkeys((first, self.en, self.ja, *self.aliases)))


@dataclass(frozen=True, slots=True)
class Wordings:
    """How one language says a relation. Slots: ``{s}`` subject, ``{y}`` year of an edition, ``{a}`` answer.

    ``statements`` are three: the first is trained (cloze, yes/no, "tell me"), the others are for probes.
    ``quote`` stands in the document. ``turned`` asks for the subject from the answer, and so does
    ``turned_held_out``, in words that are never trained.
    """

    canonical: str
    trained: tuple[str, ...]
    held_out: tuple[str, ...]
    statements: tuple[str, str, str]
    quote: str
    topic: str
    turned: str
    turned_held_out: str


@dataclass(frozen=True, slots=True)
class Relation:
    """What facts of one sort have in common: what they are about, and what kind of answer they have."""

    name: str
    about: Literal["person", "company", "edition"]
    kind: AnswerKind


@dataclass(frozen=True, slots=True)
class Fact:
    """One gold fact. ``year`` is that of an edition; ``trained``: it is not withheld.

    ``group`` is what its document is about: a family, two companies, a tournament in several years.
    """

    id: str
    relation: Relation
    subject: Term
    answer: Term
    year: Term | None
    group: Term
    trained: bool

    @property
    def entity(self) -> str:
        """What the facts of one subject share."""
        return f"{self.subject.en} {self.year.en}" if self.year else self.subject.en

    @property
    def source(self) -> str:
        """The name of its document."""
        sort = {"person": "family", "company": "companies", "edition": "tournament"}[self.relation.about]
        return f"{self.group.en} {sort}.txt".lower().replace(" ", "-")

    def slots(self, language: Language, *, answer: str | None = None) -> dict[str, str]:
        """What the templates of a language are filled with; ``answer`` puts another one in."""
        return {
            "s": self.subject.written(language),
            "y": self.year.written(language) if self.year else "",
            "a": self.answer.written(language) if answer is None else answer,
        }


RELATIONS = (
    Relation("birth_year", "person", "date"),
    Relation("birthplace", "person", "name"),
    Relation("profession", "person", "other"),
    Relation("employer", "person", "name"),
    Relation("founder", "company", "name"),
    Relation("founding_year", "company", "date"),
    Relation("seat", "company", "name"),
    Relation("product", "company", "other"),
    Relation("employees", "company", "number"),
    Relation("winner", "edition", "name"),
    Relation("score", "edition", "number"),
    Relation("venue", "edition", "name"),
    Relation("date", "edition", "date"),
    Relation("attendance", "edition", "number"),
    Relation("top_scorer", "edition", "name"),
)
