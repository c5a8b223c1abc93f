"""Each format to its converter."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from qagen.documents import decode
from qagen.documents.conversion.archives import check_archive
from qagen.documents.conversion.converted import Converted
from qagen.documents.conversion.telling import told
from qagen.errors import MissingExtraError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A module each, which is imported when a file of its format comes.
_CONVERTERS = {
    ".csv": "csv_table",
    ".docx": "word.document",
    ".eml": "web.mail",
    ".epub": "web.epub",
    ".htm": "web.html",
    ".html": "web.html",
    ".ipynb": "notebook",
    ".mht": "web.mail",
    ".mhtml": "web.mail",
    ".msg": "web.msg",
    ".odt": "written.odt",
    ".pdf": "pdf.reading",
    ".pptx": "slides.presentation",
    ".rtf": "written.rtf",
    ".tsv": "csv_table",
    ".xhtml": "web.html",
    ".xlsx": "sheets.workbook",
}
CONVERTED = frozenset(_CONVERTERS)
_TEXTUAL = frozenset({".csv", ".tsv"})
_ZIPPED = frozenset({".docx", ".epub", ".odt", ".pptx", ".xlsx"})
_NO_TEXT = {
    ".pdf": "It has no text, only pictures of pages. Run it through OCR first, for example with ocrmypdf"
}


def convert(data: bytes, suffix: str, *, declared: str | None = None, whole_page: bool = False) -> Converted:
    """The Markdown of a file in one of the formats of ``CONVERTED``, its title if it tells one, and warnings.

    ``declared`` is the encoding a server named; ``whole_page`` keeps what stands around the article.
    Nothing outside the file is read: no picture, no network.

    Raises:
        UnreadableError: It is empty, encrypted or damaged, or the extra ``files`` is missing.
    """
    replaced = 0
    if suffix in _TEXTUAL:
        decoded = decode(data, declared=declared)
        data, replaced = decoded.text.encode(), decoded.replaced
    elif suffix in _ZIPPED:
        check_archive(data)
    with _quiet():
        converted = _converted(data, suffix, declared, whole_page=whole_page)
    if not converted.text.strip():
        raise UnreadableError("empty", _NO_TEXT.get(suffix, "There is no text in it"))
    return replace(converted, warnings=(*converted.warnings, *told({"replaced": replaced})))


def _converted(data: bytes, suffix: str, declared: str | None, *, whole_page: bool) -> Converted:
    name = _CONVERTERS[suffix]
    options = {"declared": declared, "whole_page": whole_page} if name == "web.html" else {}
    try:
        converted: Converted = import_module(f"qagen.documents.conversion.{name}").read(data, **options)
    except ImportError as error:
        raise _missing(suffix) from error
    return converted


def _missing(suffix: str) -> UnreadableError:
    return UnreadableError("missing_extra", str(MissingExtraError("files", f"Reading {suffix} files")))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of the readers about fonts, colours and helpers that nobody asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
