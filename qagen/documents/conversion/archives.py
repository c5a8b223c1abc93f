"""Zip archives, which most office files are: refused when encrypted, damaged or far too large."""

from __future__ import annotations

import zipfile
from io import BytesIO

from qagen.errors import UnreadableError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_LARGEST_UNZIPPED = 1 << 30
PASSWORD = "It is protected by a password. Save a copy without one"  # noqa: S105  (a sentence)


def check_archive(data: bytes) -> None:
    """Refuse what is no zip archive, is encrypted, or would unpack to more than a gigabyte."""
    if data.startswith(_OLE):
        if _ENCRYPTED_OFFICE in data:
            raise UnreadableError("encrypted", PASSWORD)
        raise UnreadableError("unsupported", "It is in an old Office format. Save it as DOCX, PPTX or XLSX")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableError("damaged", f"It cannot be opened: {error}") from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableError("encrypted", PASSWORD)
    if sum(entry.file_size for entry in entries) > _LARGEST_UNZIPPED:
        raise UnreadableError("too_large", "It unpacks to more than a gigabyte")
