"""Markdown and plain text: as they are written, less what a reader of the page does not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.documents.conversion.markdown.encoded import without_encoded as without_encoded
    from qagen.documents.conversion.markdown.reading import cleaned as cleaned
    from qagen.documents.conversion.markdown.reading import read_text as read_text
    from qagen.documents.conversion.markdown.reading import seen as seen
else:
    __getattr__, __dir__, __all__ = face(
        __name__, {"encoded": "without_encoded", "reading": "cleaned read_text seen"}
    )
