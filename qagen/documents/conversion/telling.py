"""The warnings of what a converter left out on purpose, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping

from qagen.documents.conversion.converted import DocumentWarning

# For each kind the words for one and for several; the number is put before them.
_WORDS = {
    "attachments": ("attachment left out", "attachments left out"),
    "comments": ("comment left out", "comments left out"),
    "deleted": ("deleted passage left out", "deleted passages left out"),
    "encoded_data": ("run of encoded data left out", "runs of encoded data left out"),
    "front_matter": ("front matter taken as metadata", "front matters taken as metadata"),
    "headers_footers": ("page header or footer left out", "page headers and footers left out"),
    "hidden": ("hidden passage left out", "hidden passages left out"),
    "page_parts": ("part around the article left out", "parts around the article left out"),
    "pictures": ("picture left out", "pictures left out"),
    "replaced": (
        "byte that belongs to no character is shown as \ufffd",
        "bytes that belong to no character are shown as \ufffd",
    ),
    "struck_out": ("struck-out passage left out", "struck-out passages left out"),
    "unread": ("part that cannot be read left out", "parts that cannot be read left out"),
}


def told(counts: Mapping[str, int], *, names: Mapping[str, str] | None = None) -> tuple[DocumentWarning, ...]:
    """A warning for each kind that occurs, in the order of the kinds; ``names`` says what it was."""
    return tuple(
        DocumentWarning(kind, _sentence(kind, count, (names or {}).get(kind, "")), count)
        for kind, count in sorted(counts.items())
        if count
    )


def _sentence(kind: str, count: int, names: str) -> str:
    words = _WORDS[kind][count > 1]
    return f"{count} {words}: {names}" if names else f"{count} {words}"
