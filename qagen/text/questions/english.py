"""What an English question asks for, and its words with one for a group of synonyms."""

from __future__ import annotations

import re
from functools import lru_cache

from qagen.text import EVENT_MONTHS, EVENTS_EN, KINDS_EN, LIGHT, ORDINALS, PHRASES, STEM, SYNONYMS, word_set

STEMMED, PLURAL = 5, 3
"""Words longer than this lose an ending, or the s of a plural."""
MEASURED = word_set("long deep high wide area weigh old fast far population cost duration time")
"""Words of a question that asks how much of something there is."""
_TOKEN = re.compile(r"[^\W\d_][\w\-]*|\d+[^\W\d_][\w\-]*")


def read_english(folded: str) -> tuple[str, set[str]]:
    """The kind of answer that a folded question asks for, and its words with a meaning."""
    text = folded
    for trigger, pattern, put in PHRASES:
        if trigger in text:
            text = pattern.sub(put, text)
    tokens = _TOKEN.findall(text)
    kind = next((KINDS_EN[token] for token in tokens if token in KINDS_EN), "")
    if not kind and "how" in tokens:
        kind = "count" if re.search(r"\bhow (?:many|often)\b", text) else "how"
    if not kind:
        kind = "what" if {"what", "which"} & set(tokens) else "yes"
    words = {canonical_word(token) for token in tokens if token not in LIGHT}
    if words & MEASURED and kind in {"what", "how", "count"}:
        kind = "measure"
    return kind, words - {""}


@lru_cache(maxsize=1 << 15)
def canonical_word(word: str) -> str:
    """The word that stands for a group of synonyms and forms; an event word begins with "=".

    Ordinals are ``""``: they are numbers.
    """
    if re.fullmatch(r"\d+(?:st|nd|rd|th)", word) or word in ORDINALS:
        return ""
    if word in EVENT_MONTHS:
        return EVENT_MONTHS[word]
    put = word if word in EVENTS_EN else SYNONYMS.get(word)
    if put is None:
        stem = _stem(word)
        put = SYNONYMS.get(stem, stem)
    return f"={put}" if put in EVENTS_EN else put


def _stem(word: str) -> str:
    if len(word) > STEMMED:
        return STEM.sub("", word)
    return word.removesuffix("s") if len(word) > PLURAL else word
