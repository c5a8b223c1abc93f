"""What is known of one text, read once: however many gates look at it, its numbers are read one time."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from qagen.text.folding import Placed, fold
from qagen.text.languages import language_of
from qagen.text.numerals import months, numbers, shares
from qagen.text.proper_names import Told, names
from qagen.text.scripts import CJK
from qagen.text.terms import digits_in, share_of, terms_of, without_markup

_NEARLY_ALL = 0.8  # of an answer's words must stand in a text that gives it
_LATIN = re.compile(r"[A-Za-zÀ-ž]")
_KEPT = 1 << 12  # texts that are remembered: the passages at work, with their pairs


@dataclass(frozen=True)
class Reading:
    """A text with what can be read in it without a model; each part is read when it is first asked for."""

    text: str

    @staticmethod
    @lru_cache(maxsize=_KEPT)
    def of(text: str) -> Reading:
        """The reading of a text, the same one each time as long as it is remembered."""
        return Reading(text)

    @cached_property
    def folded(self) -> str:
        """See :func:`qagen.text.folding.fold`."""
        return fold(self.text)

    @cached_property
    def spelled(self) -> Placed:
        """The text after NFKC, with the place of each sign."""
        return Placed.spelled(self.text)

    @cached_property
    def flat(self) -> Placed:
        """The text after NFKC in small letters, with the place of each sign."""
        return Placed.flat(self.text)

    @cached_property
    def bare(self) -> Placed:
        """The text in small letters without what a reader does not read, with the place of each sign."""
        return Placed.bare(self.text)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """See :func:`qagen.text.numerals.reader.numbers`."""
        return numbers(self.text)

    @cached_property
    def shares(self) -> frozenset[Fraction]:
        """See :func:`qagen.text.numerals.parts.shares`."""
        return shares(self.text)

    @cached_property
    def months(self) -> frozenset[str]:
        """See :func:`qagen.text.numerals.named_months.months`."""
        return months(self.text)

    @cached_property
    def names(self) -> frozenset[str]:
        """See :func:`qagen.text.proper_names.reader.names`."""
        return names(self.text)

    @cached_property
    def language(self) -> str | None:
        """See :func:`qagen.text.languages.language_of`."""
        return language_of(self.text)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The runs of letters in order, with the marks that some scripts write as signs of their own."""
        plain = unicodedata.normalize("NFKC", self.text)
        between = {ord(sign): " " for sign in set(plain) if unicodedata.category(sign)[0] not in "LM"}
        return tuple(plain.translate(between).split())

    @cached_property
    def plain(self) -> str:
        """See :func:`qagen.text.terms.without_markup`."""
        return without_markup(self.text)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """See :func:`qagen.text.terms.terms_of`."""
        return terms_of(self.plain)

    @cached_property
    def term_set(self) -> frozenset[str]:
        """The terms, each once."""
        return frozenset(self.terms)

    @cached_property
    def digits(self) -> frozenset[str]:
        """See :func:`qagen.text.terms.digits_in`."""
        return digits_in(self.text)

    @cached_property
    def eastern(self) -> int:
        """How many of its signs are kana or Han."""
        return len(CJK.findall(self.text))

    @cached_property
    def latin(self) -> int:
        """How many of its signs are Latin letters, with the accents of Europe."""
        return len(_LATIN.findall(self.text))

    @cached_property
    def _told(self) -> Told:
        return Told(self.text)

    def has_name(self, name: str) -> bool:
        """See :func:`qagen.text.proper_names.told.has_name`."""
        return self._told.has(name)

    def says(self, answer: Reading) -> bool:
        """Whether the text has an answer, word for word or nearly so."""
        wanted = answer.plain.strip(" .,;:。、")
        if not wanted:
            return False
        if CJK.search(wanted):
            return wanted in self.plain.replace(" ", "") or wanted in self.plain
        if wanted in self.plain and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", self.plain):
            return True
        if not answer.terms or share_of(answer.terms, self.term_set) < _NEARLY_ALL:
            return False
        return answer.digits <= self.digits
