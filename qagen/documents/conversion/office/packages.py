"""Files of office programs: zip archives of XML parts that name each other (ECMA-376 part 2)."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple

from lxml import etree

from qagen.errors import UnreadableError

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
# What "Strict Open XML" calls the same elements.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/officeDocument/",
        b"http://schemas.openxmlformats.org/officeDocument/2006/",
    ),
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/",
    ),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/", b"http://schemas.openxmlformats.org/spreadsheetml/2006/"),
    (
        b"http://purl.oclc.org/ooxml/presentationml/",
        b"http://schemas.openxmlformats.org/presentationml/2006/",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)


class Relation(NamedTuple):
    """What a part names: the last word of its kind, such as ``footnotes``, and the name of the other part."""

    kind: str
    target: str


@dataclass(frozen=True)
class Package:
    """The parts of an office file, read when they are asked for."""

    archive: zipfile.ZipFile
    raw: bytes
    kind: str

    @classmethod
    def opened(cls, data: bytes, kind: str) -> Package:
        """The package in the bytes of a file; ``kind`` is what it is called in errors."""
        try:
            return cls(zipfile.ZipFile(BytesIO(data)), data, kind)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise UnreadableError("damaged", f"It cannot be opened: {error}") from error

    def part(self, name: str) -> Any:
        """The root of a part's XML, or None if there is no such part.

        Raises:
            UnreadableError: It is damaged.
        """
        data = self.data(name)
        if data is None:
            return None
        for strict, usual in _STRICT if b"http://purl.oclc.org/ooxml/" in data else ():
            data = data.replace(strict, usual)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
        )
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise self.damaged(f"{name}: {error}") from error

    def data(self, name: str) -> bytes | None:
        """The bytes of a part."""
        entry = self._entries.get(name.lower())
        if entry is None:
            return None
        try:
            return self._read(entry)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise self.damaged(f"{name}: {error}") from error

    def _read(self, entry: zipfile.ZipInfo) -> bytes:
        """The bytes of an entry. Some programs write its name in other letters before it than in the list."""
        try:
            return self.archive.read(entry)
        except zipfile.BadZipFile:
            at = entry.header_offset + 26
            length = int.from_bytes(self.raw[at : at + 2], "little")
            name = self.raw[at + 4 : at + 4 + length].decode("cp437")
            if name == entry.orig_filename or name.lower() != entry.orig_filename.lower():
                raise
            entry.orig_filename = name
            return self.archive.read(entry)

    def damaged(self, detail: str) -> UnreadableError:
        """The error of a file that is not what its name says."""
        return UnreadableError("damaged", f"It cannot be read as {self.kind}: {detail[:200]}")

    def relations(self, name: str) -> dict[str, Relation]:
        """What a part names, by the id it uses; the package itself is the part ``""``."""
        folder, _, own = name.rpartition("/")
        root = self.part(posixpath.join(folder, "_rels", f"{own}.rels"))
        found = {}
        for one in () if root is None else root.iter(f"{{{_RELATIONSHIPS}}}Relationship"):
            target = one.get("Target", "")
            if one.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[one.get("Id", "")] = Relation(one.get("Type", "").rpartition("/")[2], target)
        return found

    def main(self) -> str:
        """The name of the part that all others belong to."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument":
                return relation.target
        raise self.damaged("it has no main part")

    def names(self, beginning: str) -> list[str]:
        """The names of the parts that begin so."""
        return [name for name in self._entries if name.startswith(beginning)]

    @cached_property
    def _entries(self) -> dict[str, zipfile.ZipInfo]:
        return {entry.filename.lower().lstrip("/"): entry for entry in self.archive.infolist()}
