"""Proper names in a text, without a dictionary: runs of capitals, katakana, kanji that look like a name.

``reader`` finds them, by the rules of their script (``latin``, ``japanese``); ``told`` says whether a text
names what a name names, in another form too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.text.proper_names.reader import names as names
    from qagen.text.proper_names.told import Told as Told
    from qagen.text.proper_names.told import has_name as has_name
else:
    __getattr__, __dir__, __all__ = face(__name__, {"reader": "names", "told": "Told has_name"})
