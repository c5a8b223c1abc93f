"""Mails that Outlook saved (.msg): the same as other mails, out of a compound file."""

from __future__ import annotations

import struct
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import olefile

from qagen.documents import declared_encoding, decode, decode_text
from qagen.documents.conversion import Converted, told
from qagen.documents.conversion.web.html import read_page
from qagen.documents.conversion.web.mail import letter, plain_text
from qagen.errors import UnreadableError

# Properties by their numbers in MS-OXPROPS.
_SUBJECT, _SENDER, _ADDRESS, _SMTP, _TO, _CC = "0037", "0C1A", "0C1F", "5D01", "0E04", "0E03"
_BODY, _HTML = "1000", "1013"
_FILE_NAMES = ("3707", "3704")
_DATES = (0x0039, 0x0E06)
_FILE_TIME = 0x0040
_HEADER = 32
_ENTRY = struct.Struct("<HHIQ")
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def read(data: bytes) -> Converted:
    """The text of a mail under its subject, and who wrote it to whom."""
    if not olefile.isOleFile(BytesIO(data)):
        raise UnreadableError("damaged", "It cannot be read as an Outlook mail. Save it as EML")
    try:
        with olefile.OleFileIO(BytesIO(data)) as file:
            return _Message(file).converted()
    except (OSError, struct.error, IndexError) as error:
        raise UnreadableError(
            "damaged", f"It cannot be read as an Outlook mail: {str(error)[:200]}"
        ) from error


class _Message:
    def __init__(self, file: Any) -> None:
        self._file = file
        self._counts: Counter[str] = Counter()

    def converted(self) -> Converted:
        """The whole mail."""
        subject = self._text(_SUBJECT)
        sender, address = self._text(_SENDER), self._text(_SMTP) or self._text(_ADDRESS)
        whole = (
            f"{sender} <{address}>" if sender and "@" in address and address != sender else sender or address
        )
        headers = [("From", whole), ("To", self._text(_TO)), ("Cc", self._text(_CC)), ("Date", self._date())]
        body = self._body()
        if not body:
            raise UnreadableError(
                "unsupported", "Its text is in a form that is not read. Save it as EML or HTML"
            )
        attached = self._attached()
        self._counts["attachments"] += len(attached)
        warnings = told(self._counts, names={"attachments": ", ".join(attached)})
        return Converted(letter(subject, headers, body), subject or None, warnings)

    def _body(self) -> str:
        html = self._stream(f"__substg1.0_{_HTML}0102") or self._stream(f"__substg1.0_{_HTML}001F")
        if html:
            page = read_page(decode(html, declared=declared_encoding(html)).text)
            if page.text.strip():
                self._counts.update(page.left_out)
                return page.text
        return plain_text(self._text(_BODY), self._counts)

    def _text(self, number: str, folder: str = "") -> str:
        data = self._stream(f"{folder}__substg1.0_{number}001F")
        if data:
            return data.decode("utf-16-le", "replace").strip("\0 \r\n").replace("\r\n", "\n")
        data = self._stream(f"{folder}__substg1.0_{number}001E").strip(b"\0")
        return decode_text(data).strip() if data.strip() else ""

    def _stream(self, name: str) -> bytes:
        if not self._file.exists(name):
            return b""
        with self._file.openstream(name) as stream:
            return bytes(stream.read())

    def _attached(self) -> list[str]:
        folders = sorted(
            {path[0] for path in self._file.listdir() if path[0].startswith("__attach_version1.0_")}
        )
        names = [
            next(filter(None, (self._text(one, f"{folder}/") for one in _FILE_NAMES)), "")
            for folder in folders
        ]
        return [name or "a mail" for name in names]

    def _date(self) -> str:
        """When it was sent, else when it came, in UTC."""
        data = self._stream("__properties_version1.0")
        found: dict[int, str] = {}
        for at in range(_HEADER, len(data) - _ENTRY.size + 1, _ENTRY.size):
            kind, number, _, ticks = _ENTRY.unpack_from(data, at)
            if kind == _FILE_TIME and number in _DATES:
                found[number] = f"{_EPOCH + timedelta(microseconds=ticks // 10):%Y-%m-%d %H:%M} UTC"
        return next((found[number] for number in _DATES if number in found), "")
