"""From bytes to text: which encoding it is, and whether it is text at all."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from qagen.errors import UnreadableError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_JAPANESE = re.compile("[\\x20-\\x7e\\s\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e\u2010-\u2026]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_PAIRS = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Letters of two alphabets in one word: "Café" read as Cyrillic. It is Western text then.
_MIXED = re.compile(
    "[A-Za-z][\u0370-\u03ff\u0400-\u052f\u0590-\u05ff\u0600-\u06ff\u0e00-\u0e7f]"
    "|[\u0370-\u03ff\u0400-\u052f\u0590-\u05ff\u0600-\u06ff\u0e00-\u0e7f][A-Za-z]"
)
_SOME_KANA = 0.15
_NEARLY_ALL = 0.95
_MOST_CONTROLS = 0.02
# With so many whole characters of UTF-8 for each wrong byte it is UTF-8: other text has hardly any.
_WHOLE_FOR_WRONG = 4
_MOST_REPLACED = 0.02
_MOSTLY_ASCII = 0.4
# What is called Shift-JIS is nearly always its superset.
_SHIFT_JIS = frozenset({"shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"})
# A guess looks at this much of a file; what it decides is then decoded strictly to the end.
_SAMPLE = 65_536


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, normalised, and how many places of it were no character and stand as U+FFFD."""

    text: str
    replaced: int = 0


def decode_text(data: bytes, *, declared: str | None = None) -> str:
    """The text of :func:`decode` alone."""
    return decode(data, declared=declared).text


def decode(data: bytes, *, declared: str | None = None) -> Decoded:
    """The text in the bytes of a file.

    Tried in this order: a byte order mark; ISO-2022-JP; strict UTF-8; UTF-16 without a mark; UTF-8 with a few
    wrong bytes, each of which becomes U+FFFD; what ``declared`` names; what chardet finds among the encodings
    of the web. A few kanji without kana in EUC-JP, or in UTF-16 without a mark, can be taken for another
    language: save such a file as UTF-8.

    Raises:
        UnreadableError: It is empty, or not text.
    """
    if not data:
        raise UnreadableError("empty", "The file has no content")
    text = _with_mark(data)
    for guess in (_iso_2022, _strict_utf8, _utf16) if text is None else ():
        text = text if text is not None else guess(data)
    replaced = 0
    if text is None and b"\0" not in data:
        text, replaced = _guessed(data, declared)
    if text is None or _share(_CONTROL, text[:_SAMPLE]) > _MOST_CONTROLS:
        raise UnreadableError("binary", "This is not text. Convert it to PDF, DOCX or UTF-8 text")
    return Decoded(normalised(text), replaced)


def _guessed(data: bytes, declared: str | None) -> tuple[str | None, int]:
    """Text that no mark and no strict rule tells the encoding of, and how much of it had to be replaced."""
    damaged = _damaged_utf8(data, declared)
    if damaged is not None:
        return damaged
    text = _decoded(data, declared) if declared else None
    return (text, 0) if text is not None else _detected(data)


def normalised(text: str) -> str:
    r"""A text as qagen counts its characters: line ends are ``\n``, and no byte order mark begins it.

    Raises:
        UnreadableError: It is blank, holds NUL characters, or halves of surrogate pairs.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UnreadableError("empty", "There is nothing but white space in it")
    if "\0" in text:
        raise UnreadableError(
            "binary", f"It holds a NUL character at {text.index(chr(0))}, which no text does"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        detail = f"It holds half a surrogate pair at character {error.start}: it was decoded wrongly before"
        raise UnreadableError("binary", detail) from error
    return text


def declared_encoding(data: bytes) -> str | None:
    """The encoding that the head of an HTML or XML file names."""
    found = _DECLARED.search(data, 0, 2048)
    return found[1].decode("ascii") if found else None


def _decoded(data: bytes, encoding: str) -> str | None:
    name = "cp932" if encoding.lower() in _SHIFT_JIS else encoding
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _with_mark(data: bytes) -> str | None:
    marks = ((len(mark), name) for mark, name in _BOMS if data.startswith(mark))
    return next((_decoded(data[length:], name) for length, name in marks), None)


def _strict_utf8(data: bytes) -> str | None:
    return None if b"\0" in data else _decoded(data, "utf-8")


def _iso_2022(data: bytes) -> str | None:
    return _decoded(data, "iso2022_jp_ext") if b"\x1b$B" in data or b"\x1b$@" in data else None


def _utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of its ASCII is NUL, and its kana are all in one block."""
    if len(data) % 2:
        return None
    for zeros, encoding in ((data[1::2], "utf-16-le"), (data[::2], "utf-16-be")):
        text = _decoded(data, encoding)
        if text is None or "\0" in text:
            continue
        sample = text[:_SAMPLE]
        if zeros.count(0) * 10 >= len(zeros) and not any(
            unicodedata.category(c) == "Cn" for c in set(sample)
        ):
            return text
        if _share(_KANA, sample) >= _SOME_KANA and _share(_JAPANESE, sample) >= _NEARLY_ALL:
            return text
    return None


def _damaged_utf8(data: bytes, declared: str | None) -> tuple[str, int] | None:
    """UTF-8 in which a few bytes are wrong; in a text of mostly ASCII as many as are right."""
    whole = len(_PAIRS.findall(data))
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    beyond = sum(byte > 0x7F for byte in data[:_SAMPLE]) / len(data[:_SAMPLE])  # noqa: PLR2004  (ASCII's last)
    named = (declared or "").lower().replace("_", "-") in {"utf-8", "utf8"}
    enough = _WHOLE_FOR_WRONG * wrong if beyond > _MOSTLY_ASCII and not named else wrong
    return (text, wrong) if whole and whole >= enough else None


def _detected(data: bytes) -> tuple[str | None, int]:
    """What chardet finds, unless it mixes alphabets within words."""
    from chardet import EncodingEra, detect

    found = detect(data, encoding_era=EncodingEra.MODERN_WEB, prefer_superset=True)["encoding"]
    text = _decoded(data, found) if found else None
    if text is None and found:
        mended = _replacing(data, found)
        wrong = mended.count("\ufffd")
        if wrong <= _MOST_REPLACED * len(mended):
            return mended, wrong
    if text is None or _MIXED.search(text[:_SAMPLE]):
        western = _decoded(data, "cp1252")
        text = western if western is not None else text
    return text, 0


def _replacing(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "replace")
    except LookupError:
        return "\ufffd"


def _share(pattern: re.Pattern[str], text: str) -> float:
    return len(pattern.findall(text)) / max(1, len(text))
