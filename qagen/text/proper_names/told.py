"""Whether a text names what a name names, in whatever form: *Odo K. Pym*, *Vance, Tilda*, *Japanese*."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from qagen.text import CJK, EAST, fold, language_of, main_script, word_set
from qagen.text.proper_names.japanese import without_readings
from qagen.text.proper_names.latin import SIGN

_TITLES = word_set("the of and mr mrs ms miss dr prof professor sir dame lord lady captain capt de la")
_PEOPLE = re.compile(r"(?:ese|ians?|ans?|ish|n|s|es)?\Z")
_SHORTEST_STEM = 4
_CLUB_END = re.compile(r"(?:fc|sc|ac|bc|ユナイテッド|シティ)\Z")
_SHORTEST_CLUB = 2
_EAST_RUN = re.compile(rf"[{EAST}\u1100-\u11ff]+")
_MARKS = re.compile(r"[^\w&+#]+|_")
_APOSTROPHE = re.compile(r"['’](?:s\b)?")
_INNER_APOSTROPHE = re.compile(r"\w['’]\w")
_LETTER = re.compile(SIGN)
_ARTICLES = frozenset("ld")  # of French and Italian, before an apostrophe
# Letters that a name may lose, and get, at its end: the longest endings of its cases.
_CASES = {
    **dict.fromkeys(("pl", "cs", "sk", "ru", "uk", "be", "bg", "sr", "mk", "hr", "sl", "lt", "lv"), (2, 4)),
    **dict.fromkeys(("fi", "et", "hu", "tr"), (2, 6)),
    **dict.fromkeys(("el", "greek", "ro", "cyrillic"), (2, 4)),
    "de": (0, 2),
}
_LEAST_STEM = 3


def has_name(text: str, name: str) -> bool:
    """Whether a text names what ``name`` (folded or not) names.

    Case, accents, a possessive, titles and the words *the* and *of* do not matter; nor do middle names and
    initials (*Odo K. Pym* for *Odo Pym*, *T. Vance* for *Tilda Vance*), a first name shared by two (*Tilda
    and Odo Vance*), *Vance, Tilda*, or the form of a people (*Japanese* for *Japan*). Halves of
    two names (*Tilda Pym*) are not that name. A Japanese text may put a reading inside a name
    (凪迫（なぎさこ）FC), and leave out what clubs are called (凪迫 for 凪迫FC).

    In languages that inflect names, another ending is another form (*Warszawie* for *Warszawa*), and what
    stands before or behind an apostrophe is an article or an ending: *l'Allemagne*, *Kearney'den*.

    On the 6,948 questions of XQuAD (12 languages), whose answers stand in their paragraphs, it misses 1 name
    and missed 60 before these two rules, 50 of them Turkish; of 5,700 names of other paragraphs it takes
    0.3 % for known, mostly the same word in small letters.
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
        if not wanted or self.is_written(name):
            return True
        apart = _plain_words(re.sub("['’]", " ", name)).split()
        bare = [apart[1:]] if len(apart) > 1 and apart[0] in _ARTICLES else []
        every = [_Words(self.text, plain) for plain in self.plain_forms]
        return any(words.has(one) for words in every for one in (wanted, *bare)) or self.has_inflected(wanted)

    def is_written(self, name: str) -> bool:
        """Whether a name stands there word for word, but for case and marks; a particle may follow."""
        wanted, text = fold(name), self.folded
        at = text.find(wanted)
        while at >= 0:  # a pattern for each name would take longer to make than to search with
            if not (at and _LETTER.match(text, at - 1)) and not _LETTER.match(text, at + len(wanted)):
                return True
            at = text.find(wanted, at + 1)
        return False

    @cached_property
    def folded(self) -> str:
        """See :func:`qagen.text.folding.fold`."""
        return fold(self.text)

    @cached_property
    def squeezed(self) -> str:
        """Without white space, readings, points and quotation marks."""
        return _squeezed_name(self.text)

    @cached_property
    def plain_forms(self) -> tuple[str, ...]:
        """Words in small letters without accents and possessives, one space between them.

        What an apostrophe parts is taken together, and apart.
        """
        together = _plain_words(self.text)
        apart = _INNER_APOSTROPHE.search(self.text) and _plain_words(re.sub("['’]", " ", self.text))
        return (together, apart) if apart else (together,)

    @cached_property
    def cases(self) -> tuple[int, int]:
        """How many letters a name may lose and get at its end in the language of the text."""
        return _CASES.get(language_of(self.text) or main_script(self.text) or "", (0, 0))

    def has_inflected(self, wanted: list[str]) -> bool:
        """Whether the words of a name stand side by side in other cases."""
        lost, added = self.cases
        if not added:
            return False
        signs = []
        for word in wanted:
            stem = word[: max(_LEAST_STEM, len(word) - lost)] if word.isalpha() else word
            signs.append(rf"{re.escape(stem)}\w{{0,{len(word) - len(stem) + added * word.isalpha()}}}")
        pattern = re.compile(rf"(?<!\w){' '.join(signs)}(?!\w)")
        return any(pattern.search(plain) for plain in self.plain_forms)

    def has_club(self, wanted: str) -> bool:
        """Whether a club is named without its *FC* or ユナイテッド; the town 凪迫市 is not the club."""
        called = _CLUB_END.search(wanted)
        if called is None or called.start() < _SHORTEST_CLUB:
            return False
        club = rf"{re.escape(wanted[: called.start()])}(?![市町村県区駅])"
        return re.search(club, self.squeezed) is not None


@dataclass(frozen=True, slots=True)
class _Words:
    """A text, and its plain words in one of two forms."""

    text: str
    plain: str

    def has(self, wanted: list[str]) -> bool:
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
        flat = _EAST_RUN.sub(" ", flat.replace("ı", "i"))
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
