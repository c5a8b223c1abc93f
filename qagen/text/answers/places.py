"""Answers that are a place, and the same place with the town or country that it lies in."""

from __future__ import annotations

import re

from qagen.text import fold
from qagen.text.answers.japanese import SHORTEST_NAME
from qagen.text.questions import Question

_KIND = "都道府県市区郡町村"  # what a Japanese address is divided by
_LISTS = re.compile(r"[と、・,\s]|および|または")
_WITHIN = re.compile(rf"内|の?[^の]*(?:部|側|郊外|近郊|市街地)|.*(?:[{_KIND}島]|丁目|番地?|号|\d)(?:内)?")
_NO_PLACE = frozenset({"who", "when", "why", "count", "measure", "yes"})
_ASKS_PLACE = re.compile(
    r"^where\b|\b(?:in|at|near|from|to) (?:which|what) \w+(?<!s)\b"
    r"|\b(?:which|what) (?:city|town|village|country|county|state|region|province|district|place|address)\b"
)


def is_place_within(one: str, other: str, question: Question) -> bool:
    """Whether one answer is the place that the other says more exactly: 東京, 東京都千代田区.

    A list has commas too, so English answers are only held to it where a place is asked for.
    """
    short, long = sorted((one, other), key=len)
    if question.japanese:
        return question.kind not in _NO_PLACE and _is_within_in_japanese(fold(short), fold(long))
    if not (question.kind == "where" or _ASKS_PLACE.search(question.folded)):
        return False
    fewer, more = ({fold(part) for part in text.split(",")} - {""} for text in (short, long))
    return bool(fewer) and fewer < more


def _is_within_in_japanese(short: str, long: str) -> bool:
    """Whether the longer address has the shorter one as whole steps of it: not 京都 in 東京都."""
    place = long.find(short)
    if place < 0 or len(short) < SHORTEST_NAME or _LISTS.search(long):
        return False
    before, after = long[:place], long[place + len(short) :]
    if before and before[-1] not in _KIND:
        return False
    if after and short[-1] not in _KIND:
        if after[0] not in _KIND:
            return False
        after = after[1:]
    return bool(before or after) and (not after or _WITHIN.fullmatch(after) is not None)
