"""Which passage of a run a question is about."""

from __future__ import annotations

from collections import Counter
from math import log
from pathlib import Path
from shlex import quote

from qagen.errors import RunFolderError
from qagen.llm.ledger import Ledger
from qagen.pairs.dataset import LEDGER, QADataset
from qagen.text.folding import fold

_LENGTH = 3  # characters: a word's parts, and in Japanese and Chinese about a word


def passage_about(run: Path, question: str) -> tuple[str, str]:
    """The passage that shares the rarest character triples with a question: its id and its text.

    Looks through the passages that pairs were kept of, their text and questions.

    Args:
        run: The run folder.
        question: In the language of the documents.

    Raises:
        RunFolderError: The folder holds no pairs, or the texts are not in its ledger.
    """
    pairs = QADataset.load(run)
    words: dict[str, list[str]] = {}
    for pair in pairs:
        words.setdefault(pair.passage, []).append(pair.question)
    with Ledger(run / LEDGER) as ledger:
        sources = {pair.source: ledger.document(pair.source) for pair in pairs}
    texts = {name: _text(name, sources) for name in words}
    known = {name: _triples(" ".join([text, *words[name]])) for name, text in texts.items() if text}
    if not known:
        raise RunFolderError(
            f"{run} holds no passages: write pairs first, with `qagen generate SOURCE -o {quote(str(run))}`."
        )
    found = Counter(triple for triples in known.values() for triple in triples)
    asked = _triples(question)

    def weight(name: str) -> float:
        return sum(log(1 + len(known) / found[triple]) for triple in sorted(asked & known[name]))

    best = max(known, key=weight)
    return best, texts[best]


def _text(name: str, sources: dict[str, str | None]) -> str:
    source, _, place = name.rpartition("#")
    start, _, end = place.partition("-")
    text = sources.get(source)
    return text[int(start) : int(end)] if text and start.isdigit() and end.isdigit() else ""


def _triples(text: str) -> set[str]:
    plain = fold(text)
    return {plain[place : place + _LENGTH] for place in range(len(plain) - _LENGTH + 1)}
