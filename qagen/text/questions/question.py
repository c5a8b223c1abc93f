"""A question, read: the kind of its answer, its words, names and numbers, and what tells it from others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from qagen.text import HAN, KANA, KANJI, LIGHT, NO_NAMES, ORDINALS, THINGS, Reading, is_han
from qagen.text.numerals import numbers
from qagen.text.questions.english import read_english
from qagen.text.questions.japanese import read_japanese

JAPANESE = re.compile(f"[{KANA}{KANJI}]")
LONGEST = 2000
"""Longer texts are no questions or short answers: they are compared as they stand."""
_NUMBERED = re.compile(rf"\b(?:{'|'.join(sorted(map(str.capitalize, ORDINALS)))}) [A-Z]\w+")
# A place's name before what is held there: names() has no dictionary and leaves it out.
_BEFORE_EVENT = re.compile(f"[{HAN}]{{2,4}}(?=大会|選手権|杯|カップ|音楽祭|駅伝)")
_FIRST = re.compile(
    r"\b(?:finish|finished|came|come|placed) (?:in )?(?:the )?(?:first|1st)\b|(?<!\d)[1一]位(?:にな|だっ|は)"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a question asks.

    ``words`` are all words with a meaning, those of names included, synonyms made one; an event word
    begins with "=". ``named`` are those of them that stand in names. ``atoms`` are the names' parts.
    ``numbered`` are names that begin with a number word, and ``outside`` the numbers without theirs: the 2 of
    Race 2, and not that of the yacht Second Thought.
    """

    folded: str
    kind: str
    words: frozenset[str]
    named: frozenset[str]
    atoms: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    japanese: bool
    numbered: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()

    @property
    def relation(self) -> frozenset[str]:
        """The words that are no qualifiers: neither of a name nor of an event."""
        return frozenset(word for word in self.words - self.named if not word.startswith("="))

    @property
    def kinds_named(self) -> frozenset[str]:
        """The words of names that say what kind of thing it is: the museum of the Morwen Museum."""
        if self.japanese:
            return frozenset(word for word in self.named if is_han(word[0]))
        return self.named & THINGS

    @property
    def qualifiers(self) -> frozenset[str]:
        """What tells this question from others of its relation: parts of names, event words, numbers."""
        events = (word for word in self.words - self.named if word.startswith("="))
        return frozenset((*self.atoms, *events, *(f"+{number}" for number in self.numbers)))

    def lacks(self, other: Question) -> list[str]:
        """The names that the other does not have, neither whole nor in their short form."""
        return [name for name in sorted(self.names) if not other.has(name)]

    def has(self, name: str) -> bool:
        """Whether it has a name, whole or by its last word alone."""
        last = last_part(name)
        if JAPANESE.search(name):
            return name in self.folded or (last != name and last in self.folded)
        stands = re.search(rf"\b{re.escape(last)}\b", self.folded) is not None
        return stands and not self.has_another_first(name)

    def has_another_first(self, name: str) -> bool:
        """Whether it has a namesake: the same last word with another first one."""
        last = last_part(name)
        if name in self.folded or last in self.names:
            return False
        return any(
            last_part(full) == last and not full.endswith(name) and not name.endswith(full)
            for full in self.names
        )

    def has_events(self, words: frozenset[str]) -> bool:
        """Whether some of these words name an event and stand in no name of the question."""
        return any(word.startswith("=") for word in words - self.named)


def last_part(name: str) -> str:
    """The last word of a name: the surname of a person."""
    return name.rsplit(" ", 1)[-1]


@lru_cache(maxsize=1 << 15)
def read_question(text: str) -> Question:
    """What this question asks."""
    reading = Reading.of(text)
    folded = reading.folded
    japanese = JAPANESE.search(folded) is not None
    if len(text) > LONGEST:
        nothing: frozenset[str] = frozenset()
        return Question(
            folded, "what", frozenset(folded.split()), nothing, nothing, nothing, nothing, japanese
        )
    found = frozenset(name.removesuffix("対") for name in reading.names) - NO_NAMES
    found = frozenset(name for name in found if len(name) > 1 and not name.isdigit() and name[0] != "何")
    if japanese:
        found |= frozenset(_BEFORE_EVENT.findall(folded))
    kind, words = (read_japanese if japanese else read_english)(folded)
    named = {word for name in found for word in _name_words(name, japanese=japanese)} & words
    atoms = frozenset(part for name in found for part in name.split() if part not in LIGHT)
    plain = frozenset(words) or frozenset(folded.split())
    counted = reading.numbers
    if "1" in counted and _FIRST.search(folded):
        counted -= {"1"}
    numbered = frozenset(_NUMBERED.findall(text))
    outside = counted & numbers(_NUMBERED.sub(" ", text)) if numbered else counted
    return Question(folded, kind, plain, frozenset(named), atoms, counted, found, japanese, numbered, outside)


@lru_cache(maxsize=1 << 15)
def _name_words(name: str, *, japanese: bool) -> frozenset[str]:
    return frozenset((read_japanese if japanese else read_english)(name)[1])
