"""The facts of a divided dataset as they are asked about, and how a probe of one is made."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from qagen.errors import SettingsError
from qagen.evaluation import Probe, ProbeKind
from qagen.evaluation.scoring import answer_kind_of
from qagen.pairs.wordings import HELD_OUT, short_answer
from qagen.records import Form, QAPair
from qagen.text import find_answer, fold, language_code, language_of
from qagen.text.numerals import numbers
from qagen.text.proper_names import has_name, names

QUESTIONS: frozenset[Form] = frozenset({"canonical", "rephrased"})
"""Forms that ask what the fact's canonical question asks."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with all its pairs: the canonical one is the head, ``language`` (a code) is its own.

    ``aliases`` are what a caller accepts besides the answer.
    """

    head: QAPair
    pairs: tuple[QAPair, ...]
    language: str | None
    aliases: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Shared by all its pairs."""
        return self.head.fact

    @property
    def withheld(self) -> bool:
        """Whether nothing of it is trained, on purpose."""
        return self.head.part == "control"

    @property
    def trained(self) -> tuple[QAPair, ...]:
        """Its trained pairs."""
        return tuple(pair for pair in self.pairs if pair.part == "train")

    @property
    def wordings(self) -> int:
        """Trained wordings of its question, in any language."""
        return sum(pair.form in QUESTIONS for pair in self.trained)

    @property
    def answer(self) -> str:
        """The short answer, in the fact's own language."""
        return short_answer(self.head)

    @property
    def answers(self) -> tuple[str, ...]:
        """All that is right, the short answer first."""
        return each_once((self.answer, self.head.answer, *self.aliases))

    def answers_of(self, pair: QAPair) -> tuple[str, ...]:
        """What answers one of its wordings: in its own words first, then in those of the fact."""
        return each_once((short_answer(pair), pair.answer, *self.answers))

    def own_answers(self, pair: QAPair) -> tuple[str, ...]:
        """What answers one of its pairs that asks for something else than the fact does."""
        return each_once((short_answer(pair), pair.answer))

    def speaks(self, pair: QAPair) -> bool:
        """Whether a pair is in the fact's own language, as far as one can tell."""
        told = language_of_pair(pair)
        return told is None or self.language is None or told == self.language


def read_facts(pairs: Iterable[QAPair], aliases: Mapping[str, Sequence[str]]) -> list[Fact]:
    """The facts in the order of the pairs; ``aliases`` by fact id or canonical question.

    Raises:
        SettingsError: A key of ``aliases`` is neither.
    """
    together: dict[str, list[QAPair]] = {}
    for pair in pairs:
        together.setdefault(pair.fact, []).append(pair)
    more = {fold(key): values for key, values in aliases.items()}
    facts = []
    for own in together.values():
        head = next((pair for pair in own if pair.form == "canonical"), own[0])
        accepted = (*more.get(fold(head.fact), ()), *more.get(fold(head.question), ()))
        facts.append(Fact(head, tuple(own), language_of_pair(head), accepted))
    known = {fold(key) for fact in facts for key in (fact.id, fact.head.question)}
    unknown = [key for key in aliases if fold(key) not in known]
    if unknown:
        raise SettingsError(
            f"aliases has {unknown[0]!r}, which is neither a fact's id nor its canonical question"
        )
    return facts


def is_held_out(pair: QAPair) -> bool:
    """Whether it is a wording that is never trained."""
    return pair.part == "probe" or pair.extra.get(HELD_OUT) is True


def language_of_pair(pair: QAPair) -> str | None:
    """The code of the language of a pair's question; ``None`` when it cannot be told."""
    told = language_code(pair.language) if pair.language else None
    return told or _language_of(pair.question)


_language_of = lru_cache(maxsize=1 << 10)(language_of)
_kind_of = lru_cache(maxsize=1 << 10)(answer_kind_of)


def each_once(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts without empty ones and without those that are an earlier one after folding."""
    found: dict[str, str] = {}
    for text in map(str.strip, texts):
        if text:
            found.setdefault(fold(text) or text, text)
    return tuple(found.values())


def probe_id(kind: ProbeKind, question: str, form: str) -> str:
    """A short hash of what is asked."""
    text = json.dumps([kind, form, question])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def digest(seed: int, use: str, text: str) -> int:
    """A number that a seed, a use and a text decide, below 2**64."""
    whole = f"{seed}\0{use}\0{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(whole).digest()[:8], "big")


def new_probe(kind: ProbeKind, question: str, fact: Fact, *, answers: Sequence[str], **more: Any) -> Probe:
    """A probe of a fact, with what all its probes share."""
    form = more.get("form", "")
    head = fact.head
    return Probe(
        **{
            "id": probe_id(kind, question, form),
            "kind": kind,
            "question": question,
            "answers": tuple(answers),
            "fact": fact.id,
            "source": head.source,
            "passage": head.passage,
            "start": head.start,
            "end": head.end,
            "language": fact.language,
            "answer_kind": _kind_of(answers[0]) if answers else "other",
            "wordings": fact.wordings,
            "writer": head.model,
            **more,
        }
    )


_EAST = r"\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts without spaces, or nearly so
_WORD = re.compile(rf"\d+|[^\W\d_{_EAST}]+|[{_EAST}]+")


class Told:
    """What trained pairs tell by the way, found by the words of an answer.

    A pair tells a fact when its question, or an answer of it that says more than the fact's own, holds that
    answer, and its question and answer together all names and numbers of the fact's question, one at least.
    A bare number below 100 stands in many texts, and is passed over.
    This is more than it takes to have learnt it, so a fact that is not told was surely not trained. Pairs
    are looked up by the words that they must have, so the time grows with the pairs and not their square.
    """

    def __init__(self, trained: Iterable[QAPair]) -> None:
        self._pairs = tuple(trained)
        self._having: dict[str, set[int]] = defaultdict(set)
        for place, pair in enumerate(self._pairs):
            for word in _search_words(f"{pair.question}\n{pair.answer}"):
                self._having[word].add(place)
        self._numbers: dict[int, frozenset[str]] = {}

    def telling(self, question: str, answers: Iterable[str]) -> QAPair | None:
        """The first pair that tells the answer to this question."""
        named, counted = names(question), numbers(question)
        if not named and not counted:
            return None
        for answer in answers:
            if _is_small_number(answer):
                continue
            for place in sorted(self._pairs_with(answer)):
                pair = self._pairs[place]
                text = f"{pair.question}\n{pair.answer}"
                if (
                    _does_pair_tell(pair, answer)
                    and all(has_name(text, name) for name in named)
                    and counted <= self._numbers_at(place, text)
                ):
                    return pair
        return None

    def _pairs_with(self, answer: str) -> set[int]:
        """Places of pairs with all words of an answer."""
        having = sorted((self._having.get(word, set()) for word in _search_words(answer)), key=len)
        return set.intersection(*having) if having else set()

    def _numbers_at(self, place: int, text: str) -> frozenset[str]:
        if place not in self._numbers:
            self._numbers[place] = numbers(text)
        return self._numbers[place]


def _is_small_number(answer: str) -> bool:
    """Whether it is one number below 100 and nothing else: 5, 五, twelve."""
    counted = numbers(answer)
    return len(fold(answer).split()) == 1 and len(counted) == 1 and len(min(counted)) <= 2  # noqa: PLR2004 - two digits


def _does_pair_tell(pair: QAPair, answer: str) -> bool:
    if find_answer(answer, pair.question):
        return True
    return fold(pair.answer) != fold(answer) and find_answer(answer, pair.answer) is not None


def _search_words(text: str) -> set[str]:
    """Words in small letters; of scripts without spaces, each sign and each two of them."""
    found: set[str] = set()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if re.match(rf"[{_EAST}]", word):
            found.update(word, map("".join, pairwise(word)))
        else:
            found.add(word)
    return found
