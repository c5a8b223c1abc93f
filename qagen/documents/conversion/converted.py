"""What a file became: its Markdown, its title, and what of it could not be kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DocumentWarning:
    """Something of a document that was left out, changed or guessed.

    ``kind`` is one word of a fixed list (``comments``, ``hidden_rows``, ``no_text``, …), ``count`` how often
    it occurs, ``place`` where (``page 7``, ``sheet Fees``; empty for the whole document), and ``detail`` the
    sentence for a person, without the document's name: "3 comments left out".
    """

    kind: str
    detail: str
    count: int = 1
    place: str = ""

    def as_metadata(self) -> dict[str, Any]:
        """Plain values, as they stand in ``metadata["warnings"]`` of a document."""
        return {"kind": self.kind, "count": self.count, "place": self.place, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Converted:
    """The Markdown of a file, its title if it tells one, further metadata, and the warnings."""

    text: str
    title: str | None = None
    warnings: tuple[DocumentWarning, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
