"""Replies that take the answer back, or say that it is of something else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qagen.evaluation.scoring.asked import Asked
from qagen.evaluation.scoring.matching import sentences
from qagen.evaluation.scoring.tokens import Reading, Token
from qagen.evaluation.scoring.wholeness import Span

_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|presumably|supposedly|allegedly|conceivably)\b"
    r"|\b(?:may|might|could|would|should)(?: well| also| possibly)? (?:be|have been|have)\b"
    r"|\b(?:most )?likely\b|\b(?:my|best|wild|educated) guess\b|\bi(?:['’]d| would)? guess\b"
    r"|\bnot (?:entirely |quite |100% |completely |too |very )?(?:sure|certain)\b"
    r"|\beither\b"
    r"|おそらく|恐らく|たぶん|多分|かもしれ|でしょうか|ではないかと|気がし|もしかし|自信(?:は|が)?(?:ない"
    r"|あり)|だろう|と推測|はず(?:です|だ)|定かで",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:not|n['’]t|never|un)(?: (?:entirely|quite|really|completely|too|very|absolutely|100%))? ?(?:sure"
    r"|certain|confident|remember|recall)\b"
    r"|\b(?:could|may|might) be (?:wrong|mistaken|incorrect)\b|\bi(?: do|['’]m| am)?(?:n['’]t"
    r"| not) (?:really )?know\b|\bdouble[- ]check\b"
    r"|\b(?:please )?verify\b|\bi have no idea\b|\bcorrect me if\b"
    r"|確かではあり|確かではな|自信(?:は|が)?(?:ない|あり)|(?:わか|分か)り(?:ません)|(?:わか|分か)らない"
    r"|定かで|間違っているかも|確認してください",
    re.IGNORECASE,
)
_PERMITS = re.compile(r"\b(?:may|might|could|can|must|should|would|allowed|permitted)\b", re.IGNORECASE)
_MODAL = re.compile(r"(?:may|might|could|would|should)\b", re.IGNORECASE)

_NEGATES = re.compile(
    r"(?:\bnot|n['’]t|\bnever|\brather than|\binstead of|\bunlike|\bexcept(?: for)?|\bneither|\bnor"
    r"|\bother than|\bfar from|\bnothing to do with)"
    r"(?! (?:only|just|merely))(?P<gap>[^.!?\n]{0,40})\Z",
    re.IGNORECASE,
)
_NEGATED_AFTER = re.compile(
    r"[」』\"]?\s*(?:(?:人|年|分)?(?:で(?:は|も)|じゃ|とは)(?:あり|な[いくか]|ござい|違)|以外|の(?:ほう"
    r"|方)?ではな|は(?:違い|間違い|誤り))"
    r"|[\"”')]?,? (?:is|was|are|were) (?:not|incorrect|wrong|false)\b|[\"”']?,? (?:is|was|are"
    r"|were)n['’]t\b",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\b(?:but|and|by|it|was|were|is|to|in|at|on|the|a|an|for|with|from|of|won|held|been)\b|\W+",
    re.IGNORECASE,
)
_TURNS = re.compile(r"\bbut\b|;|—|,\s*(?:it|he|she|they|the)\b", re.IGNORECASE)


def is_negated(span: Span, reading: Reading, asked: Asked) -> bool:
    """Whether a reply says that it is *not* this: not X but Y, X ではなく Y."""
    first, last = reading.tokens[span[0]], reading.tokens[span[1] - 1]
    if _NEGATED_AFTER.match(reading.plain, last.end):
        return True
    found = _NEGATES.search(reading.plain, max(0, first.start - 64), first.start)
    if found is None or _TURNS.search(found["gap"]):
        return False
    rest = _JOINED.sub(" ", found["gap"]).casefold().split()
    return all(word in asked.words for word in rest)


def is_hedged(spans: Sequence[Span], reading: Reading, asked: Asked, expected: Sequence[str]) -> bool:
    """Whether a reply that holds the answer leaves open whether it is one."""
    known = f"{asked.plain} {' '.join(expected)}".casefold()
    if _found(_DOUBT, reading.plain, known):
        return True
    told = [_sentence_of(span, reading) for span in spans]
    return all(text.endswith("?") or _found(_HEDGE, text, known) for text in told)


def _found(pattern: re.Pattern[str], text: str, known: str) -> bool:
    """Whether a pattern stands in a text in words that are not the question's or the answer's own."""
    permits = _PERMITS.search(known) is not None
    return any(
        match[0].casefold() not in known and not (permits and _MODAL.match(match[0]))
        for match in pattern.finditer(text)
    )


def _sentence_of(span: Span, reading: Reading) -> str:
    """The sentence with an answer, with its mark: 1912?"""
    for start, end in sentences(reading.tokens):
        if start <= span[0] < end:
            mark = 1 if end < len(reading.tokens) and reading.tokens[end].text == "?" else 0
            return reading.plain[reading.tokens[start].start : reading.tokens[end - 1 + mark].end]
    return reading.plain


def is_of_other_event(spans: Sequence[Span], others: Sequence[int], reading: Reading, asked: Asked) -> bool:
    """Whether a year is told of something else, and another of what is asked: opened 1910, rebuilt 1912."""
    if not asked.years_asked or not others:
        return False
    told = [_verbs_before(span[0], reading) for span in spans]
    if any(not verbs or any(asked.says(verb) for verb in verbs) for verbs in told):
        return False
    return any(asked.says(verb) for place in others for verb in _verbs_before(place, reading))


_VERB = re.compile(r"\w{3,}ed|(?:re)?built|won|held|made|began|begun|sold|lost|burnt|sank|sunk")


def _verbs_before(place: int, reading: Reading) -> list[Token]:
    """The verbs before a value in its own clause."""
    found: list[Token] = []
    while place and reading.tokens[place - 1].kind != "mark" and reading.tokens[place - 1].text != "and":
        place -= 1
        if _VERB.fullmatch(reading.tokens[place].text):
            found.append(reading.tokens[place])
    return found


def is_loser(span: Span, reading: Reading, asked: Asked) -> bool:
    """Whether a reply to a question for the winner says that this one lost: Pym beat Vance."""
    if not _FOR_WINNER.search(asked.plain) or _FOR_LOSER.search(asked.plain):
        return False
    first, last = reading.tokens[span[0]], reading.tokens[span[1] - 1]
    before = reading.plain[max(0, first.start - 40) : first.start]
    return bool(_BEATS.search(before) or _LOSES.match(reading.plain, last.end))


_FOR_WINNER = re.compile(
    r"\b(?:won|wins?|winners?|winning|champions?|victors?|victorious)\b|優勝|勝者|勝った|勝ちました",
    re.IGNORECASE,
)
_FOR_LOSER = re.compile(
    r"\b(?:lost|loses?|losers?|runners?-up|second place|beaten|defeated|beat|defeat|against)\b"
    r"|準優勝|敗|破|負け|2位|相手",
    re.IGNORECASE,
)
_BEATS = re.compile(
    r"\b(?:beat|beats|beating|defeat(?:ed|s|ing)?|overc[ao]me|thrashed|edged out|eliminated"
    r"|(?:victory|win) over)"
    r"\s+(?:the )?[\"“]?\Z|(?:準優勝|2位|敗者)(?:は|の|が|者は)、?[「『]?\Z",
    re.IGNORECASE,
)
_LOSES = re.compile(
    r"[\"”]?,? (?:who )?(?:lost(?: (?:in )?the (?:\w+[ -])?"
    r"(?:final|race|match|game|cup|title|election))?(?: to\b|(?=[.,;]|\Z))"
    r"|(?:was|were|came|finished|took|is)(?: the)?(?: in)? "
    r"(?:second|2(?:nd)?|beaten|defeated|runners?-up)\b(?![-:–]))"
    r"|[」』]?(?:[A-Z]{2,3})?を[^。]{0,12}?(?:破|下し|倒し)|[」』]?[はがも]、?[^。、]{0,16}?(?:に敗れ|に負け|準優勝|2位)",
    re.IGNORECASE,
)
