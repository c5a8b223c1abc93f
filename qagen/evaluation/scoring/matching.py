"""Where an expected answer stands in a reply, as words of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from qagen.evaluation.scoring.asked import Asked
from qagen.evaluation.scoring.same_tokens import date_parts, same_token
from qagen.evaluation.scoring.tokens import ANY_COUNTER, ARTICLES, LIGHT, WEEKDAYS, Reading, Token, read
from qagen.evaluation.scoring.wholeness import Span, is_whole


@lru_cache(maxsize=1 << 14)
def content_of(answer: str) -> tuple[Token, ...]:
    """The tokens of an answer that count: no light words, no day of the week beside a date."""
    return content(read(bare(answer)).words)


def content(words: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens that count: no light words, no day of the week beside a date."""
    dated = any(token.kind == "date" and token.values[2] for token in words)
    kept = tuple(word for word in words if word.text not in LIGHT and not (dated and word.text in WEEKDAYS))
    return kept or tuple(word for word in words if word.text not in ARTICLES) or tuple(words)


_ENDING = re.compile(
    r"(?:(?:のこと)?(?:です|でした|である|であった|だった|だ|になります|となります|と(?:なり|い)ます"
    r"|で(?:ござい|す)ます)(?:よ|ね)?)[。．.！!\s]*\Z"
)


def bare(text: str) -> str:
    """A text without a polite ending: 1912年 of 1912年です."""
    return _ENDING.sub("", text)


def is_exact(answer: str, reply: str) -> bool:
    """Whether a reply is the answer and nothing else, in any notation."""
    wanted, told = content_of(answer), content_of(reply)
    if len(wanted) != len(told) or _is_cut(answer, reply) or _other_weekday(answer, read(reply).tokens):
        return False
    pairs = zip(wanted, told, strict=True)
    return all(one.text == other.text or _exactly(one, other) for one, other in pairs) and bool(wanted)


def _is_cut(answer: str, reply: str) -> bool:
    """Whether a reply stops in the middle of a sentence: Tilda Vance, the."""
    ends = [read(text).tokens[-1:] for text in (answer, reply)]
    last = ends[1][0].text if ends[1] else ""
    return last in LIGHT and (not ends[0] or ends[0][0].text != last)


def _other_weekday(answer: str, told: Sequence[Token]) -> bool:
    wanted = {token.text for token in read(answer).words} & WEEKDAYS
    said = {token.text for token in told} & WEEKDAYS
    return bool(wanted and said) and not wanted & said


def _exactly(one: Token, other: Token) -> bool:
    if one.kind == "date" or other.kind == "date":
        return date_parts(one) == date_parts(other) is not None
    if one.kind != other.kind or one.values[:1] != other.values[:1] or not one.typed:
        return False
    return one.values == other.values and (one.unit == other.unit or ANY_COUNTER in {one.unit, other.unit})


def spans_of(answer: str, reading: Reading, asked: Asked, *, among: Sequence[str] = ()) -> list[Span]:
    """Where an answer stands in a reading; not where it is part of another word, number or name.

    ``among`` are all forms of the answer: a bare number has the unit of another form, and a single word of a
    longer name is not part of another name.
    """
    wanted = _with_unit(content_of(answer), among)
    if not wanted:
        return []
    found: list[Span] = []
    for kept in _shortened(wanted, asked):
        if all(token.typed for token in kept):
            found = [*_values_in(kept, reading.tokens, asked)]
        else:
            found = [*_words_in(kept, reading.tokens, asked)]
        part = len(wanted) == 1 and any(_is_part_of_name(wanted[0], other) for other in among)
        found = [
            span
            for span in found
            if is_whole(span, reading, asked, wanted, part=part)
            and not _other_weekday(answer, reading.tokens[max(0, span[0] - 2) : span[1] + 2])
        ]
        if found:
            break
    return found or _inverted(wanted, reading, asked)


def _inverted(wanted: tuple[Token, ...], reading: Reading, asked: Asked) -> list[Span]:
    """A name as an index has it: Vance, Tilda."""
    if len(wanted) != 2 or not all(token.kind == "word" and token.large for token in wanted):  # noqa: PLR2004
        return []
    spans = _words_in(wanted[::-1], reading.tokens, asked)
    return [span for span in spans if reading.tokens[span[0] + 1].text == ","]


def _with_unit(wanted: tuple[Token, ...], among: Sequence[str]) -> tuple[Token, ...]:
    if len(wanted) != 1 or wanted[0].kind != "number" or wanted[0].unit:
        return wanted
    forms = (content_of(other) for other in among)
    units = {form[0].unit for form in forms if len(form) == 1 and form[0].values == wanted[0].values} - {""}
    return (replace(wanted[0], unit=units.pop()),) if len(units) == 1 else wanted


def _is_part_of_name(word: Token, other: str) -> bool:
    name = content_of(other)
    return word.large and len(name) > 1 and word.text == name[-1].text and all(one.large for one in name)


def _shortened(wanted: tuple[Token, ...], asked: Asked) -> Iterator[tuple[Token, ...]]:
    """The answer, and without the words that the question already says: metres, the side, the clubs."""
    yield wanted
    latin = all(token.kind != "sign" for token in wanted)
    news = tuple(token for token in wanted if not (token.kind == "word" and asked.says(token)))
    if latin and 0 < len(news) < len(wanted) and (news[0].kind == "word" or news[0].typed):
        yield news
    nouns = all(token.kind == "word" and not token.large for token in wanted[1:])
    if wanted[0].kind == "number" and asked.counts and len(wanted) > 1 and nouns:
        yield wanted[:1]
    signs = wanted[1:]
    if wanted[0].kind == "number" and 0 < len(signs) < 3 and all(token.kind == "sign" for token in signs):  # noqa: PLR2004
        counter = "".join(token.text for token in signs)
        yield (replace(wanted[0], unit=wanted[0].unit or counter),)


def _values_in(wanted: tuple[Token, ...], tokens: Sequence[Token], asked: Asked) -> Iterator[Span]:
    """Numbers, dates and times in any order, within one sentence."""
    for start, end in sentences(tokens):
        if len(wanted) == 1:
            yield from (
                (place, place + 1)
                for place in range(start, end)
                if same_token(wanted[0], tokens[place], asked)
            )
            continue
        places = [
            next((place for place in range(start, end) if same_token(token, tokens[place], asked)), None)
            for token in wanted
        ]
        known = [place for place in places if place is not None]
        if len(known) == len(wanted):
            yield min(known), max(known) + 1


def _words_in(wanted: tuple[Token, ...], tokens: Sequence[Token], asked: Asked) -> Iterator[Span]:
    first = wanted[0]
    for start, token in enumerate(tokens):
        if same_token(first, token, asked):
            end = _run_on(wanted, tokens, start, asked)
            if end:
                yield start, end


def _run_on(wanted: tuple[Token, ...], tokens: Sequence[Token], start: int, asked: Asked) -> int:
    """The place after the answer that begins here; 0 when it does not go on."""
    place = start + 1
    for want in wanted[1:]:
        while place < len(tokens) and not same_token(want, tokens[place], asked):
            if not _may_stand_between(tokens[place], want):
                return 0
            place += 1
        if place >= len(tokens):
            return 0
        place += 1
    return place


def _may_stand_between(token: Token, want: Token) -> bool:
    initial = token.large and len(token.text) == 1
    return (
        token.text in LIGHT
        or token.text in {",", "(", ")"}
        or (initial and want.kind == "word")
        or token.text in WEEKDAYS
    )


def sentences(tokens: Sequence[Token]) -> Iterator[Span]:
    """The sentences, as the first token and the one after the last, without their marks."""
    start = 0
    for place, token in enumerate(tokens):
        if token.kind == "mark" and token.text in {".", "?", "\n"}:
            if place > start:
                yield start, place
            start = place + 1
    if start < len(tokens):
        yield start, len(tokens)
