"""What the formats of office programs share: packages of parts, formulas, charts, diagrams, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.documents.conversion.office.charts import C as C
    from qagen.documents.conversion.office.charts import chart as chart
    from qagen.documents.conversion.office.diagrams import diagram as diagram
    from qagen.documents.conversion.office.drawings import Drawings as Drawings
    from qagen.documents.conversion.office.drawings import described as described
    from qagen.documents.conversion.office.formulas import latex as latex
    from qagen.documents.conversion.office.packages import Package as Package
    from qagen.documents.conversion.office.packages import Relation as Relation
    from qagen.documents.conversion.office.tally import Tally as Tally
    from qagen.documents.conversion.office.text_body import A as A
    from qagen.documents.conversion.office.text_body import TextBody as TextBody
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "charts": "C chart",
            "diagrams": "diagram",
            "drawings": "Drawings described",
            "formulas": "latex",
            "packages": "Package Relation",
            "tally": "Tally",
            "text_body": "A TextBody",
        },
    )
