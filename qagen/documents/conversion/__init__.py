"""From files that are not plain text to the Markdown that a reader sees; what was not kept is a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.documents.conversion.archives import PASSWORD as PASSWORD
    from qagen.documents.conversion.converted import Converted as Converted
    from qagen.documents.conversion.converted import DocumentWarning as DocumentWarning
    from qagen.documents.conversion.converting import CONVERTED as CONVERTED
    from qagen.documents.conversion.converting import convert as convert
    from qagen.documents.conversion.damaged_text import damage as damage
    from qagen.documents.conversion.grids import Cell as Cell
    from qagen.documents.conversion.grids import Grid as Grid
    from qagen.documents.conversion.raised_signs import lowered as lowered
    from qagen.documents.conversion.raised_signs import raised as raised
    from qagen.documents.conversion.telling import sentence as sentence
    from qagen.documents.conversion.telling import told as told
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "archives": "PASSWORD",
            "converted": "Converted DocumentWarning",
            "converting": "CONVERTED convert",
            "damaged_text": "damage",
            "grids": "Cell Grid",
            "raised_signs": "lowered raised",
            "telling": "sentence told",
        },
    )
