"""What of a PDF could not be kept, in words, with the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from qagen.documents.conversion import DocumentWarning, damage
from qagen.documents.conversion.pdf.glyphs import LOST
from qagen.documents.conversion.pdf.pages import Page

_A_PICTURE = 0.5
_FEW_LETTERS = 40
_MANY_SIDEWAYS = 150


def warnings_of(pages: Sequence[Page], left_out: dict[str, int], text: str) -> tuple[DocumentWarning, ...]:
    """The warnings of a document, those of whole pages first."""
    return (
        *_without_text(pages),
        *_counted(pages, "characters_lost", lambda page: page.lost, "{} not told by the file", "letter"),
        *_counted(pages, "readings_left_out", lambda page: page.readings, "{} (furigana) left out",
                  "reading"),
        *_sideways(pages),
        *_margins(left_out),
        *damage(text.replace(LOST, "")),  # those are told above, with their pages
    )  # fmt: skip


def _without_text(pages: Sequence[Page]) -> Iterator[DocumentWarning]:
    scanned = [page.number for page in pages if page.is_blank and page.pictures > 0.02]
    if scanned:
        has, what = ("has", "a picture") if len(scanned) == 1 else ("have", "pictures")
        yield _warning("no_text", scanned, f"{{}} {has} no text: {what}. OCR (ocrmypdf) would read it")
    unread = [page.number for page in pages if page.is_unread]
    if unread:
        yield _warning("unread", unread, "{} cannot be read: damaged")
    mostly = [page.number for page in pages if 0 < page.letters < _FEW_LETTERS and page.pictures > _A_PICTURE]
    if mostly:
        yield _warning("little_text", mostly, "{} of pictures with hardly any text")


def _warning(kind: str, numbers: Sequence[int], wording: str) -> DocumentWarning:
    place = in_words(numbers)
    return DocumentWarning(kind, wording.format(place), len(numbers), place)


def _counted(
    pages: Sequence[Page], kind: str, count: Callable[[Page], int], wording: str, noun: str
) -> Iterator[DocumentWarning]:
    found = {page.number: count(page) for page in pages if count(page)}
    total = sum(found.values())
    if total:
        told = wording.format(f"{total} {noun}{'s' * (total > 1)}")
        place = in_words([*found])
        yield DocumentWarning(kind, f"{told} ({place})", total, place)


def _sideways(pages: Sequence[Page]) -> Iterator[DocumentWarning]:
    found = [
        page.number
        for page in pages
        if sum(len(line.text) for lines in page.sideways for line in lines) > _MANY_SIDEWAYS
    ]
    if found:
        yield _warning("rotated", found, "text that runs sideways stands after the other text of {}")


def _margins(left_out: dict[str, int]) -> Iterator[DocumentWarning]:
    if left_out:
        texts = sorted((text for text in left_out if text != "#"), key=lambda text: -left_out[text])
        shown = "; ".join(f"“{text[:60]}”" for text in texts[:3]) or "page numbers"
        total = sum(left_out.values())
        yield DocumentWarning(
            "headers_left_out", f"{total} page headers and footers left out: {shown}", total
        )


def in_words(numbers: Sequence[int]) -> str:
    """Page numbers as a reader says them: page 7; pages 2, 5-7."""
    runs = [
        [number for _, number in group]
        for _, group in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0])
    ]
    told = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"page{'s' * (len(numbers) > 1)} {told}"
