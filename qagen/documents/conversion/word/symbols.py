"""Signs of symbol fonts as the characters that they look like."""

from __future__ import annotations

from typing import Any

from mammoth.docx.dingbats import dingbats

from qagen.documents.conversion.word.elements import W

_PRIVATE = range(0xF000, 0xF100)
_NAMES = {name.lower(): name for name, _ in dingbats}


def symbol(text: str, properties: Any, font: str = "") -> str:
    """A text whose font draws other signs than the letters say, such as Symbol and Wingdings."""
    if not font and not any(ord(sign) in _PRIVATE for sign in text):
        return text.replace("\u00ad", "")
    fonts = None if properties is None else properties.find(f"{W}rFonts")
    named = font or ("" if fonts is None else fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or "")
    return "".join(_one(sign, _NAMES.get(named.lower(), named)) for sign in text)


def _one(sign: str, font: str) -> str:
    code = ord(sign) - _PRIVATE.start if ord(sign) in _PRIVATE else ord(sign)
    found = dingbats.get((font, code))
    if found is not None:
        return chr(found)
    return "" if ord(sign) in _PRIVATE else sign
