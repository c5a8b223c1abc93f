"""Whether a text names what a name names, in whatever form: *Odo K. Pym*, *Vance, Tilda*, *Japanese*."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from qagen.text.proper_names.japanese import without_readings
from qagen.text.scripts import CJK, HAN, KANA
from qagen.text.small_words import word_set

_TITLES = word_set("the of and mr mrs ms miss dr prof professor sir dame lord lady captain capt de la")
_PEOPLE = re.compile(r"(?:ese|ians?|ans?|ish|n|s|es)?\Z")
_SHORTEST_STEM = 4
_CLUB_END = re.compile(r"(?:fc|sc|ac|bc|ユナイテッド|シティ)\Z")
_SHORTEST_CLUB = 2
_CJK_RUN = re.compile(f"[{KANA}{HAN}]+")
_MARKS = re.compile(r"[^\w&+#]+|_")
_APOSTROPHE = re.compile(r"['’](?:s\b)?")


def has_name(text: str, name: str) -> bool:
    """Whether a text names what ``name`` (folded or not) names.

    Case, accents, a possessive, titles and the words *the* and *of* do not matter; nor do middle names and
    initials (*Odo K. Pym* for *Odo Pym*, *T. Vance* for *Tilda Vance*), a first name shared by two (*Tilda
    and Odo Vance*), *Vance, Tilda*, or the form of a people (*Japanese* for *Japan*). Halves of
    two names (*Tilda Pym*) are not that name. A Japanese text may put a reading inside a name
    (凪迫（なぎさこ）FC), and leave out what clubs are called (凪迫 for 凪迫FC).
    """
    return Told(text).has(name)


@dataclass(frozen=True)
class Told:
    """A text as names are looked up in it; what several names need is made once."""

    text: str

    def has(self, name: str) -> bool:
        """See :func:`has_name`."""
        if CJK.search(name):
            squeezed = _squeezed_name(name)
            return squeezed in self.squeezed or self.has_club(squeezed)
        wanted = [word for word in _plain_words(name).split() if word not in _TITLES]
        return not wanted or self.has_words(wanted)

    @cached_property
    def squeezed(self) -> str:
        """Without white space, readings, points and quotation marks."""
        return _squeezed_name(self.text)

    @cached_property
    def plain(self) -> str:
        """Words in small letters without accents and possessives, one space between them."""
        return _plain_words(self.text)

    def has_club(self, wanted: str) -> bool:
        """Whether a club is named without its *FC* or ユナイテッド; the town 凪迫市 is not the club."""
        called = _CLUB_END.search(wanted)
        if called is None or called.start() < _SHORTEST_CLUB:
            return False
        club = rf"{re.escape(wanted[: called.start()])}(?![市町村県区駅])"
        return re.search(club, self.squeezed) is not None

    def has_words(self, wanted: list[str]) -> bool:
        """Whether the words of a name stand together, turned round, or with others between them."""
        plain = self.plain.replace(" and ", " & ") if "&" in wanted else self.plain
        whole = f" {' '.join(word for word in plain.split() if word not in _TITLES)} "
        if f" {' '.join(wanted)} " in whole or f" {''.join(wanted)} " in whole:
            return True
        inverted, written = f"{wanted[-1]}, {' '.join(wanted[:-1])}", self.text.casefold()
        if inverted in written and re.search(rf"\b{re.escape(inverted)}\b", written):
            return True
        if len(wanted) == 1:
            return _has_form(plain, wanted[0])
        words = set(plain.split())
        if not all(word in words or _is_initial(word) for word in wanted):
            return False
        if re.search(_spread(wanted), f" {plain} "):
            return True
        # As written: a word that the text writes small is no part of another name.
        told = set(self.text.split())
        small = any(word in told for word in wanted)
        return small or len(wanted) > 2  # noqa: PLR2004 - more than a first name and a surname


def _squeezed_name(text: str) -> str:
    plain = without_readings(unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s・=＝･\"「」『』]", "", plain).casefold()


def _plain_words(text: str) -> str:
    if text.isascii():
        flat = text.lower()
    else:
        flat = unicodedata.normalize("NFKD", text)
        flat = flat.translate(
            {ord(sign): None for sign in set(flat) if unicodedata.combining(sign)}
        ).casefold()
        flat = _CJK_RUN.sub(" ", flat)
    return " ".join(_MARKS.sub(" ", _APOSTROPHE.sub("", flat)).replace("&", " & ").split())


def _is_initial(word: str) -> bool:
    return len(word) == 1


def _spread(wanted: list[str]) -> str:
    """A name with initials for words, with a word or initial between, shared, or in the order of an index."""
    signs = [rf"{re.escape(word)}\w*" if _is_initial(word) else re.escape(word) for word in wanted]
    kept = [sign for sign, word in zip(signs, wanted, strict=True) if not _is_initial(word)] or signs
    return rf" (?:{' (?:[a-z] )?'.join(signs)}|{' (?:[a-z] )?'.join(kept)}|{signs[0]} and \w+ {signs[-1]}) "


def _has_form(plain: str, word: str) -> bool:
    """Whether a word of the text is the word in another form: Japan, Japanese; Vance, Vances."""
    if word[:_SHORTEST_STEM] not in plain:
        return False
    pattern = rf"(?<!\w){re.escape(word[:_SHORTEST_STEM])}\w*"
    for match in re.finditer(pattern, plain):
        shorter, longer = sorted((word, match[0]), key=len)
        stem = shorter if longer.startswith(shorter) else shorter[:-1]
        if len(stem) >= _SHORTEST_STEM - 1 and longer.startswith(stem) and _PEOPLE.match(longer, len(stem)):
            return True
    return False
