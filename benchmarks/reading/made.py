"""A document that was made from known text, and how much of that text a reader gave back."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

RUN = 4
_LETTER_SCRIPTS = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_LETTER_SCRIPTS}]|[^\W_{_LETTER_SCRIPTS}]+")
_MARKS = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}|\\(?=[^\w\s])")
_RULE_ROW = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?\Z")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Made:
    """A document of known content.

    ``words`` is the text in reading order, split at white space (Japanese as whole sentences); ``cells`` are
    the values of tables as (head of the column, first cell of the row, value); a form's value has its label
    as head and no row; ``values`` must come back letter by letter; ``noise`` must not come back.
    """

    name: str
    format: str
    language: str
    data: bytes
    words: Sequence[str] = ()
    cells: Sequence[tuple[str, str, str]] = ()
    values: Sequence[str] = ()
    noise: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares from 0 to 1 of what was kept, and of the noise that came back; None where there was none."""

    words: float | None
    order: float | None
    cells: float | None
    values: float | None
    noise: float | None
    lost: tuple[str, ...] = field(default=(), repr=False)


def measure(made: Made, text: str) -> Measured:
    """How much of a document stands in the text that a reader made of it; ``lost`` names what does not."""
    known, found = tokens(" ".join(made.words)), tokens(text)
    tables = rows_of(text)
    wrong_cells = [cell for cell in made.cells if not _cell_is_kept(cell, tables, text)]
    wrong_values = [value for value in made.values if not stands_in(value, text)]
    noise = [one for one in made.noise if stands_in(one, text)]
    missing = Counter(known) - Counter(found)
    return Measured(
        words=words_kept(known, found),
        order=order_kept(known, found),
        cells=_share(len(made.cells) - len(wrong_cells), len(made.cells)),
        values=_share(len(made.values) - len(wrong_values), len(made.values)),
        noise=_share(len(noise), len(made.noise)),
        lost=(*missing, *map(str, wrong_cells), *wrong_values, *(f"noise: {one}" for one in noise)),
    )


def tokens(text: str) -> list[str]:
    """The words of a text in small letters; of what has no spaces (Japanese, Thai) the characters."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def words_kept(known: Sequence[str], found: Sequence[str]) -> float | None:
    """The share of the words that came back, each as often as it stood there."""
    return _share((Counter(known) & Counter(found)).total(), len(known))


def order_kept(known: Sequence[str], found: Sequence[str]) -> float | None:
    """The share of the runs of four words that came back as runs of four."""
    runs = _runs(known)
    return _share((runs & _runs(found)).total(), runs.total())


def rows_of(text: str) -> list[list[list[str]]]:
    """The Markdown tables of a text: lists of rows of cells, the head first."""
    tables: list[list[list[str]]] = []
    inside = False
    for line in text.splitlines():
        stripped = line.strip()
        row = stripped.startswith("|") and len(stripped) > 1
        if row and not inside:
            tables.append([])
        if row and not _RULE_ROW.match(stripped):
            tables[-1].append([_plain(cell) for cell in _CELL.split(stripped.strip("|"))])
        inside = row
    return [table for table in tables if table]


def stands_in(value: str, text: str) -> bool:
    """Whether a value stands in a text as it is, and not as a part of a longer word or number."""
    pattern = r"\s+".join(map(re.escape, _plain(value).split()))
    before = r"(?<![\w.,])" if re.match(r"[A-Za-z0-9]", value) else ""
    after = r"(?!\w|[.,]\d)" if re.search(r"[A-Za-z0-9]\Z", value) else ""
    return re.search(before + pattern + after, _plain(text)) is not None


def _cell_is_kept(cell: tuple[str, str, str], tables: list[list[list[str]]], text: str) -> bool:
    """Whether a value stands in its row, under its head; a form's value after its label, or beside it."""
    head, label, value = (_plain(one) for one in cell)
    for rows in tables:
        columns = [number for number, title in enumerate(rows[0]) if title == head]
        for row in rows:
            if label and row[0] == label and any(n < len(row) and row[n] == value for n in columns):
                return True
            if not label and any(pair == [head, value] for pair in zip_rows(row)):
                return True
    if label:
        return False
    between = r"\s*[:：]?[ \t*|]*"
    return re.search(re.escape(head) + between + re.escape(value) + r"(?!\w)", _plain(text)) is not None


def zip_rows(row: Sequence[str]) -> list[list[str]]:
    """The neighbours of a row, two by two, without a colon after the first."""
    return [[left.rstrip(":： "), right] for left, right in pairwise(row)]


def _plain(text: str) -> str:
    """Without the marks of Markdown, and in one spelling of characters that look alike."""
    return _MARKS.sub("", unicodedata.normalize("NFC", text)).strip()


def _runs(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
