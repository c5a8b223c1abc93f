"""What figures look like: in a terminal, in a notebook, and as what a page is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.evaluation.showing.display import as_text as as_text
    from qagen.evaluation.showing.display import renderable as renderable
    from qagen.evaluation.showing.layout import ABOVE as ABOVE
    from qagen.evaluation.showing.layout import INTERVALS as INTERVALS
    from qagen.evaluation.showing.layout import TEST as TEST
    from qagen.evaluation.showing.layout import Bar as Bar
    from qagen.evaluation.showing.layout import Chart as Chart
    from qagen.evaluation.showing.layout import Group as Group
    from qagen.evaluation.showing.layout import Lines as Lines
    from qagen.evaluation.showing.layout import Part as Part
    from qagen.evaluation.showing.layout import Sheet as Sheet
    from qagen.evaluation.showing.layout import answer_of as answer_of
    from qagen.evaluation.showing.layout import breakdowns as breakdowns
    from qagen.evaluation.showing.layout import card_sheet as card_sheet
    from qagen.evaluation.showing.layout import changed as changed
    from qagen.evaluation.showing.layout import charts as charts
    from qagen.evaluation.showing.layout import filled as filled
    from qagen.evaluation.showing.layout import footer as footer
    from qagen.evaluation.showing.layout import interval as interval
    from qagen.evaluation.showing.layout import kind_title as kind_title
    from qagen.evaluation.showing.layout import numbers as numbers
    from qagen.evaluation.showing.layout import share as share
    from qagen.evaluation.showing.layout import trained as trained
    from qagen.evaluation.showing.notebook import as_html as as_html
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "display": "as_text renderable",
            "layout": (
                "ABOVE Bar Chart Group INTERVALS Lines Part Sheet TEST answer_of breakdowns card_sheet "
                "changed charts filled footer interval kind_title numbers share trained"
            ),
            "notebook": "as_html",
        },
    )
