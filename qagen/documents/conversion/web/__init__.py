"""What is written in HTML: pages, books and mails, as the Markdown that a reader of the page sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.documents.conversion.web.html import parsed as parsed
    from qagen.documents.conversion.web.html import read_page as read_page
    from qagen.documents.conversion.web.mathml import formula as formula
    from qagen.documents.conversion.web.mathml import name_of as name_of
else:
    __getattr__, __dir__, __all__ = face(__name__, {"html": "parsed read_page", "mathml": "formula name_of"})
