"""Where a text may be cut: headings, paragraphs, lines, sentences, and the full stops that end none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.text.dividing.cutting import LINE as LINE
    from qagen.text.dividing.cutting import PARAGRAPH as PARAGRAPH
    from qagen.text.dividing.cutting import SENTENCE as SENTENCE
    from qagen.text.dividing.cutting import Heading as Heading
    from qagen.text.dividing.cutting import Kind as Kind
    from qagen.text.dividing.cutting import Outline as Outline
    from qagen.text.dividing.cutting import headings as headings
    from qagen.text.dividing.sentence_ends import sentences as sentences
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {"cutting": "Heading Kind LINE Outline PARAGRAPH SENTENCE headings", "sentence_ends": "sentences"},
    )
