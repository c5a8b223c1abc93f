"""From bytes to text: which encoding it is, and whether it is text at all."""

from __future__ import annotations

import codecs
import re
import unicodedata

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
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
# Western text has single accented letters among ASCII ones; a sign between two letters, or many accented
# letters in a row, mean that another encoding was read as this one.
_WESTERN_LONE = re.compile(r"(?<![^\x00-\x7f])[^\x00-\x7f](?![^\x00-\x7f])")
_WESTERN_ODD = re.compile(r"[A-Za-z][^\x00-\x7f\xc0-\xd6\xd8-\xf6\xf8-\xffŠŒŽšœžŸ‘’“”–—·´…][A-Za-z]")
_SHIFT_JIS_PAIR = re.compile(rb"[\x81-\x9f\xe0-\xef][\x40-\xfc]")
_RARE_KANJI = 0xA0
_MOST = 0.7
_SOME_KANA = 0.15
_NEARLY_ALL = 0.95
_MOST_CONTROLS = 0.02
# What is called Shift-JIS is nearly always its superset.
_SHIFT_JIS = frozenset({"shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"})
# A guess looks at this much of a file; what it decides is then decoded strictly to the end.
_SAMPLE = 65_536


def decode_text(data: bytes, *, declared: str | None = None) -> str:
    """The text in the bytes of a file, normalised.

    Tried in this order: a byte order mark; ISO-2022-JP; strict UTF-8; UTF-16 without a mark; what
    ``declared`` names; Shift-JIS, EUC-JP and CP1252 where the result looks like Japanese or Western text;
    what charset-normalizer finds. A few kanji without kana in EUC-JP, or in UTF-16 without a mark, can be
    taken for another language: save such a file as UTF-8.

    Raises:
        UnreadableError: It is empty, or not text.
    """
    if not data:
        raise UnreadableError("empty", "The file has no content")
    text = _with_mark(data)
    for guess in (_iso_2022, _strict_utf8, _utf16) if text is None else ():
        text = text if text is not None else guess(data)
    if text is None and b"\0" not in data:
        text = _decoded(data, declared) if declared else None
        text = text if text is not None else _legacy(data)
    if text is None or _share(_CONTROL, text[:_SAMPLE]) > _MOST_CONTROLS:
        raise UnreadableError("binary", "This is not text. Convert it to PDF, DOCX or UTF-8 text")
    return normalised(text)


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


def _legacy(data: bytes) -> str | None:
    """Text in one of the encodings from before Unicode."""
    japanese = [text for name in ("cp932", "euc_jp") if (text := _decoded(data, name)) and _is_japanese(text)]
    if japanese:
        return max(japanese, key=lambda text: len(_KANA.findall(text[:_SAMPLE])))
    western = _decoded(data, "cp1252")
    if western is not None and _is_western(western):
        return western
    kanji = _decoded(data, "cp932") if _is_shift_jis(data) else None
    return kanji if kanji is not None else _normalizer(data)


def _is_japanese(text: str) -> bool:
    sample = "".join(_NOT_ASCII.findall(text[:_SAMPLE]))
    kana, half = len(_KANA.findall(sample)), len(_HALF_WIDTH.findall(sample))
    return kana >= _SOME_KANA * len(sample) and kana >= half and not _CONTROL.search(sample)


def _is_shift_jis(data: bytes) -> bool:
    """Whether kanji without kana are Shift-JIS: other encodings of East Asia hardly use its first bytes."""
    pairs = _SHIFT_JIS_PAIR.findall(data[:_SAMPLE])
    common = sum(pair[0] < _RARE_KANJI for pair in pairs)
    text = _decoded(data, "cp932")
    return text is not None and common >= _MOST * len(pairs) > 0 and _share(_JAPANESE, text[:_SAMPLE]) == 1


def _is_western(text: str) -> bool:
    sample = text[:_SAMPLE]
    foreign = len(_NOT_ASCII.findall(sample))
    if _CONTROL.search(sample) or foreign > (1 - _MOST) * len(sample):
        return False
    odd = len(_WESTERN_ODD.findall(sample))
    return len(_WESTERN_LONE.findall(sample)) >= _MOST * foreign and odd <= (1 - _NEARLY_ALL) * foreign


def _normalizer(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return _decoded(data, best.encoding) if best else None


def _share(pattern: re.Pattern[str], text: str) -> float:
    return len(pattern.findall(text)) / max(1, len(text))
