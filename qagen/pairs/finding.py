"""Which passage a question is about: one search by words, over a corpus or the passages of a run."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from langchain_core.documents import Document

from qagen.documents import split_documents
from qagen.errors import RunFolderError
from qagen.llm import Ledger
from qagen.pairs.dataset import LEDGER, QADataset
from qagen.records import Passage

TOP = 3
"""Passages that a question is asked with."""

PASSAGE_TOKENS = 200
"""Of a passage that is looked for. Shorter ones are found more surely, and three fit into a small model."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々"
# Letters that are written without spaces between words: kana, han, hangul, Thai and its neighbours.
_UNSPACED = rf"\u3041-\u30ff\u31f0-\u31ff{_HAN}\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f"
_TOKEN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:[.,:]\d+)*")
_BEGINS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_ONE_HAN = re.compile(rf"[{_HAN}]")
_GRAMMAR = re.compile(r"[\u3041-\u309f]+")


def search_tokens(text: str) -> list[str]:
    """What a text is searched by, in lower case: its words, and of scripts without spaces each two letters.

    Of these, two hiragana are left out, being grammar mostly, and single han are added. Over the facts of the
    examples that took Japanese from 87 % to 91 % with the right passage among the first three.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for word in _TOKEN.findall(plain):
        if not _BEGINS_UNSPACED.match(word):
            found.append(word)
            continue
        two = (word[place : place + 2] for place in range(max(1, len(word) - 1)))
        found += [part for part in two if not _GRAMMAR.fullmatch(part)]
        found += _ONE_HAN.findall(word) if len(word) > 1 else []
    return found


class Searcher:
    """Texts that can be searched, by BM25 over their words.

    The formula is that of Lucene (Kamphuis et al. 2020, doi:10.1007/978-3-030-45442-5_4), with its k1 and b.

    Args:
        texts: What is searched; there may be none.
    """

    K1, B = 1.5, 0.75

    def __init__(self, texts: Iterable[str]) -> None:
        counts = [Counter(search_tokens(text)) for text in texts]
        self._texts = len(counts)
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, counted in enumerate(counts):
            for token in counted:
                places[token].append(place)
        lengths = np.array([counted.total() for counted in counts], dtype=float)
        mean = lengths.mean() if lengths.any() else 1.0
        damping = self.K1 * (1 - self.B + self.B * lengths / mean)
        self._weights: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = {}
        for token, held in places.items():
            where = np.array(held, dtype=np.int32)
            often = np.array([counts[place][token] for place in held], dtype=float)
            rarity = np.float32(log(1 + (self._texts - len(held) + 0.5) / (len(held) + 0.5)))
            weights = float(rarity) * (often / (damping[where] + often))
            self._weights[token] = where, weights.astype(np.float32)

    def search(self, question: str, *, top: int = TOP) -> list[int]:
        """The places of the texts that share the rarest words with a question, the best first.

        None if none does; of equals the first.
        """
        scores = np.zeros(self._texts, dtype=np.float32)
        for token in search_tokens(question):
            if token in self._weights:
                where, weights = self._weights[token]
                scores[where] += weights
        order = np.argsort(-scores, kind="stable")[:top]
        return [int(place) for place in order if scores[place] > 0]


class PassageIndex:
    """Passages that can be searched by the words of their title, section and text.

    Args:
        passages: What is searched; it may be empty.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(passages)
        self._searcher = Searcher(" ".join([one.theme, *one.section, one.text]) for one in self.passages)

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> PassageIndex:
        """The index of documents: their texts by their sources, cut into passages of about 200 tokens."""
        documents = [Document(text, metadata={"source": source}) for source, text in texts.items()]
        return cls(split_documents(documents, chunk_size=PASSAGE_TOKENS, context_tokens=0))

    def search(self, question: str, *, top: int = TOP) -> list[Passage]:
        """The passages that share the rarest words with a question, the best first; none if none does."""
        return [self.passages[place] for place in self._searcher.search(question, top=top)]


def passage_about(run: Path, question: str) -> tuple[str, str]:
    """The passage of a run that a question is most likely about: its id and its text.

    Looks through the passages that pairs were kept of, their text and questions.

    Args:
        run: The run folder.
        question: In the language of the documents.

    Raises:
        RunFolderError: The folder holds no pairs, or the texts are not in its ledger.
    """
    pairs = QADataset.load(run)
    asked: dict[str, list[str]] = {}
    for pair in pairs:
        asked.setdefault(pair.passage, []).append(pair.question)
    with Ledger(run / LEDGER) as ledger:
        sources = {pair.source: ledger.document(pair.source) for pair in pairs}
    texts = {name: text for name in asked if (text := _text_of_passage(name, sources))}
    if not texts:
        raise RunFolderError(
            f"{run} holds no passages: write pairs first, with `qagen generate SOURCE -o {quote(str(run))}`."
        )
    searcher = Searcher(" ".join([text, *asked[name]]) for name, text in texts.items())
    [best] = searcher.search(question, top=1) or [0]
    return list(texts.items())[best]


def _text_of_passage(name: str, sources: Mapping[str, str | None]) -> str:
    source, _, place = name.rpartition("#")
    start, _, end = place.partition("-")
    text = sources.get(source)
    return text[int(start) : int(end)] if text and start.isdigit() and end.isdigit() else ""
