"""The numbers of a text by value, whatever they are written with: 10,000, 1万, 一万, ten thousand.

The text is rewritten step by step until every number stands in plain digits (``japanese``, ``english``); then
they are read off (``reader``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.text.numerals.japanese import japanese_in_digits as japanese_in_digits
    from qagen.text.numerals.named_months import months as months
    from qagen.text.numerals.parts import forms_of_share as forms_of_share
    from qagen.text.numerals.parts import shares as shares
    from qagen.text.numerals.reader import in_digits as in_digits
    from qagen.text.numerals.reader import numbers as numbers
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "japanese": "japanese_in_digits",
            "named_months": "months",
            "parts": "forms_of_share shares",
            "reader": "in_digits numbers",
        },
    )
