"""What is wanted of each fact: how many wordings in which languages, and in which other forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from qagen.errors import SettingsError
from qagen.pairs.wordings.forms import KINDS, AnswerStyle, Kind
from qagen.records import QAPair
from qagen.text import language_code, language_of
from qagen.text.numerals import numbers

FACTS_A_CALL = 5
Key = tuple[str, str | None]
"""A fact, by the id of its canonical pair, in one language."""


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
class Fact:
    """A canonical pair, and what is to be written of it."""

    pair: QAPair
    targets: tuple[Target, ...]

    def key(self, target: Target) -> Key:
        """The fact in the language of a target."""
        return self.pair.id, target.language

    def beyond(self, written: Mapping[Key, object]) -> Fact:
        """The same without the languages that are written already."""
        return replace(self, targets=tuple(one for one in self.targets if self.key(one) not in written))

    def foreign(self) -> Fact:
        """The same in other languages than its own only."""
        return replace(self, targets=tuple(one for one in self.targets if not one.own))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of every fact, checked."""

    forms: int
    held_out: int
    kinds: tuple[Kind, ...]
    languages: tuple[str, ...] | None
    style: AnswerStyle

    @classmethod
    def of(
        cls,
        *,
        forms: int,
        held_out: int,
        kinds: Iterable[Kind],
        languages: Iterable[str] | None,
        answer_style: AnswerStyle,
    ) -> Wish:
        """The options, if they can be used.

        Raises:
            SettingsError: One of them cannot; the message names it.
        """
        wanted = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        unknown = [kind for kind in wanted if kind not in KINDS]
        if forms < 1 or held_out < 0:
            raise SettingsError(f"forms must be at least 1 and held_out at least 0, not {forms}, {held_out}")
        if unknown:
            raise SettingsError(f"kinds has {unknown[0]!r}; there are {', '.join(KINDS)}")
        if answer_style not in get_args(AnswerStyle):
            raise SettingsError(f"answer_style must be 'short' or 'sentence', not {answer_style!r}")
        return cls(
            forms,
            held_out,
            tuple(kind for kind in KINDS if kind in wanted and forms > 1),
            None if languages is None else _language_codes(languages),
            answer_style,
        )

    def facts(self, pairs: Sequence[QAPair]) -> dict[str, Fact]:
        """By the id of the canonical pair, the facts that have no wordings yet."""
        done = {pair.fact for pair in pairs if pair.form != "canonical"}
        return {pair.id: Fact(pair, self.targets(pair)) for pair in pairs if pair.fact not in done}

    def targets(self, pair: QAPair) -> tuple[Target, ...]:
        """What to write of a fact, in which languages; where its answer has numbers, one wording more."""
        more = bool(numbers(pair.answer)) and self.forms > 1
        sentence = self.style == "sentence" or bool(self.kinds)
        mine = pair_language(pair)
        targets = []
        for code in self.languages or (mine,):
            trained = self.forms - (code == mine) + more
            asks = trained + self.held_out > 0 or sentence
            targets.append(Target(code, code == mine, trained, self.held_out, asks))
        return tuple(target for target in targets if target.asks)

    def batches(self, facts: Iterable[Fact], *, small: bool) -> Iterator[list[Fact]]:
        """The facts that go into one call.

        Those of each passage are in calls of nearly the same size, so that another passage changes none.
        """
        most = 1 if small else max(1, FACTS_A_CALL // len(self.languages or ("",)))
        passages: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            if fact.targets:
                passages[fact.pair.passage].append(fact)
        for together in passages.values():
            calls = -(-len(together) // most)
            size = -(-len(together) // calls)
            yield from (together[start : start + size] for start in range(0, len(together), size))


def pair_language(pair: QAPair) -> str | None:
    """The code of the language a pair is in."""
    told = language_code(pair.language) if pair.language else None
    return told or language_of(pair.question) or language_of(pair.quote)


def _language_codes(languages: Iterable[str]) -> tuple[str, ...]:
    names = [languages] if isinstance(languages, str) else list(languages)
    codes = {name: language_code(name) for name in names}
    unknown = [name for name, code in codes.items() if code is None]
    if unknown or not names:
        raise SettingsError(
            f"languages has {unknown[0]!r}, which is no language code such as 'en' or 'ja'"
            if unknown
            else "languages is empty: give codes such as 'en' and 'ja', or None for the pairs' own"
        )
    return tuple(dict.fromkeys(code for code in codes.values() if code))
