"""Each format to its converter: our own where there is one, else MarkItDown."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from qagen.documents.conversion.archives import PASSWORD, check_archive
from qagen.documents.conversion.converted import Converted
from qagen.documents.conversion.telling import told
from qagen.documents.decoding import decode
from qagen.errors import MissingExtraError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Our own, a module each, which is imported when a file of its format comes.
_OWN = {
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
    ".pptx": "slides.presentation",
    ".rtf": "written.rtf",
    ".tsv": "csv_table",
    ".xhtml": "web.html",
    ".xlsx": "sheets.workbook",
}
_CONVERTERS = {
    ".pdf": "PdfConverter",
}
CONVERTED = frozenset({*_OWN, *_CONVERTERS})
_TEXTUAL = frozenset({".csv", ".tsv"})
_ZIPPED = frozenset({".docx", ".epub", ".odt", ".pptx", ".xlsx"})
_NO_TEXT = {
    ".pdf": "It has no text, only pictures of pages. Run it through OCR first, for example with ocrmypdf",
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
        if suffix in _OWN:
            converted = _with_our_own(data, suffix, declared, whole_page=whole_page)
        else:
            converted = _with_markitdown(data, suffix)
    if not converted.text.strip():
        raise UnreadableError("empty", _NO_TEXT.get(suffix, "There is no text in it"))
    return replace(converted, warnings=(*converted.warnings, *told({"replaced": replaced})))


def _with_our_own(data: bytes, suffix: str, declared: str | None, *, whole_page: bool) -> Converted:
    try:
        module = import_module(f"qagen.documents.conversion.{_OWN[suffix]}")
    except ImportError as error:
        raise _missing(suffix) from error
    options = {"declared": declared, "whole_page": whole_page} if _OWN[suffix] == "web.html" else {}
    converted: Converted = module.read(data, **options)
    return converted


def _with_markitdown(data: bytes, suffix: str) -> Converted:
    try:
        import markitdown
        from markitdown import converters
    except ImportError as error:
        raise _missing(suffix) from error
    # One converter only, and no plugins: the file is what its name says, and nothing is fetched.
    reader = markitdown.MarkItDown(enable_builtins=False, enable_plugins=False)
    reader.register_converter(getattr(converters, _CONVERTERS[suffix])())
    info = markitdown.StreamInfo(extension=suffix)
    try:
        result = reader.convert_stream(BytesIO(data), stream_info=info)
    except markitdown.MarkItDownException as error:
        raise _problem(error, suffix) from error
    return Converted(result.markdown, (result.title or "").strip() or None)


def _problem(error: Exception, suffix: str) -> UnreadableError:
    """What a converter's exceptions mean."""
    causes = [*_causes(error)]
    names = [type(cause).__name__ for cause in causes]
    if "MissingDependencyException" in names:
        return _missing(suffix)
    if any("Password" in name for name in names):
        return UnreadableError("encrypted", PASSWORD)
    detail = str(causes[-1]).strip() or names[-1]
    kind = suffix[1:].upper()
    return UnreadableError("damaged", f"It cannot be read as {kind}: {detail.splitlines()[0][:200]}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, those of the converters behind it, and what caused them."""
    yield error
    attempts: list[Any] = getattr(error, "attempts", None) or []
    inner = [attempt.exc_info[1] for attempt in attempts if attempt.exc_info]
    following = inner or [error.__cause__ or error.__context__]
    for cause in following:
        if cause is not None:
            yield from _causes(cause)
    yield from (argument for argument in error.args if isinstance(argument, BaseException))


def _missing(suffix: str) -> UnreadableError:
    return UnreadableError("missing_extra", str(MissingExtraError("files", f"Reading {suffix} files")))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of the readers about fonts, colours and helpers that nobody asked for."""
    logger = logging.getLogger("pdfminer")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
