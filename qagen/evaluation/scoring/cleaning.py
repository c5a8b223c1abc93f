"""A reply without what surrounds the answer: a chat template, markdown, a label, the question again."""

from __future__ import annotations

import re
from functools import lru_cache

from qagen.evaluation.scoring.tokens import LONGEST
from qagen.text import HAN, KANA, fold

_THINKING = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_END = re.compile(r"<\|[^|>]{0,40}\|>|</s>|<eos>|<end_of_turn>|\[/?INST\]")
_NEXT_TURN = re.compile(
    r"(?<=\S)\s*\n\s*(?:\**(?:q|question|user|human|usr|質問|問|ユーザー)\**\s*\d*\s*[:：.]|###)",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"\*{1,3}|`{1,3}|~~|^\s*>+ ?|^\s*#{1,6} |^\s*[-*•・]\s+|^\s*\d{1,2}[.)]\s+(?=\S)|_{2,}", re.MULTILINE
)
_LABEL = re.compile(
    r"\A\W{0,3}(?:the )?(?:(?:final|correct|short|right) )?(?:answer|response|output|assistant|a|ans|回答"
    r"|答え?"
    r"|解答|正解|アシスタント)"
    r"(?: is)?\s*(?:[:：]|は、?(?=\S)|(?<=is)\s)\s*",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?(?:answer|b|i|em|strong|p|br)\s*/?>", re.IGNORECASE)
_SENTENCE = re.compile(r"(?:(?!か。)[^?？\n])*(?:か。|[?？\n])?")
_LOOP = re.compile(r"\A(\w.{0,79}?)(?:(?:[,、。.;!]?\s+|[、。])\1(?!\w)){2,}")
_GLUED = re.compile(rf"\A([{KANA}{HAN}]{{4,40}}?)\1+")
_TWICE = re.compile(r"(\d{3})(?:\s+\1)+")  # else read as one number with spaces: 148 148
_OVERLAP = (
    0.8  # of the words of a question: a sentence with more of them, in its order, is the question again
)
_MOST = 20_000  # characters of a reply, thinking included
_FEWEST = 4  # words of a question that can be told from an answer


def cleaned(reply: str) -> str:
    """The reply as a person would read it: without thinking, markup, a label, and turns that follow it."""
    text = _THINKING.sub(" ", reply[:_MOST])
    text = next((piece for piece in _END.split(text) if piece.strip()), "")
    text = _TAG.sub(" ", _NEXT_TURN.split(text.strip(), maxsplit=1)[0])
    text = _MARKUP.sub(" ", text).strip()
    return _once(_LABEL.sub("", text).strip())


def _once(text: str) -> str:
    """A reply that only repeats a word or phrase, at last perhaps cut off, as that phrase: 148 148 148."""
    found = _LOOP.match(text) or _GLUED.match(text) or _TWICE.fullmatch(text)
    rest = text[found.end() :].strip(" \n.,、。;!") if found else ""
    return found[1] if found and found[1].startswith(rest) else text


def without_question(reply: str, question: str) -> str:
    """The reply without the question that it repeats, whole or nearly; ``""`` when nothing else is left."""
    wanted = _folded(question)
    if not wanted:
        return reply
    told = fold(reply)
    if told == wanted or (_is_long(told) and wanted.startswith(told)):
        return ""
    place = reply.casefold().find(question.strip().casefold())
    if place >= 0:
        return f"{reply[:place]} {reply[place + len(question.strip()) :]}".strip(" \n\"'“”「」")
    return "".join(part for part in _SENTENCE.findall(reply) if not _repeats(part, wanted)).strip()


@lru_cache(maxsize=1 << 12)
def _folded(question: str) -> str:
    return " ".join(fold(question).replace("_", " ").split()) if len(question) <= LONGEST else ""


def _is_long(text: str) -> bool:
    """Whether it is too long for an answer that the question happens to begin with."""
    return len(text.split()) > _FEWEST or (not text.isascii() and len(text) > 3 * _FEWEST)


def _repeats(part: str, wanted: str) -> bool:
    """Whether a sentence with a question mark, or a line, is the question in nearly the same words."""
    told = fold(part)
    if not told or not _is_long(told) or not part.rstrip().endswith(("?", "？", "か。")):
        return told == wanted if told else False
    if told in wanted:
        return True
    from rapidfuzz import fuzz

    return fuzz.ratio(told, wanted) >= 100 * _OVERLAP
