"""Replies that give something else as well as the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from qagen.evaluation.scoring.asked import Asked, is_year_like
from qagen.evaluation.scoring.matching import sentences
from qagen.evaluation.scoring.tokens import LIGHT, Reading, Token, read
from qagen.evaluation.scoring.wholeness import Span
from qagen.text import word_set
from qagen.text.proper_names import names

_IN_YEARS = re.compile(r" in (\d{4}),? and (?=[^\W\d_a-z][\w ]{2,40} in (\d{4}))")
_MAYBE = r"(?:(?:maybe|perhaps|possibly|even|it was|in|on|by|at|the|a|an|then|also|else|not) )*"
_OR = re.compile(
    rf"[\"'”’)」』*]*\s*[,、(]?\s*(?:(?:or|and/or|versus)\b(?! so\b| about\b| thereabouts\b| near)"
    rf"|/(?!\w*h\b)) ?{_MAYBE}"
    r"|[」』]?\s*[、,]?(?:または|もしくは|あるいは|或いは|ないし)"
    r"|[」』]?か(?=[、\s]?[「『]?(?:[\d\u30a1-\u30fa\u3400-\u9fff]))(?!月|国"
    r"|所|年)|[、,]?それとも",
    re.IGNORECASE,
)
_OR_BEFORE = re.compile(
    r"(?:\bor(?: maybe| perhaps| possibly| even)?(?: it was| in| on| by| at| the| a| an)*"
    r"|(?<=\w)\s?/)\s*[\"'“‘(*]*\Z"
    r"|(?:または|もしくは|あるいは|或いは|それとも|(?<=[\d\u30a1-\u30ff\u3400-\u9fff])か)[、「『]?\Z",
    re.IGNORECASE,
)
_LISTS = re.compile(
    rf"[\s\"'”’“*]*(?:[,、;]|and\b|と|や|＆|・|および|及び)?\s*(?:and\b|then\b)? ?{_MAYBE}[\s\"'“]*\Z",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"(?:\A|[.!?,;…—–。、\s-])\s*(?:no|wait|actually|correction|scratch that|or rather|i mean|sorry|いや"
    r"|いえ|訂正"
    r"|失礼|違い|間違え|ではなく)(?![a-z])[,:、 。-]*",
    re.IGNORECASE,
)
_RUN = re.compile(r"[^\W\d_][\w'’-]*(?: (?:of |the |de |van )*[^\W\d_a-z][\w'’-]*)*")
_JA_ITEM = re.compile(
    r"(?:と|や|、|・|および|及び|,)([\u30a1-\u30ff\u3400-\u9fff々A-Za-z・]{1,14}?)(?=(?:と|や)?(?:です"
    r"|でした|だ|。|、|\Z|の(?:2"
    r"|両|3)|が|など))"
)


def is_several(
    spans: Sequence[Span], others: Sequence[int], reading: Reading, asked: Asked, *, kind: str, items: int
) -> bool:
    """Whether a reply gives something else as well as the answer.

    Args:
        spans: Where the answer stands.
        others: The tokens with a value of the answer's kind that are neither the answer nor in the question.
        reading: The reply.
        asked: The question, whose names and numbers are no answers.
        kind: ``"typed"`` for numbers and dates, ``"name"``, ``"place"`` or ``"other"``.
        items: How many things the answer lists.
    """
    if any(_or_beside(span, spans, reading) for span in spans):
        return True
    if _said_again(spans, reading, asked):
        return True
    if kind == "typed":
        return _values_listed(spans, others, reading) or _restated(spans, others, reading, asked)
    return any(_names_beside(span, reading, asked, kind=kind, items=items) for span in spans) or _bare_lines(
        spans, reading, asked
    )


def _said_again(spans: Sequence[Span], reading: Reading, asked: Asked) -> bool:
    """Whether the words before the answer stand again before another: The winner was X. The winner was Y."""
    tokens, ours = reading.tokens, {place for span in spans for place in range(*span)}
    for span in spans:
        start = span[0]
        while start and tokens[start - 1].kind != "mark" and tokens[start - 1].text != "and":
            start -= 1
        lead = [token.text for token in tokens[start : span[0]]]
        if len(lead) < _FRAME or not _COPULAS & set(lead) or tokens[span[0]].kind == "sign":
            continue
        for place in range(len(lead), len(tokens)):
            token = tokens[place]
            same = [one.text for one in tokens[place - len(lead) : place]] == lead
            alike = token.typed or token.large
            if same and alike and place not in ours and not asked.says(token) and place != span[0]:
                return tokens[span[0]].typed == token.typed
    return False


_FRAME = 3  # words that frame an answer in the same way: the winner was
_COPULAS = word_set("is was are were by in")


def lists_more(expected: Sequence[str], reading: Reading, asked: Asked, *, kind: str) -> bool:
    """Whether a reply, or the end of a sentence of it, is a list of an expected answer and of others."""
    known = {
        " ".join(token.text for token in read(part).words)
        for answer in expected
        for part in (answer, *_AND.split(answer))
    }
    known |= {answer.removeprefix(article) for answer in known for article in ("the ", "a ", "an ")}
    large = any(char.isupper() for char in expected[0][:1])
    for found in _LIST.finditer(reading.plain):
        items = [read(part).words for part in _AND.split(found[0]) if part.strip()]
        texts = [" ".join(token.text for token in item) for item in items]
        if texts and not known & set(texts):  # it was red, green and blue: the list begins within a phrase
            items[0] = items[0][-1:]
            texts[0] = items[0][0].text if items[0] else ""
        if len(items) < _THREE or not known & set(texts):
            continue
        others = [item for item, text in zip(items, texts, strict=True) if text not in known]
        if any(_is_item(item, asked, large=large) for item in others):
            return True
    return kind != "place" and _is_row(reading, known, asked)


_THREE = 3  # items that are a list, and no answer with what says more of it
_AND = re.compile(r"\s*(?:[,;、]\s*and\b|[,;、]|\band\b|&)\s*")
_LIST = re.compile(r"[^\W\d][^.,;!?\n、。]{0,40}(?:\s*[,;、]\s*[^\W\d][^.,;!?\n、。]{0,40})+")


def _is_item(words: Sequence[Token], asked: Asked, *, large: bool) -> bool:
    """Whether words between the commas of a list are one more item of it, and no remark."""
    if not words or len(words) > _THREE or any(word.text in LIGHT | _NO_ITEM or word.typed for word in words):
        return False
    if any(re.fullmatch(r"\w{3,}(?:ed|ing)|very|also|not", word.text) for word in words):
        return False
    return all(word.kind == "word" and word.large == large and not asked.says(word) for word in words)


def _is_row(reading: Reading, known: set[str], asked: Asked) -> bool:
    """Whether a reply is an answer and others, one after the other, without any mark: red green blue."""
    words = reading.words
    if not _THREE <= len(words) <= _LONGEST_ROW or len(reading.tokens) - len(words) > 1:
        return False
    ends = [end for end in range(1, len(words) - 1) if " ".join(word.text for word in words[:end]) in known]
    if not ends:
        return False
    ours, rest = (
        {word.text for word in words[: ends[-1]]} | {"and", "or"} | LIGHT | _NO_ITEM,
        words[ends[-1] :],
    )
    return all(
        word.kind == "word" and word.large == words[0].large and word.text not in ours | known
        for word in rest
        if not asked.says(word)
    ) and not any(asked.says(word) for word in rest)


_LONGEST_ROW = 10


def _or_beside(span: Span, spans: Sequence[Span], reading: Reading) -> bool:
    """Whether *or* stands beside the answer, and not between two forms of it: 512 m or 512 metres."""
    starts = {reading.tokens[one[0]].start for one in spans} - {reading.tokens[span[0]].start}
    ends = {reading.tokens[one[1] - 1].end for one in spans}
    plain = reading.plain
    first, last = reading.tokens[span[0]].start, reading.tokens[span[1] - 1].end
    after = _OR.match(plain, last)
    if (
        after
        and plain[after.end() :].strip(" .。")
        and not any(last <= start <= after.end() + 1 for start in starts)
    ):
        return True
    before = _OR_BEFORE.search(plain, max(0, first - 30), first)
    return before is not None and not any(before.start() - 3 <= end <= first for end in ends)


def _values_listed(spans: Sequence[Span], others: Sequence[int], reading: Reading) -> bool:
    """Whether another value is listed with the answer: 1910, 1912 and 1914."""
    tokens, ours = reading.tokens, {place for span in spans for place in range(*span)}
    typed = [place for place, token in enumerate(tokens) if token.typed]
    for left, right in pairwise(typed):
        pair = {left, right}
        if not (pair & ours and pair & set(others)) or not _alike(tokens[left], tokens[right]):
            continue
        between = reading.plain[tokens[left].end : tokens[right].start]
        if _LISTS.match(between) and (_is_end(reading, right) or re.search(r"\band\b|と|\bor\b", between)):
            return True
    return _corrected(spans, others, reading)


def _alike(one: Token, other: Token) -> bool:
    if {one.kind, other.kind} <= {"number", "date"}:
        years = is_year_like(one), is_year_like(other)
        units = one.unit == other.unit or "" in {one.unit, other.unit}
        return years[0] == years[1] and units if one.kind == other.kind else all(years)
    return one.kind == other.kind


def _is_end(reading: Reading, place: int) -> bool:
    """Whether a value is followed by nothing, a mark or a joint: it is listed, not told of."""
    after = reading.plain[reading.tokens[place].end :]
    return (
        re.match(r"[\"'”*]*\s*(?:\Z|[.,;!?\n、。)]|\d|and\b|or\b|と|でし?た?す?|だ|maybe|perhaps)", after)
        is not None
    )


def _corrected(spans: Sequence[Span], others: Sequence[int], reading: Reading) -> bool:
    """1912. No, 1914."""
    tokens, ours = reading.tokens, sorted(place for span in spans for place in range(*span))
    for place in others:
        left, right = sorted((place, min(ours, key=lambda one: abs(one - place))))
        if _alike(tokens[left], tokens[right]):
            between = reading.plain[tokens[left].end : tokens[right].start]
            if _CORRECTS.search(between):
                return True
    return False


_BARE = 2  # words beside a value that is an answer by itself: the year 1912


def _restated(spans: Sequence[Span], others: Sequence[int], reading: Reading, asked: Asked) -> bool:
    """Whether one sentence is the bare answer and another, in the question's words, says something else."""
    tokens, ours = reading.tokens, {place for span in spans for place in range(*span)}
    told = [(*pair, *_held(pair, ours, others)) for pair in sentences(tokens)]
    bare = [one for one in told if _news(one[:2], tokens, asked) <= _BARE]
    if any(one[2] for one in bare) and any(one[3] and not one[2] for one in bare):
        return True
    for start, end, right, wrong in told:
        says = sum(asked.says(token) for token in tokens[start:end] if token.kind == "word")
        if (
            says * 2 >= len(asked.words) > 1
            and wrong != right
            and any(one[2 if wrong else 3] for one in bare)
        ):
            return True
    return False


def _held(pair: Span, ours: set[int], others: Sequence[int]) -> tuple[bool, bool]:
    places = range(*pair)
    return any(place in ours for place in places), any(place in places for place in others)


def _news(pair: Span, tokens: Sequence[Token], asked: Asked) -> float:
    """The words of a sentence that are neither a value nor in the question."""
    told = [token for token in tokens[slice(*pair)] if not token.typed and not asked.says(token)]
    return _size(told) + sum(0.8 for token in told if _HAN.match(token.text))


_HAN = re.compile("[\u3400-\u9fff]")


def _names_beside(span: Span, reading: Reading, asked: Asked, *, kind: str, items: int) -> bool:
    plain, first, last = reading.plain, reading.tokens[span[0]], reading.tokens[span[1] - 1]
    if first.kind == "sign" or last.kind == "sign":
        return _japanese_beside(plain, first.start, last.end, asked)
    years = _IN_YEARS.match(plain, last.end)
    if years and years[1] not in asked.years and years[2] not in asked.years:
        return True
    joint = re.compile(
        r"[\"'”’)]*(,? (?:and|&)|,|;|\n| no,| wait,)[ \n]+(?:then |maybe |perhaps |also )*[\"'“]*"
    ).match(plain, last.end)
    if joint and not _DENIES.match(plain, joint.end()):
        run = _RUN.match(plain, joint.end())
        comma = joint[1].strip() in {",", ";", ""}
        item = _ITEM.match(plain, joint.end()) if items > 1 or _is_bare(plain, first.start, joint) else None
        if item and not all(word in asked.words for word in item[1].casefold().split()):
            return True
        if run and _is_other(run[0], asked) and not (comma and (kind == "place" or _goes_on(plain, run))):
            return True
    left = re.search(
        r"(?:\A|[.,!?\n]\s*|\b(?:by|was|were|is|are"
        r"|and) )([^\W\d_a-z][\w'’-]*(?: [^\W\d_a-z][\w'’-]*)*)(,? and|,|;|[.,?!]+ (?:No|Wait|Actually|no"
        r"|wait|actually),?)\s+[\"'“]*(?:it was |by )?\Z",
        plain[max(0, first.start - 80) : first.start],
    )
    if left is None or not _is_other(left[1], asked):
        return False
    listed = left[2].strip() == ","
    return not (listed and (kind == "place" or not _is_end(reading, span[1] - 1)))


def _is_bare(plain: str, start: int, joint: re.Match[str]) -> bool:
    """Whether a reply is no sentence but one thing after another: copper, tin."""
    rest = plain[joint.end() :].strip(" .").split()
    return (
        not plain[:start].strip() and len(rest) == 1 and rest[0].islower() and rest[0] not in _NO_ITEM | LIGHT
    )


_NO_ITEM = word_set("yes no please too also though indeed probably certainly exactly respectively once twice")


def _goes_on(plain: str, run: re.Match[str]) -> bool:
    return re.match(r"[\"'”*]*\s*(?:\Z|[.,;!?\n)]|and\b|or\b)", plain[run.end() :]) is None


_DENIES = re.compile(r"(?:and |but )?(?:not|never|rather|instead|unlike|neither|nor)\b", re.IGNORECASE)
_ITEM = re.compile(r"([^\W\d_]+(?: [^\W\d_]+){0,2})(?=[.,;!\n]|\Z| and\b)")


def _is_other(run: str, asked: Asked) -> bool:
    """Whether words after a joint are another name."""
    words = [word.casefold().removesuffix("'s").removesuffix("’s") for word in run.split()]
    if all(word in asked.words for word in words):
        return False
    return bool(names(f"so {run}"))


def _japanese_beside(plain: str, start: int, end: int, asked: Asked) -> bool:
    found = _JA_ITEM.match(plain, end)
    if found and found[1] not in asked.plain:
        return True
    if (
        _CORRECTS.match(plain, end)
        and plain[end:].strip(" 。です")
        and re.match(r"(?:です|でした)?[。、]?(?:いや|いえ|訂正|失礼)", plain[end:])
    ):
        return True
    left = re.search(
        r"(?:\A|[はが、])([\u30a1-\u30ff\u3400-\u9fff々]{2,10})(?:と|や|・|、)\Z",
        plain[max(0, start - 14) : start],
    )
    listed = left is not None and left[1] not in asked.plain
    return listed and re.match(r"[」』]?(?:です|でした|だ|。|\Z|の[2両3])", plain[end:]) is not None


def _bare_lines(spans: Sequence[Span], reading: Reading, asked: Asked) -> bool:
    """Whether each sentence or line is a short thing by itself, and they are not all the answer."""
    lines = [*sentences(reading.tokens)]
    most = 4
    ours = {place for span in spans for place in range(*span)}
    if len(lines) < 2 or any(_size(reading.tokens[slice(*line)]) > most for line in lines):  # noqa: PLR2004
        return False
    rest = [
        [token for token in reading.tokens[slice(*line)] if not asked.says(token) and token.kind != "mark"]
        for line in lines
        if not any(place in ours for place in range(*line))
    ]
    return any(
        words and all(word.large or word.kind == "sign" for word in words) and _is_said(words)
        for words in rest
    )


def _is_said(words: Sequence[Token]) -> bool:
    text = " ".join(token.text for token in words)
    return text not in {
        "yes",
        "correct",
        "sure",
        "certainly",
        "thank you",
        "thanks",
        "true",
        "done",
        "end",
    } and not text.startswith(("i ", "i'", "hope", "let", "please"))


def _size(tokens: Sequence[Token]) -> float:
    return sum(0.3 if token.kind == "sign" else 1 for token in tokens if token.kind != "mark")
