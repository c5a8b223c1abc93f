"""Tables of spreadsheets and CSV files, as the sheet shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.documents.conversion.sheets.blocks import Row as Row
    from qagen.documents.conversion.sheets.blocks import Sheet as Sheet
    from qagen.documents.conversion.sheets.number_formats import NumberFormat as NumberFormat
else:
    __getattr__, __dir__, __all__ = face(__name__, {"blocks": "Row Sheet", "number_formats": "NumberFormat"})
