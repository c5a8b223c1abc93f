"""The text of a page in pieces: its sentences, headings, tables, and what is left without them."""

from __future__ import annotations

import re

HEADING = re.compile(r"^ {0,3}#{1,6} .*$", re.MULTILINE)
TABLE_HEAD = re.compile(r"^\|.*\|\s*\n(?=\|[\s:|-]+\|\s*$)", re.MULTILINE)
TABLE_BARS = 2  # in a line make it a row of a table, about which small models write nonsense
_TABLE_ROW = re.compile(r"^[^|\n]*\|(?:[^|\n]*\|)+[^|\n]*$\n?", re.MULTILINE)
_EMPHASIS = re.compile(r"(?<!\w)[*_`]+|[*_`]+(?!\w)")
_SENTENCE_END = re.compile(r"[。！？]+[」』）]*|(?<=[.!?])[\"”’)]*(?=\s+[^a-z\s])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|Nos|Prof|Sr|Jr|vs|approx|ca)|\b[A-Z]|(?:^|\n)\s*\d+)\.$"
)


def without_emphasis(text: str) -> str:
    """Text without Markdown's emphasis, which a small model copies into its questions."""
    return _EMPHASIS.sub("", text)


def body_of(text: str) -> str:
    """What a text says: plain, without headings and without tables.

    Small models write nonsense about tables. One that is all there is stays, so that something is asked.
    """
    plain = HEADING.sub("", without_emphasis(text)).strip()
    return _TABLE_ROW.sub("", plain).strip() or plain


def sentences_in(text: str) -> list[str]:
    """The sentences of a text, each an exact piece of it."""
    found, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[start : end.end()].rstrip()):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    return [sentence for sentence in (*found, text[start:].strip()) if sentence]
