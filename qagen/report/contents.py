"""What the page lists, as plain values for JSON: documents in pieces, pairs, conflicts, leaks."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeAlias

from qagen.pairs import read_edits
from qagen.records import Coverage, Declared, Edit, QAPair

if TYPE_CHECKING:
    from qagen.pairs import QADataset
    from qagen.pairs.gaps import SentencePlaces
    from qagen.text.dividing import Heading

MOST_PAIRS = 50_000
"""So many pairs (and as many dropped ones) a browser still opens in seconds; the files hold all of them."""
MOST_TEXT = 20_000_000
"""So many characters of source text, of all documents together, are put into the page."""
MOST_CONFLICTS = 2_000

Piece: TypeAlias = str | list[str | int]
_ENOUGH_FOR_LANGUAGE = 4_000
_MOST_QUOTE = 1_000  # characters: a longer one is read in the text


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a dataset by source, and in ``without`` why the page does not show the others."""

    texts: Mapping[str, str]
    without: Mapping[str, str]

    @property
    def sources(self) -> list[str]:
        """All of them, in the order of the documents."""
        return [*self.texts, *self.without]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document as the page shows it.

    ``pieces`` are its text in order: what stands between sentences as it is, a heading as
    ``["heading", text, level]``, a sentence as ``[state, text]``, a declared one as
    ``["declared", text, reason]``. They are cut here because a browser counts characters in another way.
    ``without`` says why there is no text.
    """

    source: str
    language: str | None = None
    pieces: tuple[Piece, ...] = ()
    places: SentencePlaces | None = None
    without: str = ""

    def sentences_at(self, start: int | None, end: int | None) -> list[int] | None:
        """The first and last sentence (counted from 0) that characters ``start`` to ``end`` touch."""
        if self.places is None or start is None or end is None:
            return None
        touched = self.places.touched(start, end)
        return [touched.start, touched.stop - 1] if touched else None


def read_texts(dataset: QADataset) -> Texts:
    """The source texts of a dataset as far as it keeps them, up to :data:`MOST_TEXT` characters."""
    kept = dataset.texts()
    texts: dict[str, str] = {}
    without: dict[str, str] = {}
    room = MOST_TEXT
    for source in _source_names(dataset):
        text = kept.get(source)
        if text is None:
            without[source] = "The dataset does not keep the text of this source."
        elif len(text) > room:
            without[source] = f"The page holds {MOST_TEXT:,} characters of text; this one is too many."
        else:
            room -= len(text)
            texts[source] = text
    return Texts(texts, without)


def _source_names(dataset: QADataset) -> Iterable[str]:
    measured = (one.source for one in dataset.coverage.documents) if dataset.coverage else ()
    return dict.fromkeys(
        chain(
            measured,
            (pair.source for pair in dataset),
            (one.pair.source for one in dataset.dropped),
            (pair.source for one in dataset.conflicts for pair in one.pairs),
        )
    )


def make_sheets(texts: Texts, dataset: QADataset, coverage: Coverage | None) -> dict[str, Sheet]:
    """Each document of a dataset, cut into sentences with the state that ``coverage`` gives them."""
    uncovered: defaultdict[str, set[int]] = defaultdict(set)
    for sentence in coverage.uncovered if coverage else ():
        uncovered[sentence.source].add(sentence.start)
    declared: defaultdict[str, list[Declared]] = defaultdict(list)
    for told in coverage.declared if coverage else ():
        declared[told.source].append(told)
    quoted: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    for pair in dataset if declared else ():
        if pair.source in declared and pair.start is not None and pair.end is not None:
            quoted[pair.source].add((pair.start, pair.end))
    ends = {one.source: one.characters for one in coverage.documents} if coverage else {}
    sheets = {}
    for source, text in texts.texts.items():
        end = ends.get(source, len(text))
        sheet = _cut_pieces(source, text[:end], uncovered[source], declared[source], quoted[source])
        # What lies beyond was not asked about, and stands without marks.
        sheets[source] = replace(sheet, pieces=(*sheet.pieces, text[end:])) if text[end:] else sheet
    return sheets | {source: Sheet(source, without=why) for source, why in texts.without.items()}


def _cut_pieces(
    source: str,
    text: str,
    uncovered: Collection[int],
    declared: Iterable[Declared],
    quoted: Iterable[tuple[int, int]],
) -> Sheet:
    from qagen.pairs.gaps import SentencePlaces
    from qagen.text import language_of
    from qagen.text.dividing import headings, sentences

    places = SentencePlaces(sentences(text, source=source))
    reasons = {number: one.reason for one in declared for number in places.held(one.start, one.end)}
    asked = places.marked(places.touched(start, end) for start, end in quoted)
    titles = deque(headings(text))
    pieces: list[Piece] = []
    done = 0
    for number, sentence in enumerate(places.sentences):
        pieces.extend(_pieces_between(text, done, sentence.start, titles))
        if sentence.start in uncovered:
            pieces.append(["uncovered", sentence.text])
        elif number in reasons and not asked[number]:
            pieces.append(["declared", sentence.text, reasons[number]])
        else:
            pieces.append(["covered", sentence.text])
        done = sentence.end
    pieces.extend(_pieces_between(text, done, len(text), titles))
    return Sheet(source, language_of(text[:_ENOUGH_FOR_LANGUAGE]), tuple(pieces), places)


def _pieces_between(text: str, start: int, end: int, titles: deque[Heading]) -> Iterator[Piece]:
    """What stands between two sentences; the headings that it holds are taken off ``titles``."""
    while titles and titles[0].start < end:
        title = titles.popleft()
        if title.start < start:
            continue
        if title.start > start:
            yield text[start : title.start]
        start = min(title.body, end)
        heading = text[title.start : start].rstrip()
        yield ["heading", heading, title.level]
        start = title.start + len(heading)
    if start < end:
        yield text[start:end]


@dataclass(slots=True)
class _Rows:
    """Makes rows of pairs: what repeats (a source, a prompt) becomes a number, what is empty is left out.

    A wording that shares its answer, quote and place with the first pair of its fact does not say them again.
    """

    sheets: Mapping[str, Sheet]
    edits: Mapping[str, Edit]
    sources: dict[str, int]
    origins: dict[tuple[str, str], int] = field(default_factory=dict)

    def row(self, pair: QAPair) -> dict[str, Any]:
        sheet = self.sheets.get(pair.source)
        edit = self.edits.get(pair.id)
        values: dict[str, Any] = {
            "id": pair.id,
            "question": pair.question,
            "answer": pair.answer,
            "quote": pair.quote if len(pair.quote) <= _MOST_QUOTE else f"{pair.quote[:_MOST_QUOTE]}…",
            "source": self.sources.setdefault(pair.source, len(self.sources)),
            "at": sheet.sentences_at(pair.start, pair.end) if sheet else None,
            "form": pair.form,
            "part": pair.part,
            "language": pair.language or (sheet.language if sheet else None),
            "origin": self.origins.setdefault((pair.prompt, pair.model), len(self.origins)),
            "extra": [f"{name}: {value}" for name, value in pair.extra.items()],
            "edit": [edit.action, edit.note] if edit else None,
        }
        return {name: value for name, value in values.items() if value not in (None, "", [])}

    def by_fact(self, pairs: Iterable[QAPair]) -> list[dict[str, Any]]:
        heads: dict[str, tuple[int, dict[str, Any]]] = {}
        rows: list[dict[str, Any]] = []
        for pair in pairs:
            row = self.row(pair)
            first, head = heads.setdefault(pair.fact, (len(rows), row))
            if head is not row:
                shared = ("answer", "quote", "source", "at", "origin", "language")
                row = {
                    name: value
                    for name, value in row.items()
                    if not (name in shared and head.get(name) == value)
                }
                row["fact"] = first
            rows.append(row)
        return rows


def page_data(dataset: QADataset, sheets: Mapping[str, Sheet]) -> dict[str, Any]:
    """Everything the page lists, as values for JSON."""
    rows = _Rows(sheets, read_edits(dataset.run), {source: place for place, source in enumerate(sheets)})
    kept = rows.by_fact(islice(dataset, MOST_PAIRS))
    dropped = [
        {**rows.row(one.pair), "reason": one.reason, "detail": one.detail}
        for one in islice(dataset.dropped, MOST_PAIRS)
    ]
    conflicts = [
        {
            "reason": one.reason,
            "detail": one.detail,
            "pairs": [rows.row(pair) for pair in (*one.pairs, *one.against)],
        }
        for one in islice(dataset.conflicts, MOST_CONFLICTS)
    ]
    leaks = [one.model_dump(mode="json") for one in islice(dataset.leaks or (), MOST_CONFLICTS)]
    return {
        "documents": [_document_data(sheet) for sheet in sheets.values()],
        "sources": list(rows.sources),
        "origins": [list(origin) for origin in rows.origins],
        "pairs": kept,
        "dropped": dropped,
        "conflicts": conflicts,
        "leaks": leaks,
    }


def _document_data(sheet: Sheet) -> dict[str, Any]:
    return {
        "source": sheet.source,
        "language": sheet.language,
        "pieces": sheet.pieces,
        "without": sheet.without,
    }
