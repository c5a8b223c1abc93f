r"""Control characters: what of them a reply's text can do without, and what of them was an eaten escape.

``"\frac"`` in JSON is a form feed and ``rac``. No text has a form feed or backspace before a small letter of
its own, so there the backslash comes back; tabs and line ends may be honest and need the passage to tell.
"""

from __future__ import annotations

import re

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
"""What no text and no training file should hold: C0 without tab and line ends, DEL, C1 without U+0085."""

_EATEN = re.compile("([\b\f])(?=[a-z])")
_LETTER = {"\b": "b", "\f": "f"}
_SPACES = re.compile("[\x0b\x0c\x1c-\x1f]")
_WINDOWS = {
    code: sign
    for code in range(0x80, 0xA0)
    if code != 0x85 and (sign := bytes([code]).decode("cp1252", "ignore"))  # noqa: PLR2004 - a line end
}


def without_eaten_escapes(text: str) -> str:
    r"""The text with ``\f`` and ``\b`` where they were eaten, spaces for page ends, and ``’`` for U+0092.

    Characters from U+0080 to U+009F are read as Windows-1252, as browsers do. What has no meaning (U+0000)
    stays.
    """
    if CONTROL.search(text) is None:
        return text
    text = _EATEN.sub(lambda found: "\\" + _LETTER[found[1]], text)
    return _SPACES.sub(" ", text).translate(_WINDOWS)


def named_control(text: str) -> str:
    """The first control character of a text, as U+0000; empty where there is none."""
    found = CONTROL.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""
