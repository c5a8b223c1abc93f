"""Pieces of a passage that are asked about as passages of their own."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.documents import Document

from qagen.documents import split_documents
from qagen.llm import count_tokens
from qagen.records import Passage, QAPair

_SMALLEST = 40  # tokens: a passage this short whose reply is still cut off is not divided further


def part_of(passage: Passage, start: int, end: int) -> Passage:
    """The piece of a passage at these places of its document; what stands before it there becomes context."""
    text = passage.text[start - passage.start : end - passage.start]
    return passage.model_copy(
        update={
            "id": f"{passage.source}#{start}-{end}",
            "text": text,
            "start": start,
            "end": end,
            "tokens": int(count_tokens(text)),
            "context": passage.context + passage.text[: start - passage.start],
        }
    )


def rest_of(passage: Passage, pairs: Sequence[QAPair]) -> list[Passage]:
    """What of a passage is still to be asked after a reply that was cut off.

    That is the text behind the last quote, or two halves when the quotes do not tell how far it came.
    Nothing when the passage is too short to divide.
    """
    reached = max((pair.end for pair in pairs if pair.end is not None), default=passage.start)
    if reached > passage.start and passage.text[reached - passage.start :].strip():
        return [part_of(passage, reached, passage.start + len(passage.text))]
    if passage.tokens < _SMALLEST:
        return []
    halves = split_documents(
        [Document(passage.text, metadata={"source": passage.source, "theme": passage.theme})],
        chunk_size=(passage.tokens + 1) // 2,
        context_tokens=0,
    )
    return [part_of(passage, passage.start + half.start, passage.start + half.end) for half in halves]
