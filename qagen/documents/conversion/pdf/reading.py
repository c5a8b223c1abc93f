"""A PDF as a reader sees it, in Markdown, with what could not be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from threading import Lock
from typing import Any

from qagen.documents.conversion import PASSWORD, Converted
from qagen.documents.conversion.pdf.columns import Column, TableBlock, in_reading_order
from qagen.documents.conversion.pdf.margins import PageLines, margins
from qagen.documents.conversion.pdf.pages import Page, read_page
from qagen.documents.conversion.pdf.paragraphs import Paragraph, Words, flowing, paragraphs, with_headings
from qagen.documents.conversion.pdf.rows import as_text, row_block
from qagen.documents.conversion.pdf.telling import warnings_of
from qagen.errors import UnreadableError

_LOCK = Lock()  # PDFium is not made for several threads
_NO_TITLE = re.compile(r"untitled|microsoft |\S+\.\w{2,5}\Z|[\W\d_]*\Z", re.IGNORECASE)
_FROM_RIGHT = re.compile(r"[\u0590-\u08ff]")


def read(data: bytes) -> Converted:
    """The text of a PDF: paragraphs in reading order, headings, tables and forms as rows.

    Raises:
        UnreadableError: It is encrypted or damaged.
    """
    with _LOCK:
        pages, title = _pages(data)
    words = Words()
    for page in pages:
        words.add(page.lines)
    out = margins([PageLines(page.lines, page.start, page.end, page.downwards, page.edge) for page in pages])
    across = margins([page.across for page in pages], beside=sum(page.letters for page in pages))
    found = [
        one
        for page, left_out, beside in zip(pages, out.out, across.out, strict=True)
        for one in _of_page(page, left_out | beside, words)
    ]
    text = "\n\n".join(one.text for one in with_headings(flowing(found, words)))
    return Converted(text, _title(title, text), warnings_of(pages, {**out.texts, **across.texts}, text))


def _pages(data: bytes) -> tuple[list[Page], str]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableError("encrypted", PASSWORD) from error
        raise UnreadableError("damaged", f"It cannot be read as PDF: {error}") from error
    try:
        form = document.init_forms() if document.get_formtype() else None
        raw_form = document.formenv.raw if document.formenv is not None else form
        pages = [_page(document, number, raw_form) for number in range(len(document))]
        return pages, document.get_metadata_value("Title").strip()
    finally:
        document.close()


def _page(document: Any, number: int, form: Any) -> Page:
    import pypdfium2

    try:
        page = document[number]
        try:
            return read_page(page, number + 1, form)
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        return Page.unread(number + 1)


def _of_page(page: Page, left_out: frozenset[int], words: Words) -> Iterator[Paragraph]:
    """The paragraphs and tables of a page in reading order; what runs sideways comes last."""
    lines = [line for line in page.lines if line.order not in left_out]
    from_right = sum(_FROM_RIGHT.search(line.text) is not None for line in lines) * 2 > len(lines)
    for part in in_reading_order([*lines, *page.tables], from_right=from_right):
        if isinstance(part, TableBlock):
            yield Paragraph(
                part.markdown, 0.0, bold=False, lines=1, page=page.number, open_end=False, kind="table"
            )
        else:
            yield from _of_column(part, words, page.number)
    across = tuple(line for line in page.across.lines if line.order not in left_out)
    for aside in (across, *page.sideways):
        for one in paragraphs(as_text(aside), words, page.number):
            yield replace(one, kind="aside", open_end=False)


def _of_column(column: Column, words: Words, page: int) -> Iterator[Paragraph]:
    if column.rows:
        table = row_block(column.lines).markdown()
        if table is not None:
            size = column.lines[0].size
            yield Paragraph(table, size, bold=False, lines=1, page=page, open_end=False, kind="table")
            return
    yield from paragraphs(as_text(column.lines), words, page)


def _title(told: str, text: str) -> str | None:
    """The title that the file tells of itself, if it stands at the beginning of its text."""
    start = " ".join(re.sub(r"[#*]", " ", text[:3000]).split()).casefold()
    plain = " ".join(told.split())
    if not plain or _NO_TITLE.match(plain) or plain.casefold() not in start:
        return None
    return plain
