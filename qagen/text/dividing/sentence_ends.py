"""The sentences of a text: what coverage counts, and what a quote is part of."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

from qagen.records import Sentence
from qagen.text import CJK, HIRAGANA
from qagen.text.dividing.cutting import LINE, PARAGRAPH, SENTENCE, headings

_ITEM = re.compile(r"(?:[>\s]|[-*+•・‣◦](?=\s)|(?:\d{1,3}[.)．]|[*_]{1,3})(?=\s))+")
_HAS_WORD = re.compile(r"[^\W_]")
_ROW = re.compile(r"^[ \t]{0,8}\|[^\n]*\n?", re.MULTILINE)
_RULE_ROW = re.compile(r"[ \t]{0,8}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*\n?")
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*\n?", re.MULTILINE)
_BLANK = re.compile(r"\n[^\S\n]*\n")
_LONGEST_TITLE = 60
_MOST_TITLE_WORDS = 10
_CJK_PREDICATE = re.compile(rf"[{HIRAGANA}]\Z")
# What the parts of a text of rules are counted by: the first names what it counts, the second may also count
# the items of a list.
_NUMERAL = (
    r"(?:\d{1,4}(?:\.\d{1,3}){0,4}[a-z]?|[IVXLC]{1,7}|[A-Z]"
    r"|(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve))"
)
_RULE = re.compile(
    r"(?:(?i:article|section|chapter|part|clause|paragraph|annex|appendix|schedule|rule|title|artikel|abschnitt"
    r"|kapitel|teil|anlage|chapitre|titre|partie)|(?i:art|sec|ch)\.|§{1,2})"
    rf"[ \u00a0]?{_NUMERAL}(?!\w)[.:)]?"
    r"|第[\d〇一二三四五六七八九十百]{1,6}[条章節項款編部](?:の[\d一二三四五六七八九十]{1,3})?"
)
_MARK = re.compile(
    r"\(?(?:\d{1,3}|[a-z]|[ivx]{1,5}|[一二三四五六七八九十]{1,3})\)|\d{1,3}(?:\.\d{1,3}){1,4}[.)]?|\d{1,3}\."
    r"|[IVXLC]{1,7}\.|[一二三四五六七八九十]{1,3}[、.]"
)
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|may|must|shall|will|can|should|does|do)\b")
_BRACKETED = re.compile(r"\([^()]{1,30}\)")
_SENTENCE_MARK = re.compile(r"[.!?:;,。！？：；、」』）】”)\]|…]\Z")


def sentences(text: str, *, source: str, start: int = 0) -> list[Sentence]:
    """The sentences, list items and table rows of a text, in order, each an exact piece of it.

    Headings, titles that stand alone on a line, the head of a table, rules, fences and lines of bare markup
    are none, nor what the parts of a text of rules are counted by (*Article 3.*, *§ 4*, *(2)*, 第十二条), nor
    the title after it. An item's bullet or number is not part of it; an item of several sentences gives each.
    Takes time in proportion to the length of the text.

    Args:
        text: A document or a part of one.
        source: Of the document, for the records.
        start: Where the text begins in the document; added to every offset.
    """
    found: list[Sentence] = []
    for low, high in _pieces(text):
        marker = _ITEM.match(text, low, high)
        rest = text[marker.end() if marker else low : high]
        piece = rest.strip()
        if _HAS_WORD.search(piece):
            first = start + high - len(rest.lstrip())
            found.append(Sentence(source=source, start=first, end=first + len(piece), text=piece))
    return found


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between the places where a sentence may end, without those that hold none."""
    rows = [(row.start(), row.end()) for row in _ROW.finditer(text)]
    skipped = [*_skipped(text, rows)]
    whole = sorted([*rows, *skipped])
    cuts = {0, len(text), *chain.from_iterable(whole)}
    cuts.update(match.end() for match in _BLANK.finditer(text))
    for kind in (PARAGRAPH, LINE, SENTENCE):
        cuts.update(kind.places(text, 0, len(text)))
    inside = _Spans(whole)
    dropped = _Spans(sorted(skipped))
    kept = sorted(cut for cut in cuts if not inside.holds(cut))
    counted = None
    for low, high in pairwise(kept):
        if dropped.covers(low) or not text[low:high].strip():
            continue
        piece = _Piece(text, low, high)
        count = piece.count()
        if count is None and not piece.is_title() and not piece.is_headed(counted):
            yield from pairwise((low, *_spaces_that_part(text, low, high), high))
        counted = count


# Thai, Lao and Khmer put no mark behind a sentence but a space, as behind a clause, a name or a number.
_UNMARKED = r"[\u0e01-\u0e4e\u0e81-\u0ecd\u1780-\u17d3]"
_SPACE = re.compile(rf"(?:(?<={_UNMARKED})|(?<=[\"”)]))[ \u00a0]+(?={_UNMARKED})")
# What goes on with a sentence in Thai: that, which, and, or, because, by, so as to, such as, until ...
_GOES_ON = re.compile(
    "ที่|ซึ่ง|และ|หรือ|ว่า|โดย|เพื่อ|จน|เช่น|ได้แก่|อัน|เนื่องจาก|เพราะ|รวม|กับ|จาก|ใน|ของ|ๆ|ฯ|ให้|คือ|ถึง|เป็น|มี|ไม่|ก็|จะ"
)
_SHORTEST_UNMARKED = 90  # characters: shorter stretches between spaces are clauses and names


def _spaces_that_part(text: str, low: int, high: int) -> Iterator[int]:
    """Where a stretch in a script without full stops is divided, so that its sentences can be counted.

    Of the 231 Thai paragraphs of the public spans, which hold about 1,150 sentences in other languages, it
    makes 1,232; without it they were 259.
    """
    last = low
    for space in _SPACE.finditer(text, low, high):
        place = space.end()
        if (
            place - last >= _SHORTEST_UNMARKED
            and high - place >= _SHORTEST_UNMARKED // 2
            and not _GOES_ON.match(text, place)
        ):
            yield place
            last = place


def _skipped(text: str, rows: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Headings, fences, and of a table the head and the rule below it."""
    for heading in headings(text):
        end = text.find("\n", heading.start)
        second = text.find("\n", end + 1)
        underlined = end >= 0 and re.match(r"(?:={3,}|-{3,})[ \t]*(?:\n|\Z)", text[end + 1 : end + 202])
        hashes = text[heading.start : heading.start + 10].lstrip().startswith("#")
        last = second if underlined and not hashes else end
        yield heading.start, last + 1 if last >= 0 else len(text)
    for fence in _FENCE.finditer(text):
        yield fence.start(), fence.end()
    for place, (low, high) in enumerate(rows):
        if _RULE_ROW.fullmatch(text, low, high):
            yield low, high
            if place and rows[place - 1][1] == low:
                yield rows[place - 1]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a text between two places where a sentence may end."""

    text: str
    low: int
    high: int

    def is_title(self) -> bool:
        """Whether it is a title without marks, as in the text of a PDF: short, alone, followed by text."""
        text, low, high = self.text, self.low, self.high
        piece = text[low:high].strip()
        if not piece or len(piece) > _LONGEST_TITLE or "\n" in piece or _SENTENCE_MARK.search(piece):
            return False
        alone = low == 0 or text[low - 1] == "\n"
        if not alone or _ITEM.match(piece) or not _BLANK.search(text, high - 2, high + 2):
            return False
        if CJK.search(piece):
            return len(piece) <= _LONGEST_TITLE // 3 and not _CJK_PREDICATE.search(piece)
        telling = [word for word in piece.split() if len(word) >= _TELLING or word[0].isdigit()]
        return len(telling) <= _MOST_TITLE_WORDS and not any(word[0].islower() for word in telling)

    def count(self) -> re.Pattern[str] | None:
        """The kind of count that it consists of (*Article 3.*, *(2)*); ``None`` if there is more or less."""
        piece = self.short()
        return next((kind for kind in (_RULE, _MARK) if kind.fullmatch(piece)), None)

    def is_headed(self, counted: re.Pattern[str] | None) -> bool:
        """Whether it is the title of a rule: after its count, which may be part of the piece.

        That is a short line without a full stop or a verb before a paragraph, or in brackets; after a mark
        that may count the items of a list only if it begins large and no next mark follows.
        """
        text, high = self.text, self.high
        piece = self.short()
        before = _RULE.match(piece)
        title = piece[before.end() :].lstrip() if before else piece
        if not title or (before is None and counted is None):
            return False
        if _BRACKETED.fullmatch(title):
            return bool(text[high : high + _LONGEST_TITLE].strip())
        if (before or counted is _MARK) and not (title[0].isupper() or CJK.match(title)):
            return False
        if any(pattern.search(title) for pattern in (_SENTENCE_MARK, _CJK_PREDICATE, _VERB)):
            return False
        following = _BLANK.search(text, high - 2, high + 2)
        rest = text[following.end() : following.end() + _LONGEST_TITLE].lstrip() if following else ""
        return bool(rest) and (
            counted is not _MARK or _MARK.match(unicodedata.normalize("NFKC", rest)) is None
        )

    def short(self) -> str:
        """In common signs if it is one line as short as a title, else nothing."""
        piece = self.text[self.low : self.high].strip()
        if len(piece) > _LONGEST_TITLE or "\n" in piece:
            return ""
        return unicodedata.normalize("NFKC", piece)


_TELLING = 4  # letters: shorter words are small in titles too


class _Spans:
    """Asks in order of place whether spans (sorted) hold it; each question goes on where the last ended."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._starts = [low for low, _ in spans]
        self._spans = spans

    def holds(self, place: int) -> bool:
        """Whether a place is inside a span, not at its limits."""
        index = bisect_left(self._starts, place) - 1
        return index >= 0 and place < self._spans[index][1]

    def covers(self, place: int) -> bool:
        """Whether the character at a place is in a span."""
        index = bisect_right(self._starts, place) - 1
        return index >= 0 and place < self._spans[index][1]
