"""The facts of the examples as pairs with their places, and the passages that hold them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gold_model import FACTS, read_facts

from qagen import load_documents, split_documents
from qagen.records import Passage, QAPair
from qagen.text.places import locate


@cache
def gold_pairs() -> tuple[tuple[QAPair, Passage], ...]:
    """Every fact as a canonical pair whose id is the fact's, with its passage."""
    documents = {Path(one.metadata["source"]).name: one for one in load_documents(FACTS.parent / "documents")}
    passages = {name: split_documents([one], chunk_size=800) for name, one in documents.items()}
    found = []
    for fact in read_facts():
        place = locate(fact.quote, documents[fact.source].page_content)
        assert place is not None, fact
        start, end = place
        passage = next(one for one in passages[fact.source] if one.start <= start < one.end)
        pair = QAPair(
            id=fact.fact,
            fact=fact.fact,
            question=fact.question,
            answer=fact.answer,
            quote=fact.quote,
            source=fact.source,
            start=start,
            end=end,
            passage=passage.id,
            prompt="gold@1",
            model="gold",
        )
        found.append((pair, passage))
    return tuple(found)
