"""Books in EPUB: the chapters in their order, each as a page without furniture."""

from __future__ import annotations

import posixpath
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from qagen.documents import decode
from qagen.documents.conversion import Converted, told
from qagen.documents.conversion.web.html import read_page
from qagen.errors import UnreadableError

_CHAPTERS = frozenset({"application/xhtml+xml", "text/html", "application/xml", "text/x-oeb1-document"})
_PROTECTED = "It is protected (DRM). Get a copy without protection"


def read(data: bytes) -> Converted:
    """The chapters of a book; its contents page is left out, as a reader has it beside the text."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            book = _Book(archive)
            pages = [read_page(markup) for markup in book.chapters()]
            title, metadata = book.title(), book.metadata()
    except (KeyError, ET.ParseError, zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise UnreadableError("damaged", f"It cannot be read as EPUB: {str(error)[:200]}") from error
    counts = sum((page.left_out for page in pages), Counter[str]()) + Counter({"unread": book.missing})
    return Converted("\n\n".join(page.text for page in pages if page.text), title, told(counts), metadata)


class _Book:
    """What the package file of a book says."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.missing = 0
        self._archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}
        container = ET.fromstring(archive.read("META-INF/container.xml"))  # noqa: S314  (expat bounds entities)
        rootfile = container.find(".//{*}rootfile")
        if rootfile is None:
            raise UnreadableError("damaged", "It cannot be read as EPUB: it names no package file")
        self._path = rootfile.get("full-path", "")
        self._package = ET.fromstring(archive.read(self._path))  # noqa: S314

    def title(self) -> str | None:
        """The title of the book."""
        return next(iter(self._told("title")), None)

    def metadata(self) -> dict[str, Any]:
        """Who wrote it, and in what language, if it says so."""
        authors, languages = self._told("creator"), self._told("language")
        found = {"author": ", ".join(authors), "language": languages[0] if languages else ""}
        return {key: value for key, value in found.items() if value}

    def chapters(self) -> Iterator[str]:
        """The markup of the chapters, in the order in which they are read."""
        items = {item.get("id"): item for item in self._package.iterfind(".//{*}manifest/{*}item")}
        locked = self._locked()
        for reference in self._package.iterfind(".//{*}spine/{*}itemref"):
            item = items.get(reference.get("idref"))
            if item is None or "nav" in (item.get("properties") or "").split():
                continue
            if item.get("media-type") not in _CHAPTERS:
                continue
            name = posixpath.normpath(
                posixpath.join(posixpath.dirname(self._path), unquote(item.get("href", "")))
            )
            if name in locked:
                raise UnreadableError("encrypted", _PROTECTED)
            inside = self._names.get(name.lower())
            data = self._archive.read(inside) if inside else b""
            if data.strip():
                yield decode(data).text
            self.missing += inside is None

    def _locked(self) -> set[str]:
        """The files that are encrypted; fonts often are, which does not matter."""
        if "meta-inf/encryption.xml" not in self._names:
            return set()
        told_of = ET.fromstring(self._archive.read(self._names["meta-inf/encryption.xml"]))  # noqa: S314
        return {unquote(one.get("URI", "")) for one in told_of.iterfind(".//{*}CipherReference")}

    def _told(self, name: str) -> list[str]:
        found = self._package.iterfind(f".//{{*}}metadata//{{*}}{name}")
        return [text for one in found if (text := " ".join("".join(one.itertext()).split()))]
