"""What a Japanese question asks for, and its words with one for a group of synonyms."""

from __future__ import annotations

import re
import unicodedata

from qagen.text import COUNTER, GROUPS_JA, KANJI, KATAKANA, KINDS_JA, LIGHT_JA, SAME_COUNTER, SPLIT_JA, is_han
from qagen.text.questions.english import MEASURED

_RUN = re.compile(rf"\d+[a-z]+|[a-z]+\d+|[{KATAKANA}]+|[{KANJI}]+|[a-z][a-z0-9\-]*")


def read_japanese(folded: str) -> tuple[str, set[str]]:
    """The kind of answer that a folded question asks for, and its words; other kanji sign by sign."""
    text = unicodedata.normalize("NFKC", folded)
    asked = "yes" if text.endswith(("か", "の")) else "what"
    kind = next((kind for kind, pattern in KINDS_JA if pattern.search(text)), asked)
    words = {f"#{SAME_COUNTER.get(counter, counter)}" for counter in COUNTER.findall(text)}
    words = words if kind == "count" else set()

    def put(match: re.Match[str]) -> str:
        words.add(GROUPS_JA[int(match.lastgroup[1:])][1] if match.lastgroup else "")
        return " "

    text = LIGHT_JA.sub(" ", SPLIT_JA.sub(put, text))
    for run in _RUN.findall(text):
        words.update(run if is_han(run[0]) else [run])
    if words & MEASURED and kind in {"what", "count"}:
        kind = "measure"
    return kind, words - {""}
