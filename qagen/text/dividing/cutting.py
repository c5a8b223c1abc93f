"""Where a text may be cut: its headings, paragraphs, lines, sentences, words and characters."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from qagen.text.dividing.abbreviations import is_abbreviation, is_ordinal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from regex import Pattern as RegexPattern

# A Markdown heading (# or underlined), or the fence of a block of code, in which # begins no heading. The
# bounds on the length keep a line of five megabytes from being taken for a title.
_OUTLINE = re.compile(
    r"\n {0,3}(?P<hashes>#{1,6})[ \t\u3000]+(?P<title>\S[^\n]{0,299})(?=\n|\Z)"
    r"|\n {0,3}(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)"
    r"|\n\n(?:={3,}\n)?(?![ \t]*(?:[-*+>|#`~:]|\d+[.)]\s))"
    r"(?P<underlined>\S[^\n]{0,199})\n(?P<line>={3,}|-{3,})[ \t]*(?=\n|\Z)"
)
_CLOSING_HASHES = re.compile(r"(?:^|[ \t])#+$")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*\)")

# The rule below the head of a table, and the rows that follow it.
_TABLE_RULE = re.compile(
    r"\n[ \t]{0,3}(?=[^\n]{0,999}\|)\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*(?=\n|\Z)"
)
_TABLE_ROWS = re.compile(r"(?:\n[ \t]{0,3}(?=[^\s|]|\|)[^\n|]*\|[^\n]*)*")
# A head longer than this is none that a reader could keep in mind, and a caption is one line.
_LONGEST_HEAD = 6000
_LONGEST_CAPTION = 200

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n(?=[^\S\n]*\S)")
# The end of a line that is not just wrapped: a short one, after a sentence, before an item or a row.
_LINE = re.compile(
    r"(?:^[^\n]{0,30}|(?<=[.!?:;。！？…：；」』）】|)\]\"”]))\n(?=[^\S\n]*\S)"
    r"|\n(?=[ \t]{0,8}(?:[-*+•・|>]|\d{1,3}[.)．]))",
    re.MULTILINE,
)
# Bounded where a match can fail after a run of marks: a page of dots takes no longer than a page of text.
_SENTENCE = re.compile(
    r"(?P<full>(?:[。｡！？]|．(?!\d))+|…{1,8}(?=[」』）】]))[」』）】〉》”’\"')\]]*[ \t\u3000]*"
    r"|(?P<indic>[।॥።؟۔။។]+)[ \t]*"
    r"|(?P<latin>[.!?…]{1,8})[\"'”’)\]»]{0,8}[ \t\u3000]+"
    r"|」(?=「)"
)
_CLAUSE = re.compile(r"[,;:][ \t]+|[、，；：][ \t\u3000]*")
_WORD = re.compile(r"\s(?=\S)")
_LONGEST_TITLE = 80
_TITLE = re.compile(r"(?:\A|\n[ \t]*\n)[ \t]*[^\W_][^\n|]*[^\s.!?:;,。！？：；、」』）】”)\]|]\Z")
_TEXT = re.compile(r"\S")
# How far a pattern may look beyond the places it is asked about.
_LOOK = 32
# A quotation that one of these follows goes on: 「はい。」と言った。
_GOES_ON = frozenset("とっはがのをにもでなかや、，")
_CLOSERS = frozenset("」』）】〉》”’\"')]")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t]*\d{1,3}\Z")
_ROMAN_NUMBER = re.compile("[ivx]{2,6}")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]*\Z")


class Heading(NamedTuple):
    """A heading: where its line begins, where the text below it begins, its level, the titles down to it."""

    start: int
    body: int
    level: int
    path: tuple[str, ...]


def headings(text: str) -> Iterator[Heading]:
    """The Markdown headings of a text in order, those in code fences left out."""
    above: list[tuple[int, str]] = []
    fence = ""
    # With two line ends before it, the first line is like any other; a pattern that begins with one is quick.
    for match in _OUTLINE.finditer("\n\n" + text):
        if match["fence"]:
            fence = _fence_after(fence, match["fence"], match["info"])
        elif not fence:
            level = len(match["hashes"] or "") or (1 if match["line"][0] == "=" else 2)
            title = _plain_title(match["title"] or match["underlined"])
            above = [*(one for one in above if one[0] < level), (level, title)]
            start = match.start("underlined") if match["line"] else match.start() + 1
            body = _TEXT.search(text, match.end() - 2)
            path = tuple(name for _, name in above)
            yield Heading(start - 2, body.start() if body else len(text), level, path)


class Table(NamedTuple):
    """A Markdown table: where its head, its body and what follows begin, and the head with its caption."""

    start: int
    body: int
    end: int
    head: str


def tables(text: str) -> Iterator[Table]:
    """The Markdown tables of a text in order."""
    end = 0
    for rule in _TABLE_RULE.finditer(text):
        start = text.rfind("\n", 0, rule.start()) + 1
        head = text[start : rule.end()]
        if rule.start() < end or "|" not in text[start : rule.start()] or len(head) > _LONGEST_HEAD:
            continue
        rows = _TABLE_ROWS.match(text, rule.end())
        end = rows.end() if rows else rule.end()
        yield Table(start, rule.end(), end, _caption_before(text, start) + head)


def _caption_before(text: str, start: int) -> str:
    """The line before a table with what parts them, if it is a short paragraph of its own."""
    lead = text[max(0, start - _LONGEST_CAPTION - 4) : start]
    above = lead.rstrip()
    line = above.rpartition("\n")[2]
    gap = lead[len(above) :]
    alone = len(above) == len(line) == len(text[:start].rstrip()) or above.removesuffix(line).endswith("\n\n")
    if not line.strip() or "\n" not in gap or not alone or line.lstrip().startswith(("#", "|", "```", "~~~")):
        return ""
    return line + gap


def _fence_after(fence: str, mark: str, info: str) -> str:
    """The fence that is open after this one was met."""
    if not fence:
        return "" if mark[0] == "`" and "`" in info else mark
    return "" if mark.startswith(fence) and not info.strip() else fence


def _plain_title(title: str) -> str:
    """A title without the marks of Markdown."""
    title = _LINK.sub(r"\1", _CLOSING_HASHES.sub("", title.rstrip())).strip()
    return title.strip("*_`").strip() or title


@dataclass(frozen=True)
class Outline:
    """A text with its headings, and the places in it where it may be cut."""

    text: str
    headings: tuple[Heading, ...] = field(init=False)
    starts: tuple[int, ...] = field(init=False)
    tables: tuple[Table, ...] = field(init=False)
    end: int = field(init=False)

    def __post_init__(self) -> None:
        found = tuple(headings(self.text))
        object.__setattr__(self, "headings", found)
        object.__setattr__(self, "starts", tuple(one.start for one in found))
        object.__setattr__(self, "tables", tuple(tables(self.text)))
        object.__setattr__(self, "end", len(self.text.rstrip()))

    def section(self, start: int, end: int) -> tuple[str, ...]:
        """The headings above the first word of ``text[start:end]``, from the top level down."""
        word = _TEXT.search(self.text, start, end)
        index = bisect_right(self.starts, word.start() if word else start) - 1
        return self.headings[index].path if index >= 0 else ()

    def table(self, place: int) -> Table | None:
        """The table that a piece beginning at a place goes on with; its head begins before."""
        index = bisect_left(self.tables, place, key=lambda table: table.start) - 1
        return self.tables[index] if index >= 0 and place < self.tables[index].end else None

    def cut(self, start: int, limit: int, *, floor: int = 0) -> int:
        """The best place to end a piece that begins at ``start``: after ``floor``, no later than ``limit``.

        Of the kinds of places the first is taken that lies far enough in the piece, so that no piece is
        tiny. No piece ends with a bare heading if that can be helped; white space stays with what it follows.
        """
        first = _TEXT.search(self.text, start, limit)
        floor = max(floor, first.start() if first else start)
        for place in self._places(start, floor, limit):
            if place < self.end and not self._parts_a_heading(place):
                return place
        return self._character(start, limit)

    def lead(self, start: int, end: int, *, base: int) -> int:
        """Where reading may begin from ``start`` on: at a sentence in the first half, else at a word.

        ``base`` is a place at or before ``start`` that is not inside a character.
        """
        half = start + (end - start + 1) // 2
        for kinds in ((PARAGRAPH, LINE, SENTENCE), (WORD,)):
            places = [place for kind in kinds for place in islice(kind.places(self.text, start, half), 1)]
            if places:
                return min(places)
        return next((place for place in _characters(self.text, base, end) if place >= start), end)

    def _places(self, start: int, floor: int, limit: int) -> Iterator[int]:
        """The places between ``floor`` and ``limit``, the best kind first, and of a kind the last first."""
        high = bisect_right(self.starts, limit)
        for fill, level in _HEADING_FILLS:
            low = bisect_left(self.starts, max(floor + 1, start + int((limit - start) * fill)))
            yield from (one.start for one in reversed(self.headings[low:high]) if one.level <= level)
        for fill, kind in _FILLS:
            least = max(floor + 1, start + int((limit - start) * fill))
            yield from reversed([*kind.places(self.text, least, limit)])

    def _parts_a_heading(self, place: int) -> bool:
        """Whether a cut would leave a heading without the text below it."""
        index = bisect_left(self.starts, place) - 1
        return index >= 0 and place <= self.headings[index].body

    def _character(self, start: int, limit: int) -> int:
        """The last place up to ``limit`` that is not inside a character, as a reader sees characters."""
        last = start
        for place in _characters(self.text, start, limit + _LOOK):
            if place > limit:
                # One that is longer than a whole piece has to be broken anyway.
                return limit if place - last > limit - start else last
            last = place
        return limit


class Kind(NamedTuple):
    """A kind of places: the pattern that ends at one, and what else must be so there."""

    pattern: re.Pattern[str]
    accepts: Callable[[str, re.Match[str]], bool] = lambda _text, _match: True

    def places(self, text: str, least: int, limit: int) -> Iterator[int]:
        """The places of this kind from ``least`` to ``limit``."""
        for match in self.pattern.finditer(text, max(0, least - _LOOK), limit + _LOOK):
            place = match.end()
            if least <= place <= limit and self.accepts(text, match) and _begins_a_character(text, place):
                yield place


def _begins_a_character(text: str, place: int) -> bool:
    """Whether a cut after a mark or white space is not before a mark that combines with it."""
    following = text[place : place + 1]
    if following.isascii():
        return following not in "\r\n"
    return next(_characters(text, place - 1, place + 1)) == place


def _characters(text: str, start: int, end: int) -> Iterator[int]:
    """Where the characters end, as a reader sees them: letters with their marks, flags, families."""
    # Only of a part: to match a flag, regex looks back over all flags before it.
    return (start + cluster.end() for cluster in _cluster().finditer(text[start:end]))


def _ends_paragraph(text: str, match: re.Match[str]) -> bool:
    """Whether it is no title without marks, as in the text of a PDF: one short line, no full stop."""
    return _TITLE.search(text, max(0, match.start() - _LONGEST_TITLE - 2), match.start()) is None


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    following = text[match.end() : match.end() + 1]
    if match["full"]:
        return match.end() - match.start() == len(match["full"]) or following not in _GOES_ON
    if match["latin"] is None:
        return True
    if following.islower():
        return False
    return match["latin"] != "." or not _belongs_to_word(text, match.start(), match.end())


def _belongs_to_word(text: str, stop: int, after: int) -> bool:
    """Whether the full stop at ``stop`` is part of its word: an abbreviation, an ordinal, a list number."""
    found = _LAST_WORD.search(text, max(0, stop - _LOOK), stop)
    word = found[0].lower() if found else ""
    if word.isdigit() or _ROMAN_NUMBER.fullmatch(word):
        listed = _LIST_NUMBER.search(text, max(0, stop - _LOOK), stop) is not None
        return listed or is_ordinal(text, stop, after)
    if (len(word) == 1 and word.isalpha()) or "." in word:
        return True
    return is_abbreviation(word, text[after : after + 1])


@cache
def _cluster() -> RegexPattern[str]:
    import regex

    return regex.compile(r"\X")


PARAGRAPH = Kind(_PARAGRAPH, _ends_paragraph)
LINE = Kind(_LINE)
SENTENCE = Kind(_SENTENCE, _ends_sentence)
CLAUSE = Kind(_CLAUSE)
WORD = Kind(_WORD)

# The kinds from the best to the worst, headings first, and the share of a full piece that must lie before a
# place: a call for a short piece costs as much as one for a long piece, and a tiny piece says too little.
_HEADING_FILLS = ((0.35, 2), (0.45, 6))
_FILLS = ((0.5, PARAGRAPH), (0.6, LINE), (0.25, SENTENCE), (0.6, CLAUSE), (0.2, WORD))
