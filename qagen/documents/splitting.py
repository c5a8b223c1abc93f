"""From documents to passages: pieces that tile a document, cut where a reader would pause."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from functools import cache
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from qagen.documents.loading import identified, metadata_json
from qagen.errors import DocumentError, SettingsError
from qagen.llm import count_tokens, encode, encoding
from qagen.records import Passage
from qagen.text.dividing import Outline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from langchain_core.documents import Document
    from langchain_text_splitters import TextSplitter

# A character takes at most four tokens: from here on a piece has room for several whatever they are.
SMALLEST_CHUNK = 16

# How much of a text is encoded at a time to measure it, and by how much such a measure can be too high.
_BLOCK = 32_768
_SLACK = 8
_SEPARATORS = (
    r"\n+(?=#{1,6}[ \t])",
    r"\n[^\S\n]*\n\s*",
    r"\n",
    r"[。｡！？]+[」』）】”’]*|[.!?…]+[\"')\]”’]*\s+|[।॥።؟۔]+\s*",
    r"[、，；：]|[,;:]\s+",
    r"\s+",
    "",
)


class _Span(NamedTuple):
    start: int
    end: int
    tokens: int


def token_splitter(chunk_size: int = 800, *, chunk_overlap: int = 0, model: str = "gpt-4.1") -> TextSplitter:
    """LangChain's recursive splitter, counting tokens offline, with the sentence ends of more scripts.

    It cuts at headings, paragraphs, lines, sentences, clauses, words and characters, in this order, and
    leaves white space in place. Since the tokens of parts do not add up to those of the whole, a chunk can be
    a few tokens over ``chunk_size``; :func:`split_documents` without a splitter keeps the bound exactly.

    Raises:
        SettingsError: ``chunk_size`` is under 16, or ``chunk_overlap`` negative or over half of it.
    """
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    _check_sizes(chunk_size, chunk_overlap)
    return RecursiveCharacterTextSplitter(
        list(_SEPARATORS),
        keep_separator="end",
        is_separator_regex=True,
        strip_whitespace=False,
        chunk_size=chunk_size,
        chunk_overlap=chunk_overlap,
        length_function=lambda text: count_tokens(text, model=model),
    )


def split_documents(
    documents: Iterable[Document],
    *,
    chunk_size: int = 800,
    context_tokens: int = 300,
    chunk_overlap: int = 0,
    splitter: TextSplitter | None = None,
) -> list[Passage]:
    """Cut documents into passages of at most ``chunk_size`` tokens.

    The texts of a document's passages, one after the other, are the document: nothing is lost and nothing
    stands twice. A cut is made at a heading if one is near, else at a paragraph, a line, the end of a
    sentence, a clause, a word, and only then between two characters. Headings are the best place for a cut
    but force none: a passage on several short sections costs one call instead of many, and has their headings
    in its text. A document of nothing but white space has no passage; within a document, white space stays
    with the text before it, and only a run of it longer than a passage is one of its own.

    Args:
        documents: Where ``source`` is missing in the metadata, it is made from the text; documents that share
            one are told apart by ``~2``, ``~3``.
        chunk_size: The most tokens (o200k_base) a passage may have; at least 16.
        context_tokens: How many tokens of what precedes a passage travel with it, for reading only. Where a
            passage begins within a table, the head of the table comes on top of them.
        chunk_overlap: How many tokens a passage may share with the one before: at most half of it. 2000 and
            500 make the classic recipe.
        splitter: Cuts instead of all this, with sizes of its own. Its chunks are found in the document, so it
            must not change anything but white space.

    Raises:
        SettingsError: A size is out of its bounds.
        DocumentError: A chunk of ``splitter`` is not in its document.
    """
    return list(
        stream_passages(
            documents,
            chunk_size=chunk_size,
            context_tokens=context_tokens,
            chunk_overlap=chunk_overlap,
            splitter=splitter,
        )
    )


def stream_passages(
    documents: Iterable[Document],
    *,
    chunk_size: int = 800,
    context_tokens: int = 300,
    chunk_overlap: int = 0,
    splitter: TextSplitter | None = None,
) -> Iterator[Passage]:
    """The passages of :func:`split_documents` one by one, holding one document at a time."""
    _check_sizes(chunk_size, chunk_overlap)
    if context_tokens < 0:
        raise SettingsError(f"context_tokens is {context_tokens}: it must be 0 or more")

    def spans(outline: Outline, ruler: _Ruler, source: str) -> Iterator[_Span]:
        if splitter is None:
            return _spans(outline, ruler, chunk_size, chunk_overlap)
        return _spans_of(splitter, outline.text, source)

    return (
        passage
        for document in identified(documents)
        for passage in _passages(document, spans, context_tokens)
    )


def _check_sizes(chunk_size: int, chunk_overlap: int) -> None:
    if chunk_size < SMALLEST_CHUNK:
        raise SettingsError(f"chunk_size is {chunk_size}: it must be at least {SMALLEST_CHUNK} tokens")
    if not 0 <= chunk_overlap <= chunk_size // 2:
        raise SettingsError(
            f"chunk_overlap is {chunk_overlap}: it must be from 0 to half of chunk_size, {chunk_size // 2}; "
            "with more, most of every text would be asked about three times and more"
        )


def _check_text(text: str, source: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        detail = f"{source} holds half a surrogate pair at character {error.start}"
        raise DocumentError(
            f"{detail}: it was decoded wrongly. Read it again with its own encoding"
        ) from error


class _Ruler:
    """About how many tokens lie between two places of a text: to aim with, before the exact count is made.

    The text is encoded once, in blocks, and the place where each token ends is kept.
    """

    def __init__(self, text: str) -> None:
        lengths = _token_lengths()
        self._ends = array("L")
        for start in range(0, len(text), _BLOCK):
            tokens = encode(text[start : start + _BLOCK])
            ends = accumulate(map(lengths.__getitem__, tokens), initial=start)
            self._ends.extend(islice(ends, 1, None))

    def after(self, place: int, tokens: int) -> int:
        """The place that is some tokens further on."""
        index = bisect_right(self._ends, place) + tokens - 1
        return max(place + 1, self._ends[min(index, len(self._ends) - 1)])

    def before(self, place: int, tokens: int) -> int:
        """The place that is some tokens further back."""
        index = bisect_left(self._ends, place) - tokens
        return self._ends[index] if index >= 0 else 0

    def rest(self, place: int) -> int:
        """The tokens from a place to the end."""
        return len(self._ends) - bisect_right(self._ends, place)


class _TokenLengths(dict[int, int]):
    """How many characters begin in a token."""

    def __missing__(self, token: int) -> int:
        piece = encoding().decode_single_token_bytes(token)
        self[token] = length = sum(byte & 0xC0 != 0x80 for byte in piece)  # noqa: PLR2004  (UTF-8's mark)
        return length


@cache
def _token_lengths() -> _TokenLengths:
    return _TokenLengths()


def _passages(
    document: Document, spans: Callable[[Outline, _Ruler, str], Iterator[_Span]], context_tokens: int
) -> Iterator[Passage]:
    text, source = document.page_content, document.metadata["source"]
    _check_text(text, source)
    outline, ruler = Outline(text), _Ruler(text)
    metadata = metadata_json(document)
    base = 0
    for start, end, tokens in spans(outline, ruler, source):
        first = min(base, ruler.before(start, context_tokens))
        context = _last_tokens(outline, ruler, first, start, context_tokens)
        base = start
        yield Passage(
            id=f"{source}#{start}-{end}",
            source=source,
            theme=document.metadata["theme"],
            text=text[start:end],
            start=start,
            end=end,
            tokens=tokens,
            context=_context(outline, context, start) if context_tokens else "",
            section=outline.section(start, end),
            metadata=metadata,
        )


def _context(outline: Outline, begin: int, start: int) -> str:
    """What stands between two places; where the second is in a table, first the head of it."""
    before = outline.text[begin:start].strip()
    table = outline.table(start)
    if table is None or begin <= table.start:
        return before
    if outline.text[begin - 1] != "\n":  # the rest of a row says nothing
        begin = outline.text.find("\n", begin, start) + 1 or start
    rows = outline.text[max(begin, table.body) : start].strip()
    return f"{table.head}\n{rows}" if rows else table.head


def _spans(outline: Outline, ruler: _Ruler, size: int, overlap: int) -> Iterator[_Span]:
    """Pieces of at most ``size`` tokens; each may begin in the last ``overlap`` tokens of the one before."""
    if not outline.end:
        return
    span = _Span(0, 0, 0)
    while span.end < len(outline.text):
        floor = span.end
        shared = min(overlap, span.tokens // 2)
        start = _last_tokens(outline, ruler, span.start, floor, shared) if shared else floor
        span = _piece(outline, ruler, start, floor, size)
        if span.end <= floor:
            span = _piece(outline, ruler, floor, floor, size)
        yield span


def _piece(outline: Outline, ruler: _Ruler, start: int, floor: int, size: int) -> _Span:
    """The piece of ``size`` tokens from ``start`` that ends after ``floor``, or before if there is none."""
    text, rest = outline.text, ruler.rest(start)
    if rest <= size + _SLACK:
        tokens = len(encode(text[start:]))
        if tokens <= size:
            return _Span(start, len(text), tokens)
    # When little more than a piece is left, two of about the same size are better than a full and a tiny one.
    limit = ruler.after(start, size if rest > size + size // 4 else rest * 3 // 5)
    while True:
        end = outline.cut(start, limit, floor=floor)
        tokens = len(encode(text[start:end]))
        if tokens <= size:
            return _Span(start, end, tokens)
        limit = min(end - 1, start + (end - start) * size // tokens)


def _last_tokens(outline: Outline, ruler: _Ruler, base: int, end: int, most: int) -> int:
    """Where to begin reading so that at most ``most`` tokens remain up to ``end``.

    ``base`` is a place further back that is not inside a character.
    """
    start = ruler.before(end, most)
    while start < end:
        place = outline.lead(start, end, base=base) if start else 0
        if len(encode(outline.text[place:end])) <= most:
            return place
        start = place + 1 + (end - place) // 16
    return end


def _spans_of(splitter: TextSplitter, text: str, source: str) -> Iterator[_Span]:
    """The chunks of a splitter, found in the text in their order."""
    chunks = [chunk for chunk in splitter.split_text(text) if chunk.strip()]
    after = end = 0
    for number, chunk in enumerate(chunks, 1):
        found = _find(text, chunk, after, end, _shares(splitter))
        if found is None:
            raise DocumentError(
                f"{type(splitter).__name__} changed the text of {source}: its chunk {number} of "
                f"{len(chunks)}, which begins {chunk[:60]!r}, is not in it. Give a splitter that only cuts"
            )
        after, end = found[0] + 1, found[1]
        yield _Span(*found, len(encode(text[found[0] : end])))


def _shares(splitter: TextSplitter) -> Callable[[str], bool]:
    """Whether a text is short enough for this splitter to repeat it in the next chunk."""
    # LangChain keeps both to itself. Without them the offsets are still right where no text stands twice.
    kept: dict[str, Any] = vars(splitter)
    overlap, length = kept.get("_chunk_overlap", 0), kept.get("_length_function", len)
    return lambda text: overlap > 0 and bool(length(text) <= overlap)


def _find(
    text: str, chunk: str, after: int, end: int, shares: Callable[[str], bool]
) -> tuple[int, int] | None:
    """Where a chunk stands: over the end of the one before, next to it, or further on."""
    over = text.find(chunk, after, end + len(chunk))
    while 0 <= over < end and not (over + len(chunk) >= end and shares(text[over:end])):
        over = text.find(chunk, over + 1, end + len(chunk))
    at = over if over >= 0 else text.find(chunk, end)
    if at < 0:
        at = text.find(chunk, after)
    if at >= 0:
        return at, at + len(chunk)
    words = re.compile(r"\s+".join(map(re.escape, chunk.split())))
    match = words.search(text, after)
    return match.span() if match else None
