"""What no pair asks for yet: the sentences of a passage that are not covered, or only in part."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from qagen.pairs.gaps.coverage import SentencePlaces, Told, told_about
from qagen.pairs.gaps.gap import Found, Gap
from qagen.records import Declared, Passage, QAPair, Sentence
from qagen.text import language_code, language_of
from qagen.text.dividing import sentences
from qagen.text.numerals import numbers
from qagen.text.proper_names import has_name, names

_PLACE_OF_PART = re.compile(r"#(\d+)-\d+\Z")


class Known:
    """The pairs and declared sentences so far, and the passages that are still worth a question."""

    def __init__(
        self,
        passages: Sequence[Passage],
        pairs: Sequence[QAPair],
        declared: Sequence[Declared],
        most: int | None,
        *,
        in_part: bool,
        language: str | None,
    ) -> None:
        self._open = [one for one in passages if one.text.strip()]
        self._most = most
        self._in_part = in_part
        self._language = language
        self._pairs = _pairs_by_passage(passages, pairs)
        self._quoted = _Stretches(pairs)
        self._declared = _Stretches(declared)

    def gaps(self) -> list[Gap]:
        """What is to be asked about in the next round."""
        listed: set[Sentence] = set()
        gaps: list[Gap] = []
        for passage in self._open:
            # Passages may overlap; of a sentence that stands in two, the first is asked.
            gap = self.gap(passage).without(listed)
            if gap.sentences and (gap.room is None or gap.room > 0):
                gaps.append(gap)
                listed.update(gap.sentences)
        return gaps

    def add(self, gaps: Sequence[Gap], found: Sequence[Found]) -> None:
        """Take what a round has found; the passages it brought nothing new for are done."""
        self._open = [gap.passage for gap, one in zip(gaps, found, strict=True) if one.is_new]
        for gap, one in zip(gaps, found, strict=True):
            self._pairs[gap.passage.id] = [*by_id((*gap.known, *one.pairs))]
        self._quoted.add(pair for one in found for pair in one.pairs)
        self._declared.add(said for one in found for said in (*one.declared, *one.settled))

    def gap(self, passage: Passage) -> Gap:
        """What is to be asked about in one passage."""
        places = SentencePlaces(sentences(passage.text, source=passage.source, start=passage.start))
        quoted = [(places.touched(*where), pair) for where, pair in self._quoted.near(passage)]
        covered = places.marked(touched for touched, _ in quoted)
        declared = places.marked(places.held(*where) for where, _ in self._declared.near(passage))
        told = told_about(len(covered), quoted)
        in_names = self._in_part and _names_are_written(self._language, passage)
        lacking: dict[Sentence, tuple[str, ...]] = {}
        for sentence, near, is_covered, no_fact in zip(
            places.sentences, told, covered, declared, strict=True
        ):
            if not (is_covered or no_fact):
                lacking[sentence] = ()
            elif self._in_part and not no_fact:
                words = _lacking_words(sentence, near, passage, in_names=in_names)
                lacking.update({sentence: words} if words else {})
        return Gap(
            passage=passage,
            sentences=tuple(lacking),
            lacking=lacking,
            known=tuple(self._pairs[passage.id]),
            most=self._most,
        )


_NUMBERING = re.compile(
    r"\A[\W_]*(?:(?:article|section|chapter|part|clause|paragraph|rule|step|item|annex|appendix|art|sec|no)\b"
    r"\.?\s*\d+(?:\.\d+)*(?![\d,]|\.\d)|[(（\[]\d{1,3}[)）\]]|\d{1,3}[.)．）](?=[^\W\d])"
    r"|\d{1,3}(?:\.\d{1,3})+\.(?!\d)|§+\s*\d+(?:\.\d+)*"
    r"|第[\d〇一二三四五六七八九十百]+[条章項款](?:の[\d一二三四五六七八九十]+)?|[①-⑳])",
    re.IGNORECASE,
)
_MOST_HINTS = 40
_NUMERAL = re.compile(r"[\d〇一二三四五六七八九十百千万億]+(?:[.,:]\d+)*[万億]?|[A-Za-z]+(?:-[A-Za-z]+)*")


def _lacking_words(sentence: Sentence, told: Told, passage: Passage, *, in_names: bool) -> tuple[str, ...]:
    """The numbers and names that no pair about a sentence has, as they are written in it, in their order.

    What numbers the sentence, and names of the title and the section, are left out: nobody need ask for them.
    Of what is hardly a sentence, with more than forty of either, some stand for all.
    """
    text = unicodedata.normalize("NFKC", _NUMBERING.sub("", sentence.text))
    headings = "\n".join((passage.theme, *passage.section))
    unasked = [one for one in numbers(text) if not told.has_number(one)]
    own_names = names(text) if in_names else ()
    unnamed = [one for one in own_names if not (told.has_name(one) or has_name(headings, one))]
    written = _written_numbers(text) if unasked else {}
    words = {written.get(one, one) for one in sorted(unasked)[:_MOST_HINTS]}
    words.update(_written_name(text, one) for one in sorted(unnamed)[:_MOST_HINTS])
    return tuple(sorted(words, key=lambda word: (text.find(word), word)))


def _names_are_written(language: str | None, passage: Passage) -> bool:
    """Whether pairs in a language (``None``: that of the text) write names as the passage does."""
    return language is None or language_of(passage.text) in {None, language_code(language)}


def _written_numbers(text: str) -> dict[str, str]:
    """How the numbers of a text are written in it, where that is one word: 1450 as 1,450, 3 as March."""
    written: dict[str, str] = {}
    for match in _NUMERAL.finditer(text):
        for value in (*numbers(match[0]), *numbers(text[match.start() : match.end() + 1])):
            written.setdefault(value, match[0])
    return written


def _written_name(text: str, name: str) -> str:
    """How a folded name is written in a text."""
    found = re.search(r"[\W_]*".join(map(re.escape, name.split())), text, re.IGNORECASE)
    return found[0] if found else name


_Placed = TypeVar("_Placed", QAPair, Declared)


class _Stretches(Generic[_Placed]):
    """What has a place in a document, and which of it lies near a passage."""

    def __init__(self, found: Iterable[_Placed]) -> None:
        self._of: defaultdict[str, list[tuple[tuple[int, int], _Placed]]] = defaultdict(list)
        self._longest: defaultdict[str, int] = defaultdict(int)
        self.add(found)

    def add(self, found: Iterable[_Placed]) -> None:
        changed = set()
        for one in found:
            if one.start is not None and one.end is not None:
                self._of[one.source].append(((one.start, one.end), one))
                self._longest[one.source] = max(self._longest[one.source], one.end - one.start)
                changed.add(one.source)
        for source in changed:
            self._of[source].sort(key=_stretch_place)

    def near(self, passage: Passage) -> list[tuple[tuple[int, int], _Placed]]:
        """All that overlaps the passage, with its places, in order, and little else."""
        found = self._of[passage.source]
        first = bisect_left(found, (passage.start - self._longest[passage.source], 0), key=_stretch_place)
        return found[first : bisect_left(found, (passage.end, 0), key=_stretch_place)]


def _stretch_place(stretch: tuple[tuple[int, int], object]) -> tuple[int, int]:
    return stretch[0]


def by_id(pairs: Iterable[QAPair]) -> Iterable[QAPair]:
    """Each once: one that came again, because its quote had not been found, as it came last."""
    return {pair.id: pair for pair in pairs}.values()


def _pairs_by_passage(passages: Sequence[Passage], pairs: Sequence[QAPair]) -> defaultdict[str, list[QAPair]]:
    """The canonical pairs of each passage, those about a part of it included.

    After a reply that was cut off, the rest of a passage is asked as a passage of its own.
    """
    own = {passage.id for passage in passages}
    starts: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for passage in passages:
        starts[passage.source].append((passage.start, passage.id))
    for places in starts.values():
        places.sort()
    found: defaultdict[str, list[QAPair]] = defaultdict(list)
    for pair in pairs:
        if pair.form != "canonical":
            continue
        part = None if pair.passage in own else _PLACE_OF_PART.search(pair.passage)
        home = _home_passage(starts[pair.source], int(part[1])) if part else pair.passage
        found[home].append(pair)
    return found


def _home_passage(places: Sequence[tuple[int, str]], start: int) -> str:
    """The id of the last passage that begins at a place or before it."""
    index = bisect_right(places, start, key=lambda place: place[0]) - 1
    return places[index][1] if index >= 0 else ""
