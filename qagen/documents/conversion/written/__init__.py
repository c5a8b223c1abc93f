"""What word processors write beside DOCX: rich text (RTF) and OpenDocument (ODT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.documents.conversion.written.lists import roman as roman
else:
    __getattr__, __dir__, __all__ = face(__name__, {"lists": "roman"})
