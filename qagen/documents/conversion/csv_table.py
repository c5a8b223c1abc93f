"""CSV: the separator is found, every value stays as it is written, and the first full row is the head."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice

from qagen.documents.conversion.converted import Converted
from qagen.documents.conversion.office import Tally
from qagen.documents.conversion.sheets import Row, Sheet
from qagen.errors import UnreadableError

_SEPARATORS = ",;\t|"
_TOLD = re.compile(r'"?sep=(.)"?[^\S\n]*(?:\n|\Z)', re.IGNORECASE)
_NUMBER = re.compile(r"[-+−(]?[$€£¥￥]?\s?[-+]?\d[\d.,'\s]*(?:e[-+]?\d+)?\s?[%€$£¥円]?\)?\Z", re.IGNORECASE)
_DECIMAL = re.compile(r"(?<=\d),(?=\d)")
# So many rows tell the separator and the kinds of the columns.
_SAMPLE = 200
_LONGEST_FIELD = 1 << 30


def read(data: bytes) -> Converted:
    """The table of a CSV file in UTF-8.

    Raises:
        UnreadableError: A quotation mark that is never closed makes one field of the rest.
    """
    text = data.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    told = _TOLD.match(text)
    if told:
        text = text[told.end() :]
    separator = told[1] if told else _separator(text)
    tally = Tally()
    try:
        rows = list(_rows(text, separator))
    except csv.Error as error:
        raise UnreadableError("damaged", f"It cannot be read as CSV: {error}") from error
    width = max((len(row.texts) for row in rows), default=0)
    usual = Counter(len(row.texts) for row in rows).most_common(1)
    if usual and usual[0][0] > 1:
        tally.add("uneven_rows", count=sum(len(row.texts) > usual[0][0] for row in rows))
    even = [row._replace(texts=[*row.texts, *[""] * (width - len(row.texts))]) for row in rows]
    return Converted(Sheet(even).markdown(), warnings=tally.warnings())


def _rows(text: str, separator: str) -> Iterator[Row]:
    """The rows that have any value; a blank one between two of as many fields is no gap."""
    limit = csv.field_size_limit(_LONGEST_FIELD)
    at, before, gap = 0, -1, False
    try:
        for fields in _fields(text, separator):
            texts = [" ".join(field.split()) for field in fields]
            if not any(texts):
                gap = True
                continue
            at += 1 + (gap and len(texts) != before)
            before, gap = len(texts), False
            known = at < _SAMPLE
            numbers = (column for column, field in enumerate(texts) if known and _NUMBER.match(field))
            yield Row(at, texts, frozenset(numbers))
    finally:
        csv.field_size_limit(limit)


def _fields(text: str, separator: str) -> Iterator[Sequence[str]]:
    # Values keep their blanks, but a quotation mark after a separator and a blank begins a quotation too.
    return csv.reader(StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)


def _separator(text: str) -> str:
    """The sign that cuts most rows into the same number of fields."""
    sample = text[: 1 << 16]
    lines = sample if len(sample) == len(text) else sample[: sample.rfind("\n") + 1] or sample
    return max(_SEPARATORS, key=lambda sign: _evenness(lines, sign))


def _evenness(text: str, separator: str) -> float:
    """The share of rows of the commonest width; half of it for a comma that stands between digits mostly."""
    try:
        rows = [row for row in islice(_fields(text, separator), _SAMPLE) if any(row)]
    except csv.Error:
        return 0.0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    even = max(widths.values()) / len(rows)
    decimal = separator == "," and 2 * len(_DECIMAL.findall(text)) > text.count(",")
    return even / 2 if decimal else even
