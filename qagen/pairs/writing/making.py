"""How a pair comes to be: its id, and where its quote stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from qagen.pairs.writing.eaten import PassageSpelling, without_controls
from qagen.records import Passage, QAPair
from qagen.text import locate


def make_pair(
    passage: Passage,
    *,
    question: str,
    answer: str,
    quote: str,
    prompt: str,
    model: str,
    language: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> QAPair:
    """A canonical pair about a passage; its id is a hash of the passage's id, the question and the answer.

    ``start`` and ``end`` are ``None`` when the quote does not stand in the passage. Backslashes that the
    escapes of JSON ate come back from there, and no control character is left.
    """
    spelling = PassageSpelling.of(passage)
    question, answer, quote = (without_controls(spelling.mended(text)) for text in (question, answer, quote))
    place = locate(quote, passage.text)
    start, end = (passage.start + place[0], passage.start + place[1]) if place else (None, None)
    identity = json.dumps([passage.id, question, answer])
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return QAPair(
        id=digest,
        question=question,
        answer=answer,
        quote=quote,
        source=passage.source,
        start=start,
        end=end,
        passage=passage.id,
        language=language,
        fact=digest,
        prompt=prompt,
        model=model,
        extra={**({"metadata": json.loads(passage.metadata)} if passage.metadata else {}), **(extra or {})},
    )
