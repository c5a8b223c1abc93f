"""What an answer is worth by its words alone: exact, contained, token F1, and a verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from qagen.evaluation import AnswerKind, Probe, Score, Verdict
from qagen.evaluation.scoring.asked import Asked, is_year_like, read_asked
from qagen.evaluation.scoring.choosing import chosen, polarity_of, reads_as
from qagen.evaluation.scoring.cleaning import cleaned, without_question
from qagen.evaluation.scoring.hedging import is_hedged, is_loser, is_negated, is_of_other_event
from qagen.evaluation.scoring.matching import bare, content_of, is_exact, spans_of
from qagen.evaluation.scoring.refusals import abstains, denies
from qagen.evaluation.scoring.same_tokens import same_token
from qagen.evaluation.scoring.several import is_several, lists_more
from qagen.evaluation.scoring.tokens import ARTICLES, LIGHT, Reading, read
from qagen.evaluation.scoring.wholeness import Span
from qagen.text.answers import is_date
from qagen.text.numerals import numbers
from qagen.text.proper_names import names

__all__ = ["abstains", "answer_kind_of", "denies", "score_answer"]

MOST = 16
"""Occurrences of an answer in a reply that are looked at: a loop that repeats it says no more."""
_ITEMS = re.compile(
    r"\s*(?:,(?!\d{3})|[、;；]|\band\b|&|および|及び"
    r"|(?<=[\u30a1-\u30ff\u3400-\u9fff])と(?=[\u30a1-\u30ff\u3400-\u9fff]))\s*"
)
_WHERE = re.compile(
    r"\b(?:where|place|town|city|village|country|hall|venue|location)\b|どこ|場所|会場|何[市町村県]",
    re.IGNORECASE,
)


def score_answer(probe: Probe, reply: str) -> Score:
    """An answer beside the expected ones, by its words alone.

    The verdict is ``right`` when one of the expected answers is given, in any notation and also within a
    sentence, and no other: a reply that hedges (``hedged``) or lists several (``several``) is not right, nor
    one that repeats the question. What the question itself says (its year, its names) is no other answer. A
    probe without answers is right when the reply abstains or denies what is asked about. Never raises; only
    the first :data:`qagen.evaluation.scoring.tokens.LONGEST` characters of a reply are read.

    ``f1`` is that of SQuAD (Rajpurkar et al. 2016) over canonical tokens, each character of a script without
    spaces being one.
    """
    if reply.strip() and reply.strip() in probe.answers:
        return Score(exact=True, contained=True, f1=1.0, verdict="right")
    if not any(map(str.isalnum, reply)):
        return Score(exact=False, contained=False, f1=0.0, verdict="empty")
    told = cleaned(reply)
    if not probe.answers:
        return Score(exact=False, contained=False, f1=0.0, verdict=_unanswerable(probe, told))
    exact = any(is_exact(answer, told) for answer in probe.answers)
    words = _counted(told)
    f1 = 1.0 if exact else max(_f1(_counted(answer), words) for answer in probe.answers)
    verdict, contained = _decide(probe, told, exact=exact)
    return Score(exact=exact, contained=exact or contained, f1=f1, verdict=verdict)


def answer_kind_of(answer: str) -> AnswerKind:
    """What an expected answer is: ``yes_no``, ``date``, ``number``, ``name`` or ``other``.

    Times count as dates; a name with a number in it is a name.
    """
    if polarity_of(answer) is not None:
        return "yes_no"
    tokens = content_of(answer)
    if is_date(bare(answer)) or any(token.kind in {"date", "time"} for token in tokens[:2]):
        return "date"
    if any(token.typed for token in tokens) and (tokens[0].typed or not tokens[0].large):
        return "number"
    if names(answer) or (tokens and tokens[0].large and any(token.typed for token in tokens)):
        return "name"
    return "number" if numbers(answer) else "other"


# --- the verdict -----------------------------------------------------------------------------------------


def _decide(probe: Probe, told: str, *, exact: bool) -> tuple[Verdict, bool]:
    """The verdict, and whether an expected answer stands in the reply."""
    if polarity_of(probe.answers[0]) is not None and not probe.options:
        return _yes_no(probe, told)
    if probe.options:
        return _choice(probe, told)
    if exact and not told.endswith(("?", "？")):
        return "right", True
    return _open(probe, told)


def _yes_no(probe: Probe, told: str) -> tuple[Verdict, bool]:
    said, unsure = reads_as(without_question(told, probe.question))
    if said is None and unsure:
        return "hedged", False
    if said is None:
        return ("abstained" if abstains(told) else "wrong"), False
    right = said == polarity_of(probe.answers[0])
    return ("hedged" if unsure and right else "right" if right and not unsure else "wrong"), right


def _choice(probe: Probe, told: str) -> tuple[Verdict, bool]:
    rest = without_question(told, probe.question)
    asked = read_asked("")
    right = {
        place
        for place, option in enumerate(probe.options)
        if any(is_exact(answer, option) for answer in probe.answers)
    }
    given = chosen(rest, probe.options, probe.question) if rest else frozenset()
    contained = bool(given & right)
    if not given:
        return _open(probe, told) if not right else ("abstained" if abstains(told) else "wrong", False)
    if given <= right:
        reading = read(rest)
        spans = [span for answer in probe.answers for span in spans_of(answer, reading, asked)]
        hedged = bool(spans) and is_hedged(spans, reading, read_asked(probe.question), probe.answers)
        return ("hedged" if hedged else "right"), True
    return ("several" if contained else "wrong"), contained


def _open(probe: Probe, told: str) -> tuple[Verdict, bool]:
    rest = without_question(told, probe.question)
    reading, asked = read(rest), read_asked(probe.question)
    spans = _spans(probe.answers, reading, asked)[:MOST]
    kept = [span for span in spans if not is_negated(span, reading, asked)]
    if kept and all(is_loser(span, reading, asked) for span in kept):
        return "wrong", True
    if not kept:
        listed = _lists_all(probe.answers, reading, asked)
        if listed is None:
            return ("abstained" if abstains(told) else "wrong"), bool(spans)
        kept = [listed]
    others = _others(probe.answers, kept, reading, asked)
    if is_of_other_event(kept, others, reading, asked):
        return "wrong", True
    kind = _kind(probe)
    more = kind != "typed" and lists_more(probe.answers, reading, asked, kind=kind)
    if (
        more or is_several(kept, others, reading, asked, kind=kind, items=len(_items(probe.answers[0])))
    ) and not _expects_or(probe):
        return "several", True
    return ("hedged" if is_hedged(kept, reading, asked, probe.answers) else "right"), True


def _expects_or(probe: Probe) -> bool:
    return any(re.search(r"\bor\b|または|もしくは", answer) for answer in probe.answers)


def _kind(probe: Probe) -> str:
    """What else would be another answer: a value, a name, another item."""
    if all(token.typed for token in content_of(probe.answers[0])):
        return "typed"
    if _WHERE.search(probe.question):
        return "place"
    return "name" if names(probe.answers[0]) else "other"


def _spans(answers: Sequence[str], reading: Reading, asked: Asked) -> list[Span]:
    """Where the answers stand; the aliases within a longer form of the answer are not counted again."""
    found = {span for answer in answers for span in spans_of(answer, reading, asked, among=answers)}
    return sorted(
        span
        for span in found
        if not any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in found)
    )


def _others(answers: Sequence[str], spans: Sequence[Span], reading: Reading, asked: Asked) -> list[int]:
    """The places of values of the answer's kind that are neither the answer nor in the question."""
    wanted = [token for answer in answers for token in content_of(answer) if token.typed]
    ours = {place for span in spans for place in range(*span)}
    return [
        place
        for place, token in enumerate(reading.tokens)
        if token.typed
        and place not in ours
        and not asked.says(token)
        and not any(same_token(want, token, asked) for want in wanted)
        and any(want.kind == token.kind or is_year_like(want) == is_year_like(token) for want in wanted)
    ]


# --- lists -----------------------------------------------------------------------------------------------


def _items(answer: str) -> list[str]:
    """The things that an answer lists."""
    found = [item for item in _ITEMS.split(answer) if item.strip()]
    return found if len(found) > 1 else [answer]


def _lists_all(answers: Sequence[str], reading: Reading, asked: Asked) -> Span | None:
    """Where all things of a list stand, in any order and with nothing else among them."""
    for answer in answers:
        items = _items(answer)
        if len(items) < 2:  # noqa: PLR2004 - one thing is no list
            continue
        places = [spans_of(item, reading, asked)[:1] for item in items]
        if not all(places):
            continue
        spans = [span for [span] in places]
        if any(is_negated(span, reading, asked) for span in spans) or len(set(spans)) < len(spans):
            continue
        whole = min(span[0] for span in spans), max(span[1] for span in spans)
        if not _has_stranger(whole, spans, reading, asked):
            return whole
    return None


def _has_stranger(whole: Span, spans: Sequence[Span], reading: Reading, asked: Asked) -> bool:
    """Whether something else stands among the things of a list."""
    ours = {place for span in spans for place in range(*span)}
    known = {
        "and",
        "both",
        "plus",
        "well",
        "also",
        "then",
        ",",
        "(",
        ")",
        "と",
        "や",
        "お",
        "よ",
        "び",
        "及",
    } | ARTICLES
    between = (reading.tokens[place] for place in range(*whole) if place not in ours)
    return any(
        token.text not in known and not asked.says(token) and token.text not in LIGHT for token in between
    )


# --- unanswerable ----------------------------------------------------------------------------------------


def _unanswerable(probe: Probe, told: str) -> Verdict:
    """Right: it abstains or denies what is asked about, and does not give the answer of the original."""
    rest = without_question(told, probe.question)
    if not rest.strip():
        return "wrong"
    reading, asked = read(rest), read_asked(probe.question)
    given = [
        span
        for span in _spans(probe.wrong, reading, asked)
        if not is_negated(span, reading, asked) and not _is_about_another(span, reading, asked)
    ]
    refuses = abstains(rest, question=probe.question) or denies(rest, question=probe.question)
    return "right" if refuses and not given else "wrong"


def _is_about_another(span: Span, reading: Reading, asked: Asked) -> bool:
    """Whether an answer is said of something else than what is asked: ... but Vance won in 1987."""
    tokens = reading.tokens
    start, end = span
    while start and tokens[start - 1].text not in {".", "?", "\n"}:
        start -= 1
    while end < len(tokens) and tokens[end].text not in {".", "?", "\n"}:
        end += 1
    beside = [tokens[place] for place in range(start, end) if not span[0] <= place < span[1]]
    return any((token.typed and not asked.says(token)) for token in beside)


# --- F1 --------------------------------------------------------------------------------------------------


def _f1(wanted: Counter[str], told: Counter[str]) -> float:
    both = sum((wanted & told).values())
    if not both:
        return 0.0
    precision, recall = both / told.total(), both / wanted.total()
    return 2 * precision * recall / (precision + recall)


def _counted(text: str) -> Counter[str]:
    told = [part for token in read(text).words for part in token.text.split()]
    return Counter([word for word in told if word not in ARTICLES] or told)
