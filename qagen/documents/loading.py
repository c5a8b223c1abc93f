"""From files, folders, addresses and strings to documents with a source and a theme."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, overload

from qagen.documents.conversion import CONVERTED, Converted, convert
from qagen.documents.conversion.markdown import cleaned, read_text
from qagen.documents.decoding import normalised
from qagen.documents.fetching import fetch, stem, without_password
from qagen.errors import DocumentError, SettingsError, UnreadableError
from qagen.records import Failure, Notice
from qagen.text.dividing import headings

if TYPE_CHECKING:
    from langchain_core.documents import Document

Source: TypeAlias = "str | os.PathLike[str] | Document"

EVERY_FILE = "**/*"
LARGEST_FILE = 200_000_000
_URL = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_PATH_LIKE = re.compile(r"(?=.{1,1024}\Z)[^\s。！？]*(?:[/\\][^\s。！？]*|\.[A-Za-z][A-Za-z0-9]{0,7})\Z")
_SKIPPED_FOLDERS = frozenset({"__MACOSX", "__pycache__", "node_modules"})
_SKIPPED_FILES = re.compile(r"\.|~\$|(?:thumbs\.db|desktop\.ini)\Z", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"\.(?:azw3?|djvu|doc|key|mobi|numbers|od[ps]|pages|ppt|xls)\Z")
_TABLES = frozenset({".csv", ".tsv", ".xlsx"})
_WILDCARD = re.compile(r"(\*\*/|\*\*|\*|\?|\[!?[^\]]+\])")
_LONGEST_LIST = 10
_LONGEST_THEME = 80


class Documents(Sequence["Document"]):
    """The documents that were read, in order, and in ``failures`` what could not be, and why.

    ``notices`` is what is known of the documents that were read and could not be kept whole; the same stands
    in ``metadata["warnings"]`` of each.
    """

    def __init__(self, documents: Iterable[Document], failures: Iterable[Failure]) -> None:
        self._documents = tuple(documents)
        self.failures = tuple(failures)
        self.notices = tuple(notice for document in self._documents for notice in notices_of(document))

    def __len__(self) -> int:
        return len(self._documents)

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Document, ...]: ...
    def __getitem__(self, index: int | slice) -> Document | tuple[Document, ...]:
        return self._documents[index]

    def __repr__(self) -> str:
        return f"<Documents: {len(self)} read, {len(self.failures)} failed>"


def notices_of(document: Document) -> tuple[Notice, ...]:
    """The warnings in a document's metadata, under its name; what a caller keeps there is left alone."""
    told = document.metadata.get("warnings", ())
    rows = [one for one in told if isinstance(one, dict)] if isinstance(told, (list, tuple)) else []
    known = [one for one in rows if _NOTICED <= one.keys() <= Notice.model_fields.keys()]
    return tuple(Notice(**{**one, "source": document.metadata["source"]}) for one in known)


_NOTICED = frozenset({"kind", "detail"})


def metadata_json(document: Document) -> str:
    """What a document's loader told of it beside what stands elsewhere, as JSON text; else empty."""
    own = {name: value for name, value in document.metadata.items() if name not in _STANDS_ELSEWHERE}
    return json.dumps(own, ensure_ascii=False, default=str, sort_keys=True) if own else ""


_STANDS_ELSEWHERE = frozenset({"source", "theme", "warnings"})


class _Place(NamedTuple):
    """Something to be read: where it is, what it is called in results, and what tells it from another."""

    item: Path | str | Document
    source: str
    key: str


def load_documents(
    source: Source | Iterable[Source],
    *,
    glob: str = EVERY_FILE,
    theme: str | None = None,
    whole_page: bool = False,
) -> Documents:
    r"""Read documents from a file, a folder, an address, a text, LangChain's own, or several of these.

    A string is an address if it begins with ``http://`` or ``https://``, a file or folder if there is one of
    that name, else a text; one that can only be a path (no white space, but a slash or a suffix) must exist.
    A folder is read with what is below it, in the order of the names; hidden files, ``__pycache__``,
    ``node_modules`` and Office's lock files are passed over. Links to folders are followed once.

    Text and Markdown of any encoding are read as they are, less what a reader does not see: comments, front
    matter (which becomes metadata), what is struck out, pictures written as letters, tags of HTML. PDF, DOCX,
    PPTX, XLSX, HTML, EPUB, CSV, ODT, RTF, mails and notebooks become Markdown, with the extra ``files``. Line
    ends become ``\n``; all offsets count the characters of ``page_content``.

    A document's metadata are ``source`` (the path as given, the address without a password, or ``text:`` and
    eight digits of the text's sha256), ``theme`` (its title or first heading, else the name of the file or
    the first line), and ``warnings`` if something could not be kept: each with ``kind``, ``count``, ``place``
    and ``detail``. A Document keeps its own metadata and gets what is missing. If two have the same source,
    the later one is called ``…~2``; what is given twice is read once.

    Args:
        source: What to read.
        glob: Which files of a folder, as for ``Path.glob``: ``**/*.md`` is at every depth, ``*.md`` on top.
        theme: The theme of all documents that do not bring their own.
        whole_page: Of a page of HTML read what stands around its article too: menus, banners, footers.

    Returns:
        The documents, and in ``failures`` what gave none, each with a state: ``empty``, ``binary``,
        ``unreadable``, ``encrypted``, ``damaged``, ``unsupported``, ``too_large`` (a file over 200 MB, a
        download over 50 MB), ``missing_extra``, ``duplicate``, ``http_error``, ``unreachable``, ``timeout``.

    Raises:
        DocumentError: A path does not exist, or nothing at all could be read.
        SettingsError: ``source`` or ``glob`` is none.
    """
    failures: list[Failure] = []
    documents = list(
        stream_documents(source, glob=glob, theme=theme, failures=failures, whole_page=whole_page)
    )
    if not documents:
        raise nothing_read(failures)
    return Documents(documents, failures)


def nothing_read(failures: Sequence[Failure]) -> DocumentError:
    """The error of a source that yields no document."""
    lines = [f"  {one.source}: {one.detail} ({one.state})" for one in failures[:_LONGEST_LIST]]
    if len(failures) > _LONGEST_LIST:
        lines.append(f"  and {len(failures) - _LONGEST_LIST} more")
    return DocumentError("\n".join(["There is no document to read.", *lines]))


def stream_documents(
    source: Source | Iterable[Source],
    *,
    glob: str = EVERY_FILE,
    theme: str | None = None,
    failures: list[Failure],
    whole_page: bool = False,
) -> Iterator[Document]:
    """The documents of :func:`load_documents` one by one; what cannot be read is added to ``failures``.

    Paths that do not exist are found before the first is read, unless ``source`` is an iterator.
    """
    matches = _pattern(glob)
    if isinstance(source, (list, tuple)):
        for one in source:
            _check(one)
    reader = _Reader(theme, whole_page=whole_page)
    return _stream(_places(source, matches, glob, failures), reader, failures)


def _stream(places: Iterator[_Place], reader: _Reader, failures: list[Failure]) -> Iterator[Document]:
    keys: set[str] = set()
    taken: set[str] = set()
    for place in places:
        document = _attempt(place, reader, keys)
        if isinstance(document, Failure):
            failures.append(document)
        else:
            yield _named(document, taken)


def _attempt(place: _Place, reader: _Reader, keys: set[str]) -> Document | Failure:
    """The document at a place, or why there is none."""
    if place.key in keys:
        detail = "It is given more than once, and read once"
        return Failure(source=place.source, state="duplicate", detail=detail)
    keys.add(place.key)
    try:
        return reader.read(place)
    except UnreadableError as error:
        return Failure(source=place.source, state=error.state, detail=str(error))


def identified(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents as they are, each with a source of its own and a theme in its metadata."""
    taken: set[str] = set()
    for document in documents:
        yield _named(_filled(document, document.page_content, None), taken)


def _places(source: object, matches: re.Pattern[str], glob: str, failures: list[Failure]) -> Iterator[_Place]:
    """What a source consists of, in order."""
    from langchain_core.documents import Document

    _check(source)
    if isinstance(source, Document):
        name = str(source.metadata.get("source") or text_source(source.page_content))
        yield _Place(source, name, f"document {name} {text_source(source.page_content)}")
    elif isinstance(source, str) and _URL.match(source):
        yield _Place(source, without_password(source), f"address {source}")
    elif isinstance(source, str) and not _exists(source):
        yield _Place(source, text_source(source), f"text {text_source(source)}")
    elif isinstance(source, (str, os.PathLike)):
        yield from _paths(Path(source), matches, glob, failures)
    elif isinstance(source, Iterable):
        for one in source:
            yield from _places(one, matches, glob, failures)


def _check(source: object) -> None:
    """Refuse what is no source, and paths that do not exist."""
    from langchain_core.documents import Document

    if isinstance(source, (bytes, dict)) or not isinstance(source, (str, os.PathLike, Document, Iterable)):
        raise SettingsError(
            f"A source is a path, an address, a text or a Document, not {type(source).__name__}"
        )
    missing = isinstance(source, os.PathLike) and not os.path.lexists(source)
    if isinstance(source, str) and not _URL.match(source) and not _exists(source):
        missing = _PATH_LIKE.match(source) is not None
    if missing:
        raise DocumentError(
            f"There is no file or folder {str(source)!r}. Check the path; "
            "to give a text that looks like one, wrap it: Document(page_content=text)"
        )


def _exists(source: str) -> bool:
    return "\0" not in source and "\n" not in source and os.path.lexists(source)


def _paths(path: Path, matches: re.Pattern[str], glob: str, failures: list[Failure]) -> Iterator[_Place]:
    files = [path]
    if path.is_dir():
        files = [
            file for file in _files_in(path, failures) if matches.match(file.relative_to(path).as_posix())
        ]
        if not files:
            detail = "There is no file in it" if glob == EVERY_FILE else f"No file in it matches {glob!r}"
            failures.append(Failure(source=_path_name(path), state="empty", detail=detail))
    for file in files:
        yield _Place(file, _path_name(file), f"file {os.path.realpath(file)}")


def _files_in(folder: Path, failures: list[Failure]) -> list[Path]:
    """The files below a folder in the order of their names; each folder once, whatever links lead there."""

    def failed(error: OSError) -> None:
        detail = f"It cannot be opened: {error.strerror}"
        name = _path_name(Path(error.filename or folder))
        failures.append(Failure(source=name, state="unreadable", detail=detail))

    found: list[Path] = []
    visited: set[str] = set()
    waiting = [folder]
    while waiting:
        for root, folders, names in os.walk(waiting.pop(0), onerror=failed):
            here = os.path.realpath(root)
            folders[:] = [] if here in visited else sorted(one for one in folders if not _skipped(one))
            waiting += [link for name in folders if (link := Path(root, name)).is_symlink()]
            if here not in visited:
                found += [Path(root, name) for name in names if not _skipped(name)]
            visited.add(here)
    return sorted(found, key=lambda file: file.relative_to(folder).parts)


def _skipped(name: str) -> bool:
    return name in _SKIPPED_FOLDERS or _SKIPPED_FILES.match(name) is not None


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression for the path below the folder; Path.full_match needs Python 3.13."""
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = [
        known.get(part)
        or (f"[^{part[2:]}" if part.startswith("[!") else part if index % 2 else re.escape(part))
        for index, part in enumerate(_WILDCARD.split(glob))
    ]
    try:
        return re.compile("".join(parts) + r"\Z", re.DOTALL)
    except re.error as error:
        raise SettingsError(f"glob {glob!r} cannot be used: {error}. Write it like '**/*.md'") from error


def _path_name(path: Path) -> str:
    """A path as text, whatever bytes the file system has in it."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the documents of one call: what it says of all of them."""

    theme: str | None
    whole_page: bool = field(kw_only=True)

    def read(self, place: _Place) -> Document:
        """The document at a place."""
        from langchain_core.documents import Document

        item, fallback, tabular = place.item, "", False
        if isinstance(item, Document):
            return _filled(item, normalised(item.page_content), self.theme)
        if isinstance(item, Path):
            suffix = item.suffix.lower()
            read = self._converted(_bytes_of(item), suffix, None)
            fallback, tabular = PurePosixPath(place.source).stem, suffix in _TABLES
        elif place.key.startswith("address"):
            download = fetch(item)
            read = self._converted(download.data, download.suffix, download.encoding)
            fallback, tabular = stem(place.source), download.suffix in _TABLES
        else:
            read = cleaned(normalised(item))
            fallback = _first_line(read.text)
        found = self.theme or read.title or (None if tabular else _first_heading(read.text)) or fallback
        told = {"warnings": [one.as_metadata() for one in read.warnings]} if read.warnings else {}
        metadata = {**read.metadata, "source": place.source, "theme": found, **told}
        return Document(page_content=read.text, metadata=metadata)

    def _converted(self, data: bytes, suffix: str, declared: str | None) -> Converted:
        """The normalised text of a file, its title if the format has one, and the warnings."""
        if data.startswith(b"%PDF-"):
            suffix = ".pdf"
        if not data:
            raise UnreadableError("empty", "The file has no content")
        if suffix in CONVERTED:
            converted = convert(data, suffix, declared=declared, whole_page=self.whole_page)
            return replace(converted, text=normalised(converted.text))
        if _UNSUPPORTED.match(suffix):
            raise UnreadableError(
                "unsupported", f"{suffix} files cannot be read. Save it as PDF, DOCX, PPTX or XLSX"
            )
        return read_text(data, suffix, declared=declared)


def _bytes_of(path: Path) -> bytes:
    try:
        about = path.stat()
        data = path.read_bytes() if stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST_FILE else None
    except OSError as error:
        raise UnreadableError("unreadable", f"It cannot be opened: {error.strerror or error}") from error
    if data is not None:
        return data
    if stat.S_ISREG(about.st_mode):
        raise UnreadableError(
            "too_large", f"It is larger than {LARGEST_FILE // 1_000_000} MB. Split it first"
        )
    raise UnreadableError("unsupported", "It is not a regular file")


def _filled(document: Document, text: str, theme: str | None) -> Document:
    """A caller's document with what is missing in its metadata; everything else stays."""
    own = document.metadata
    source = str(own.get("source") or text_source(text))
    found = own.get("theme") or theme or own.get("title") or _first_heading(text)
    if not found:
        found = _first_line(text) if source.startswith("text:") else PurePosixPath(source).stem or source
    return document.model_copy(
        update={"page_content": text, "metadata": {**own, "source": source, "theme": str(found)}}
    )


def _named(document: Document, taken: set[str]) -> Document:
    """The document with a source that no other has."""
    source = name = document.metadata["source"]
    number = 1
    while name in taken:
        number += 1
        name = f"{source}~{number}"
    taken.add(name)
    if name == source:
        return document
    return document.model_copy(update={"metadata": {**document.metadata, "source": name}})


def text_source(text: str) -> str:
    """What a text is called that comes from no file."""
    return f"text:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _first_heading(text: str) -> str | None:
    return next((heading.path[-1] for heading in headings(text)), None)


def _first_line(text: str) -> str:
    line = text.lstrip()[: _LONGEST_THEME + 1].split("\n", 1)[0].strip()
    return line if len(line) <= _LONGEST_THEME else line[:_LONGEST_THEME].rstrip() + "…"
