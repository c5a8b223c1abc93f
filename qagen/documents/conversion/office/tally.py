"""What a converter left out, counted while it reads, and told in words."""

from __future__ import annotations

from collections import Counter

from qagen.documents.conversion.converted import DocumentWarning

_LEFT_OUT = {
    "charts": ("chart", "charts"),
    "comments": ("comment", "comments"),
    "embedded": ("embedded object", "embedded objects"),
    "headers_footers": ("header or footer", "headers and footers"),
    "hidden_cells": ("cell whose format hides its value", "cells whose formats hide their values"),
    "hidden_columns": ("hidden column", "hidden columns"),
    "hidden_rows": ("hidden table row", "hidden table rows"),
    "hidden_shapes": ("hidden shape", "hidden shapes"),
    "hidden_sheets": ("hidden sheet", "hidden sheets"),
    "hidden_slides": ("hidden slide", "hidden slides"),
    "hidden_text": ("hidden run of text", "hidden runs of text"),
    "pictures": ("picture", "pictures"),
    "struck_out": ("struck-out run of text", "struck-out runs of text"),
    "text_boxes": ("text box", "text boxes"),
}
_OTHERS = {
    "fields": ("{} field without a stored value", "{} fields without a stored value"),
    "formulas": (
        "{} formula without a stored value: open the file in a spreadsheet program and save it",
        "{} formulas without a stored value: open the file in a spreadsheet program and save it",
    ),
    "tracked_changes": ("{} tracked change read as accepted", "{} tracked changes read as accepted"),
    "uneven_rows": (
        "{} row with more values than the table has columns",
        "{} rows with more values than columns",
    ),
}
_MOST_PLACES = 5


class Tally:
    """Counts by kind and place. A kind is one of a fixed list, each with its words."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, kind: str, place: str = "", count: int = 1) -> None:
        """Count something that was left out; nothing, if ``count`` is 0."""
        if count:
            self._counts[kind, place] += count

    def warnings(self) -> tuple[DocumentWarning, ...]:
        """One warning for each kind and place; where the places of a kind are many, one for all."""
        by_kind: dict[str, dict[str, int]] = {}
        for (kind, place), count in self._counts.items():
            by_kind.setdefault(kind, {})[place] = count
        told = []
        for kind, places in by_kind.items():
            if len(places) > _MOST_PLACES:
                first = ", ".join(list(places)[:_MOST_PLACES])
                places = {f"{first} and {len(places) - _MOST_PLACES} more": sum(places.values())}  # noqa: PLW2901
            told += [
                DocumentWarning(kind, _words(kind, count), count, place) for place, count in places.items()
            ]
        return tuple(told)


def _words(kind: str, count: int) -> str:
    if kind in _OTHERS:
        return _OTHERS[kind][count > 1].format(count)
    return f"{count} {_LEFT_OUT[kind][count > 1]} left out"
