"""From documents to passages: pieces that tile a document, cut where a reader would pause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from qagen.documents.loading import identified
from qagen.documents.structure import Outline
from qagen.errors import DocumentError, SettingsError
from qagen.llm.tokens import count_tokens, encode, encoding
from qagen.records import Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from langchain_core.documents import Document
    from langchain_text_splitters import TextSplitter

# A character takes at most four tokens: from here on a piece has room for several whatever they are.
SMALLEST_CHUNK = 16

_NEXT_WORD = re.compile(r"\S")
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
    sentence, a clause, a word, and only then between two characters. Headings are the best place for a cut but
    force none: a passage on several short sections costs one call instead of many, and has their headings in
    its text. A document of nothing but white space has no passage; within a document, white space stays with
    the text before it, and only a run of it longer than a passage is one of its own.

    Args:
        documents: Where ``source`` is missing in the metadata, it is made from the text; documents that share
            one are told apart by ``~2``, ``~3``.
        chunk_size: The most tokens (o200k_base) a passage may have; at least 16.
        context_tokens: How many tokens of what precedes a passage travel with it, for reading only.
        chunk_overlap: How many tokens a passage may share with the one before; at most half of ``chunk_size``.
            2000 and 500 make the classic recipe.
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

    def spans(outline: Outline, source: str) -> Iterator[_Span]:
        if splitter is None:
            return _spans(outline, chunk_size, chunk_overlap)
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


def _passages(
    document: Document, spans: Callable[[Outline, str], Iterator[_Span]], context_tokens: int
) -> Iterator[Passage]:
    text, source = document.page_content, document.metadata["source"]
    outline = Outline(text)
    for start, end, tokens in spans(outline, source):
        context = _before(outline, start, context_tokens, (end - start) / tokens)
        yield Passage(
            id=f"{source}#{start}-{end}",
            source=source,
            theme=document.metadata["theme"],
            text=text[start:end],
            start=start,
            end=end,
            tokens=tokens,
            context=text[context:start].strip(),
            section=outline.section(start, end),
        )


def _spans(outline: Outline, size: int, overlap: int) -> Iterator[_Span]:
    """Pieces of at most ``size`` tokens; each may begin in the last ``overlap`` tokens of the one before."""
    if not outline.end:
        return
    span = _Span(0, 0, 0)
    guess = 4 * size
    while span.end < len(outline.text):
        shared = min(overlap, span.tokens // 2)
        start = _last_tokens(outline, span.start, span.end, shared) if shared else span.end
        floor = span.end
        span = _piece(outline, start, floor, size, guess)
        if span.end <= floor:
            span = _piece(outline, floor, floor, size, guess)
        guess = int(1.35 * size * (span.end - span.start) / span.tokens) + 16
        yield span


def _piece(outline: Outline, start: int, floor: int, size: int, guess: int) -> _Span:
    """The piece of ``size`` tokens from ``start`` that ends after ``floor``, or before if there is none."""
    text = outline.text
    limit, tokens = _reach(text, start, size, guess)
    end = limit
    while tokens > size:
        end = outline.cut(start, limit, floor=floor)
        tokens = len(encode(text[start:end]))
        limit = min(end - 1, start + (end - start) * size // tokens)
    return _Span(start, end, tokens)


def _reach(text: str, start: int, size: int, guess: int) -> tuple[int, int]:
    """How far ``size`` tokens reach at the most, and how many tokens were seen from ``start`` on.

    When little more than ``size`` is left of the text, two pieces of about the same size are made of it
    rather than a full one and a tiny one.
    """
    ample = size + size // 4
    tokens = encode(text[start : start + guess])
    while len(tokens) <= ample and start + guess < len(text):
        guess *= 2
        tokens = encode(text[start : start + guess])
    if len(tokens) <= size:
        return len(text), len(tokens)
    taken = size if len(tokens) > ample else len(tokens) * 3 // 5
    return start + len(_text_of(tokens[:taken])), len(tokens)


def _text_of(tokens: list[int]) -> str:
    """The whole characters in a row of tokens; a token can begin or end inside one."""
    return encoding().decode_bytes(tokens).decode("utf-8", "ignore")


def _before(outline: Outline, end: int, most: int, characters_per_token: float) -> int:
    """Where the context of at most ``most`` tokens begins that stands before ``end``."""
    if not most or not end:
        return end
    guess = int(1.3 * most * characters_per_token) + 16
    return _last_tokens(outline, max(0, end - guess), end, most)


def _last_tokens(outline: Outline, base: int, end: int, most: int) -> int:
    """Where to begin reading so that at most ``most`` tokens remain up to ``end``, not before ``base``."""
    text = outline.text
    tokens = encode(text[base:end])
    start = base if len(tokens) <= most else end - len(_text_of(tokens[-most:]))
    while start and start < end:
        place = outline.lead(start, end, base=base)
        if len(encode(text[place:end])) <= most:
            return place
        start = place + 1 + (end - place) // 16
    return start


def _spans_of(splitter: TextSplitter, text: str, source: str) -> Iterator[_Span]:
    """The chunks of a splitter, found in the text in their order."""
    chunks = [chunk for chunk in splitter.split_text(text) if chunk.strip()]
    try:
        places = _locate(text, chunks, source, splitter, overlapping=False)
    except DocumentError:
        # Where everything is said several times, chunks that overlap may have been taken for neighbours.
        places = _locate(text, chunks, source, splitter, overlapping=True)
    for start, end in places:
        yield _Span(start, end, len(encode(text[start:end])))


def _locate(
    text: str, chunks: list[str], source: str, splitter: TextSplitter, *, overlapping: bool
) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    start = end = 0
    for number, chunk in enumerate(chunks, 1):
        found = _find(text, chunk, start, end, overlapping=overlapping)
        if found is None:
            raise DocumentError(
                f"{type(splitter).__name__} changed the text of {source}: its chunk {number} of "
                f"{len(chunks)}, which begins {chunk[:60]!r}, is not in it. Give a splitter that only cuts"
            )
        start, end = found[0] + 1, found[1]
        places.append(found)
    return places


def _find(text: str, chunk: str, after: int, end: int, *, overlapping: bool) -> tuple[int, int] | None:
    """Where a chunk stands: next to the one before (which ends at ``end``), over its end, or further on."""
    following = _NEXT_WORD.search(text, end)
    next_word = following.start() if following else len(text)
    neighbour = next((at for at in (end, next_word) if text.startswith(chunk, at)), -1)
    over = text.find(chunk, after, end + len(chunk))
    while 0 <= over < end and over + len(chunk) < end:
        over = text.find(chunk, over + 1, end + len(chunk))
    for at in (over, neighbour) if overlapping else (neighbour, over):
        if at >= 0:
            return at, at + len(chunk)
    at = text.find(chunk, end)
    if at >= 0:
        return at, at + len(chunk)
    words = re.compile(r"\s+".join(map(re.escape, chunk.split())))
    match = words.search(text, after)
    return match.span() if match else None
