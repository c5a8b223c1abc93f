"""The warnings of what a converter left out on purpose, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping

from qagen.documents.conversion.converted import DocumentWarning

# For each kind the words for one and for several; the number is put before them.
_WORDS = {
    "attachments": ("attachment left out", "attachments left out"),
    "charts": ("chart left out", "charts left out"),
    "comments": ("comment left out", "comments left out"),
    "deleted": ("deleted passage left out", "deleted passages left out"),
    "embedded": ("embedded object left out", "embedded objects left out"),
    "encoded_data": ("run of encoded data left out", "runs of encoded data left out"),
    "fields": ("field without a stored value", "fields without a stored value"),
    "formulas": (
        "formula without a stored value: open the file in a spreadsheet program and save it",
        "formulas without a stored value: open the file in a spreadsheet program and save it",
    ),
    "front_matter": ("front matter taken as metadata", "front matters taken as metadata"),
    "headers_footers": ("page header or footer left out", "page headers and footers left out"),
    "hidden": ("hidden passage left out", "hidden passages left out"),
    "hidden_cells": ("cell whose format hides its value", "cells whose formats hide their values"),
    "hidden_columns": ("hidden column left out", "hidden columns left out"),
    "hidden_rows": ("hidden table row left out", "hidden table rows left out"),
    "hidden_shapes": ("hidden shape left out", "hidden shapes left out"),
    "hidden_sheets": ("hidden sheet left out", "hidden sheets left out"),
    "hidden_slides": ("hidden slide left out", "hidden slides left out"),
    "hidden_text": ("hidden passage left out", "hidden passages left out"),
    "page_parts": ("part around the article left out", "parts around the article left out"),
    "pictures": ("picture left out", "pictures left out"),
    "replaced": (
        "byte that belongs to no character is shown as \ufffd",
        "bytes that belong to no character are shown as \ufffd",
    ),
    "struck_out": ("struck-out passage left out", "struck-out passages left out"),
    "text_boxes": ("text box left out", "text boxes left out"),
    "tracked_changes": ("tracked change read as accepted", "tracked changes read as accepted"),
    "uneven_rows": ("row with more values than the others", "rows with more values than the others"),
    "unread": ("part that cannot be read left out", "parts that cannot be read left out"),
}


def told(counts: Mapping[str, int], *, names: Mapping[str, str] | None = None) -> tuple[DocumentWarning, ...]:
    """A warning for each kind that occurs, in the order of the kinds; ``names`` says what it was."""
    return tuple(
        DocumentWarning(kind, sentence(kind, count, (names or {}).get(kind, "")), count)
        for kind, count in sorted(counts.items())
        if count
    )


def sentence(kind: str, count: int, names: str = "") -> str:
    """What happened so often, in words."""
    words = _WORDS[kind][count > 1]
    return f"{count} {words}: {names}" if names else f"{count} {words}"
