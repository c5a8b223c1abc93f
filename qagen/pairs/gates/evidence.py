"""Whether a pair is borne out by its passage: its quote stands there, its numbers and names too."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from qagen.pairs.gates.glued_words import glued_word
from qagen.pairs.gates.merged_facts import merged_sentences
from qagen.pairs.gates.problems import Problem
from qagen.records import Passage, QAPair
from qagen.text.numerals.named_months import months
from qagen.text.numerals.reader import numbers
from qagen.text.passages.passage import sentence_with
from qagen.text.places import find_quote
from qagen.text.proper_names.reader import names
from qagen.text.proper_names.told import has_name
from qagen.text.questions.question import read_question
from qagen.text.scripts import CJK

_WIDER = 3  # a Japanese or Chinese text takes up to three times as many characters in a Latin script
_ROOM = 40  # characters that an answer may be longer than a very short passage
_LATIN = re.compile(r"[A-Za-zÀ-ž]")
_HALF_DAY = re.compile(r"\b[ap]\.?m\b|午[前後]|\b(?:afternoon|evening|morning|night)\b", re.IGNORECASE)
_DATE_IN_DIGITS = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_ONCE = re.compile(r"\bonce\b", re.IGNORECASE)
_ONE_JA = re.compile("[一ひ唯]")
_ASKED_ONE = re.compile(r"\b(?:1|one)[ -]((?:[^\W\d_][\w'-]*[ -])*[^\W\d_][\w'-]*)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{3,}")
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NO_UNIT = (
    "was|is|has|its|his|this|across|series|olympics|games|elections|championships|races|finals|semi-finals"
)
_UNIT = (
    rf"(?:[a-z-]+ )?(?!(?:{_NO_UNIT})\b)[a-z]+[^s\W]s"
    "|(?:[a-z-]+ )?(?:people|men|women|children|feet|sheep|fish)"
    "|percent|per|[ckm]?m|[km]?g|t|ha|hp|[km]?w|kwh|litres?|yen"
)
_COUNT = rf"(?!\d|[.,:]\d|[人個本m%円]| ?(?:{_UNIT})\b| ?%)"
_OPENER = (
    "In|On|At|By|From|For|Since|Until|After|Before|About|Around|Over|Under|Nearly|Some|Only|All|The|Of|And"
)
# What is no quantity: dates, years, editions, names with a number.
_LABEL = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b\.?,?(?: \d{{4}}\b)?"
    rf"|\b{_MONTH}\b\.?(?: \d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,? \d{{4}}\b)?"
    r"|\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b"
    r"|(?:明治|大正|昭和|平成|令和)(?:元|[\d〇一二三四五六七八九十]{1,4})年"
    r"|(?:西暦)?(?:\d{3,4}|[一二]?千?[〇一二三四五六七八九百十]{3,7})年(?!間|連続|目|生|分)(?:\d{1,2}月)?(?:\d{1,2}日)?"
    r"|\d{1,2}月(?:\d{1,2}日)?|[一二三四五六七八九十]{1,2}月(?:[一二三四五六七八九十]{1,3}日)?"
    r"|第[\d〇一二三四五六七八九十百]{1,6}(?:回|代|号|次|期|節|戦|レグ|章|条|巻)"
    rf"|\b(?-i:(?!(?:{_OPENER})\b)[A-Z])[\w-]{{0,30}} (?:no\.? ?)?\d{{1,4}}[a-z]?\b{_COUNT}"
    r"|\b\d+(?:st|nd|rd|th)\b"
    rf"|(?<![\w.,$€£¥])(?:1\d{{3}}|20\d\d|2100){_COUNT}(?:[-–/]\d{{2,4}}|s\b)?",
    re.IGNORECASE,
)


def check_evidence(pair: QAPair, passage: Passage) -> tuple[QAPair, Problem | None]:
    """The pair with its exact quote and offsets, and what is wrong with its evidence, if anything.

    The quote is looked for in the passage's text: exactly, after NFKC and white-space folding, without
    quotation marks around it or in its parts around an ellipsis, and at last by close alignment
    (:data:`CLOSE`); an alignment that changes a number does not count. What is found replaces the pair's
    quote, character by character as the document has it; ``start`` and ``end`` are places in the document.

    A pair without a quote, as a user's schema may give them, gets the sentence that has its answer and most
    words of its question, if there is one.

    Then every number of the answer must stand in the passage's text, and a 1 may be *a window* there. Since
    answers name in full what the text only calls "he" or "the final", years, dates, editions and numbers of
    names (*Race 2*) may also stand in its context, section or theme, and so may every name; a quantity may
    not. Names are not compared across scripts.

    At last neither question nor answer may run words together
    (:func:`qagen.pairs.gates.glued_words.glued_word`), and the question may not take the years of two
    sentences (:func:`qagen.pairs.gates.merged_facts.merged_sentences`).

    Returns:
        The pair and a problem: ``answer_too_long``, ``no_quote``, ``quote_from_context``,
        ``quote_not_found``, ``number_not_in_source``, ``name_not_in_source``, ``glued_words``,
        ``merged_facts``, or ``None``.
    """
    if _is_too_long(pair.answer, passage.text):
        detail = f"the answer has {len(pair.answer)} characters, the passage {len(passage.text)}"
        return pair, Problem("answer_too_long", detail)
    quote = pair.quote if pair.quote.strip() else sentence_with(pair.question, pair.answer, passage)
    if not quote:
        return pair, Problem("no_quote", "the pair has no quote, and no sentence of the text has its answer")
    place = find_quote(quote, passage.text)
    if place is None:
        return pair.model_copy(update={"start": None, "end": None}), _lost(quote, passage)
    start, end = place
    exact = pair.model_copy(
        update={
            "quote": passage.text[start:end],
            "start": passage.start + start,
            "end": passage.start + end,
        }
    )
    return exact, _garbled(pair, (start, end), passage) or _unsupported(pair, passage)


def _lost(quote: str, passage: Passage) -> Problem:
    around = "\n".join((passage.context, passage.theme, *passage.section))
    shown = quote if len(quote) <= 80 else f"{quote[:77]}..."  # noqa: PLR2004 - a line
    if find_quote(quote, around):
        return Problem("quote_from_context", f"the quote {shown!r} stands only in what precedes the passage")
    return Problem("quote_not_found", f"the quote {shown!r} does not stand in the passage")


def _is_too_long(answer: str, text: str) -> bool:
    wide = len(CJK.findall(text)) * 3 > len(text) and not CJK.search(answer)
    return len(answer.strip()) > max(len(text.strip()) * (_WIDER if wide else 1), _ROOM)


def _garbled(pair: QAPair, quote: tuple[int, int], passage: Passage) -> Problem | None:
    glued = glued_word(f"{pair.question}\n{pair.answer}", _source(passage))
    if glued:
        return Problem("glued_words", f"{glued!r} is several words of the passage without spaces")
    merged = merged_sentences(pair.question, quote, passage)
    return Problem("merged_facts", f"two facts in one question: {merged}") if merged else None


# --- numbers and names -----------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _source(passage: Passage) -> str:
    return "\n".join((passage.text, passage.context, passage.theme, *passage.section))


@lru_cache(maxsize=64)
def _text_numbers(passage: Passage) -> frozenset[str]:
    return numbers(passage.text)


@lru_cache(maxsize=64)
def _labels_around(passage: Passage) -> frozenset[str]:
    """The numbers of dates and names that stand in the context, the sections or the theme."""
    around = "\n".join((passage.context, passage.theme, *passage.section))
    return _labels(around)


def _labels(text: str) -> frozenset[str]:
    """The numbers of a text that are no quantities: of dates, years, editions and names."""
    plain = unicodedata.normalize("NFKC", text)
    return numbers("; ".join(match[0] for match in _LABEL.finditer(plain)))


@lru_cache(maxsize=64)
def _source_months(passage: Passage) -> frozenset[str]:
    """The months of a source; none if it has dates in digits only, which are not read as months."""
    source = _source(passage)
    return frozenset() if _DATE_IN_DIGITS.search(source) else months(source)


def _unsupported(pair: QAPair, passage: Passage) -> Problem | None:
    answer = pair.answer
    strange = months(answer) - _source_months(passage)
    if strange and _source_months(passage):
        return Problem("number_not_in_source", f"the answer names month {min(strange)}, the passage does not")
    for number in sorted(numbers(answer)):
        if not (_has_number(number, pair, passage) or _is_label(number, pair, passage)):
            return Problem("number_not_in_source", f"the answer says {number}, the passage does not")
    source = _source(passage)
    if _is_translated(pair.question, source):
        return None
    for name in sorted(names(answer)):
        if (CJK.search(source) or not CJK.search(name)) and not has_name(source, name):
            return Problem("name_not_in_source", f"the answer names {name!r}, the passage does not")
    return None


def _is_translated(question: str, source: str) -> bool:
    """Whether a pair is in another script than its source, so that their names cannot be compared."""
    dense, latin = len(CJK.findall(source)), len(_LATIN.findall(source))
    if dense * 3 > latin:
        return not CJK.search(question) and _LATIN.search(question) is not None
    return len(CJK.findall(question)) * 3 > len(_LATIN.findall(question))


def _is_label(number: str, pair: QAPair, passage: Passage) -> bool:
    """Whether a number is that of a date or a name, in the answer and around the passage's text."""
    if number not in _labels_around(passage) or number not in _labels(pair.answer):
        return False
    counted = read_question(pair.question).kind in {"count", "measure"}
    return not (counted and numbers(pair.answer) == {number})


def _has_number(number: str, pair: QAPair, passage: Passage) -> bool:
    known = _text_numbers(passage)
    if number in known:
        return True
    text = unicodedata.normalize("NFKC", passage.text)
    if number == "1":
        return _has_one(pair, text)
    if ":" in number:
        return _has_time(number, pair.answer, text, known)
    if number.endswith("s"):
        return any(one.endswith(number) or number.endswith(one) for one in known if one.endswith("s"))
    parts = {part.lstrip("0") or "0" for one in known if ":" in one for part in re.split(r"[:.]", one)}
    return number in parts or ("." in number and number.replace(".", ",") in text)


def _has_one(pair: QAPair, text: str) -> bool:
    """Whether a text has one of what an answer counts, without a number: *a window*, *the only window*.

    What is counted is said by the answer (*1 window*), or else by the question.
    """
    if CJK.search(text):
        return _ONE_JA.search(text) is not None or (
            "初" in text and _COUNTS_FIRST.search(pair.answer) is not None
        )
    if _ONCE.search(text) and re.search(r"\b(?:times?|once|often)\b", f"{pair.question} {pair.answer}"):
        return True
    if _SAID_ONE.search(text):
        return True
    counted = _ASKED_ONE.search(pair.answer)
    words = _WORD.findall((counted[1] if counted else pair.question).casefold())
    stems = {re.escape(word.removesuffix("s")) for word in words} - _COUNTING
    nouns = "|".join(sorted(stems))
    one = rf"\b(?:an?|single|only|sole|lone|another)(?: [\w'-]+){{0,3}}? (?:{nouns})\b"
    return bool(nouns) and re.search(one, " ".join(text.split()), re.IGNORECASE) is not None


_SAID_ONE = re.compile(
    r"\b(?:one|first|1st|1)\b(?![.,]\d)", re.IGNORECASE
)  # numbers() leaves out the pronoun
_COUNTS_FIRST = re.compile("第|初|[回番位度代号勝次]")
_COUNTING = frozenset(
    ("how", "many", "much", "number", "the", "doe", "did", "was", "wa", "were", "have", "had", "there", "are",
     "this", "that", "with", "and", "for", "which", "what")
)  # fmt: skip


def _has_time(number: str, answer: str, source: str, known: frozenset[str]) -> bool:
    """Whether a time stands there with other marks (6 min 2 s), or on the other clock (3 pm for 15:00)."""
    pattern = r"\D{1,14}0*".join(part.lstrip("0") or "0" for part in re.split(r"[:.]", number))
    if re.search(rf"(?<!\d)0*{pattern}(?!\d)", source):
        return True
    hour, rest = number.split(":", 1)
    other = f"{(int(hour) + 12) % 24}:{rest}"
    late = int(hour) >= 12  # noqa: PLR2004 - noon
    marked = _HALF_DAY.search(source if late else answer)
    return other in known and not marked
