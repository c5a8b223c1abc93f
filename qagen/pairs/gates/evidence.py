"""Whether a pair is borne out by its passage: its quote stands there, its numbers and names too."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from qagen.pairs.gates.glued_words import glued_word
from qagen.pairs.gates.merged_facts import merged_sentences
from qagen.pairs.gates.problems import Problem
from qagen.records import Passage, QAPair
from qagen.text import CJK, MONTH, Reading, find_answer, find_quote
from qagen.text.numerals import forms_of_share, numbers
from qagen.text.passages import sentence_with
from qagen.text.questions import read_question

_WIDER = 3  # a Japanese or Chinese text takes up to three times as many characters in a Latin script
_ROOM = 40  # characters that an answer may be longer than a very short passage
_HALF_DAY = re.compile(r"\b[ap]\.?m\b|午[前後]|\b(?:afternoon|evening|morning|night)\b", re.IGNORECASE)
_DATE_IN_DIGITS = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_ONCE = re.compile(r"\bonce\b", re.IGNORECASE)
_ONE_JA = re.compile("[一ひ唯]")
_ASKED_ONE = re.compile(r"\b(?:1|one)[ -]((?:[^\W\d_][\w'-]*[ -])*[^\W\d_][\w'-]*)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{3,}")
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
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}\b\.?,?(?: \d{{4}}\b)?"
    rf"|\b{MONTH}\b\.?(?: \d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,? \d{{4}}\b)?"
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
# numbers() leaves out the pronoun.
_SAID_ONE = re.compile(r"\b(?:one|first|1st|1)\b(?![.,]\d)", re.IGNORECASE)
_COUNTS_FIRST = re.compile("第|初|[回番位度代号勝次]")
_COUNTING = frozenset(
    ("how", "many", "much", "number", "the", "doe", "did", "was", "wa", "were", "have", "had", "there", "are",
     "this", "that", "with", "and", "for", "which", "what")
)  # fmt: skip


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
    source = _Source.of(passage)
    claim = _Claim(pair, source)
    if claim.is_too_long():
        detail = f"the answer has {len(pair.answer)} characters, the passage {len(passage.text)}"
        return pair, Problem("answer_too_long", detail)
    quote = pair.quote if pair.quote.strip() else sentence_with(pair.question, pair.answer, passage)
    if not quote:
        return pair, Problem("no_quote", "the pair has no quote, and no sentence of the text has its answer")
    place = find_quote(quote, passage.text)
    if place is None:
        return pair.model_copy(update={"start": None, "end": None}), source.lacks(quote)
    start, end = place
    exact = pair.model_copy(
        update={"quote": passage.text[start:end], "start": passage.start + start, "end": passage.start + end}
    )
    return exact, claim.garbled(place) or claim.unsupported()


@dataclass(frozen=True)
class _Source:
    """A passage as what a pair is held against; what several pairs need is read once."""

    passage: Passage

    @staticmethod
    @lru_cache(maxsize=64)
    def of(passage: Passage) -> _Source:
        return _Source(passage)

    @cached_property
    def text(self) -> Reading:
        return Reading.of(self.passage.text)

    @cached_property
    def whole(self) -> Reading:
        """Its text with all that stands around it."""
        return Reading.of(f"{self.passage.text}\n{self.around}")

    @cached_property
    def around(self) -> str:
        """Its context, theme and sections: what may name, but not say how many."""
        return "\n".join((self.passage.context, self.passage.theme, *self.passage.section))

    @cached_property
    def spelled(self) -> str:
        """Its text after NFKC."""
        return unicodedata.normalize("NFKC", self.passage.text)

    @cached_property
    def labels_around(self) -> frozenset[str]:
        """The numbers of dates and names that stand in the context, the sections or the theme."""
        return _labels(self.around)

    @cached_property
    def months(self) -> frozenset[str]:
        """The months it names; none if it has dates in digits only, which are not read as months."""
        return frozenset() if _DATE_IN_DIGITS.search(self.whole.text) else self.whole.months

    @cached_property
    def parts_of_times(self) -> frozenset[str]:
        """Hours, minutes and seconds of the times in its text."""
        times = (number for number in self.text.numbers if ":" in number)
        return frozenset(part.lstrip("0") or "0" for time in times for part in re.split(r"[:.]", time))

    def lacks(self, quote: str) -> Problem:
        """What to say of a quote that does not stand in the text."""
        shown = quote if len(quote) <= 80 else f"{quote[:77]}..."  # noqa: PLR2004 - a line
        if find_quote(quote, self.around):
            detail = f"the quote {shown!r} stands only in what precedes the passage"
            return Problem("quote_from_context", detail)
        return Problem("quote_not_found", f"the quote {shown!r} does not stand in the passage")


@dataclass(frozen=True)
class _Claim:
    """A pair beside its source."""

    pair: QAPair
    source: _Source

    def is_too_long(self) -> bool:
        """Whether the answer is longer than the whole passage."""
        answer, text = self.pair.answer, self.source.text
        wide = text.eastern * 3 > len(text.text) and not CJK.search(answer)
        return len(answer.strip()) > max(len(text.text.strip()) * (_WIDER if wide else 1), _ROOM)

    def garbled(self, quote: tuple[int, int]) -> Problem | None:
        """Words that were run together, or facts."""
        pair, passage = self.pair, self.source.passage
        glued = glued_word(f"{pair.question}\n{pair.answer}", self.source.whole.text)
        if glued:
            return Problem("glued_words", f"{glued!r} is several words of the passage without spaces")
        merged = merged_sentences(pair.question, quote, passage)
        return Problem("merged_facts", f"two facts in one question: {merged}") if merged else None

    def unsupported(self) -> Problem | None:
        """A month, number or name of the answer that the source does not have."""
        if self.pair.answer in self.source.passage.text and find_answer(
            self.pair.answer, self.source.passage.text
        ):
            return None  # word for word: whatever numbers and names it has stand there
        source, answer = self.source, Reading.of(self.pair.answer)
        strange = answer.months - source.months
        if strange and source.months:
            detail = f"the answer names month {min(strange)}, the passage does not"
            return Problem("number_not_in_source", detail)
        for number in sorted(answer.numbers):
            if not (self.has_number(number) or self.is_label(number)):
                detail = f"the answer says {number}, the passage does not"
                return Problem("number_not_in_source", detail)
        if self.is_translated():
            return None
        for name in sorted(answer.names):
            if (source.whole.eastern or not CJK.search(name)) and not source.whole.has_name(name):
                return Problem("name_not_in_source", f"the answer names {name!r}, the passage does not")
        return None

    def is_translated(self) -> bool:
        """Whether it is in another script than its source, so that their names cannot be compared."""
        question, whole = Reading.of(self.pair.question), self.source.whole
        if whole.eastern * 3 > whole.latin:
            return not question.eastern and question.latin > 0
        return question.eastern * 3 > question.latin

    def is_label(self, number: str) -> bool:
        """Whether a number is that of a date or a name, in the answer and around the passage's text."""
        if number not in self.source.labels_around or number not in _labels(self.pair.answer):
            return False
        counted = read_question(self.pair.question).kind in {"count", "measure"}
        return not (counted and Reading.of(self.pair.answer).numbers == {number})

    def has_number(self, number: str) -> bool:
        """Whether the text has a number, be it a part of a time or in another form."""
        known = self.source.text.numbers
        if number in known:
            return True
        if number == "1":
            return self.has_one()
        if ":" in number:
            return self.has_time(number)
        if number.endswith("s"):
            return any(one.endswith(number) or number.endswith(one) for one in known if one.endswith("s"))
        if number in self.source.parts_of_times or self.has_share(number):
            return True
        return "." in number and number.replace(".", ",") in self.source.spelled

    def has_share(self, number: str) -> bool:
        """Whether a number is that of a share of a whole which the text names in another notation."""
        told = Reading.of(self.pair.answer).shares & self.source.text.shares
        return any(number in forms_of_share(one) for one in told)

    def has_one(self) -> bool:
        """Whether the text has one of what is counted, without a number: *a window*, *the only window*.

        What is counted is said by the answer (*1 window*), or else by the question.
        """
        pair, text = self.pair, self.source.spelled
        if CJK.search(text):
            counts_first = "初" in text and _COUNTS_FIRST.search(pair.answer) is not None
            return counts_first or _ONE_JA.search(text) is not None
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

    def has_time(self, number: str) -> bool:
        """Whether a time stands there with other marks (6 min 2 s), or on the other clock (3 pm, 15:00)."""
        text = self.source.spelled
        pattern = r"\D{1,14}0*".join(part.lstrip("0") or "0" for part in re.split(r"[:.]", number))
        if re.search(rf"(?<!\d)0*{pattern}(?!\d)", text):
            return True
        hour, rest = number.split(":", 1)
        other = f"{(int(hour) + 12) % 24}:{rest}"
        late = int(hour) >= 12  # noqa: PLR2004 - noon
        marked = _HALF_DAY.search(text if late else self.pair.answer)
        return other in self.source.text.numbers and not marked


def _labels(text: str) -> frozenset[str]:
    """The numbers of a text that are no quantities: of dates, years, editions and names."""
    plain = unicodedata.normalize("NFKC", text)
    return numbers("; ".join(match[0] for match in _LABEL.finditer(plain)))
