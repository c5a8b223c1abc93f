"""Whether a text looks damaged: what the conversion of a document lost without knowing it."""

from __future__ import annotations

from collections.abc import Iterator

from qagen.documents.conversion.converted import DocumentWarning


def damage(text: str) -> Iterator[DocumentWarning]:
    """The signs of damage in a text."""
    yield from ()
