"""A passage of a document read with its title and headings: what it is about, and which sentence says what.

``passage`` is the reading itself; ``pieces`` divides the text of a page, ``capitals`` finds the names in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.text.passages.capitals import CAPITAL as CAPITAL
    from qagen.text.passages.capitals import capitalised_names as capitalised_names
    from qagen.text.passages.passage import EASTERN as EASTERN
    from qagen.text.passages.passage import YYYY as YYYY
    from qagen.text.passages.passage import PassageReading as PassageReading
    from qagen.text.passages.passage import sentence_with as sentence_with
    from qagen.text.passages.pieces import TABLE_BARS as TABLE_BARS
    from qagen.text.passages.pieces import TABLE_HEAD as TABLE_HEAD
    from qagen.text.passages.pieces import sentences_in as sentences_in
    from qagen.text.passages.pieces import without_emphasis as without_emphasis
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "capitals": "CAPITAL capitalised_names",
            "passage": "EASTERN PassageReading YYYY sentence_with",
            "pieces": "TABLE_BARS TABLE_HEAD sentences_in without_emphasis",
        },
    )
