"""Why a question in English might not stand alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qagen.pairs.review.any_question import NO_YEAR, TELLING, AnyQuestion, has_named, said

_PLACE = r"(?:text|passage|article|document|excerpt|paragraph|extract|author|writer|table|figure|list)"
_TEXT = re.compile(
    rf"\b(?:according to|in|from|by|of|does|did) (?:the|this) (?:\w+ )?{_PLACE}\b(?! (?:of|by|(?-i:[A-Z\d])))"
    rf"|\bthe (?:given |above |following )?{_PLACE}\b(?! (?:of|by|(?-i:[A-Z\d])))"
    r"|\b(?:mentioned|described|listed|named|stated|noted) (?:above|below|here|earlier|previously)\b"
    r"|\b(?:above|aforementioned|aforesaid)[- ]?(?:mentioned|named)?\b(?= \w+ |\?| match| event)"
    r"|\bas (?:mentioned|described|stated|noted)\b",
    re.IGNORECASE,
)
_ABOVE_VALUE = re.compile(r"\b[Aa]bove (?:the\b|what\b|which\b|how\b|sea|ground|zero|\d|an?\b|[A-Z])")
_TIME_NOUN = r"(?:day|night|week|month|season|year|decade|century|time|evening|morning|summer|winter)"
_EVENT = (
    r"(?:match|game|race|final|semi-final|tournament|competition|cup|league|regatta|event|contest|festival|"
    r"ceremony|meeting|election|battle|war|trial|vote|strike|storm|flood|fire|expedition|voyage|concert|show)"
)
_HERE = re.compile(
    r"\bthis\b|\bthese\b|\b(?:here|nowadays|currently|recently|today|tonight|yesterday|tomorrow|so far)\b"
    r"|\b(?:in|at|on|of|for|during|after|before|by|from|to|with|win|won|lose|lost) (?:that|those) "
    r"(?!of\b|who\b|which\b)[a-z]"
    rf"|\bthat (?:same )?(?:{_EVENT}|team|player|club|place|city|town|building|man|woman|person|book|film)\b"
    r"|\bthe (?:latter|former)\b(?=\W*$| (?:of|one)\b| (?:do|did|has|had|is|was|win|won)\b)"
    rf"|\b(?:last|next|current|present) {_TIME_NOUN}\b|\b(?:years|months|days|weeks) ago\b"
    r"|\b(?:now|then|at present)\b\W*$|\bare now\b|\bis now\b",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"\b(?:that|the same|the following|the previous|the preceding|the next) "
    rf"(?:{_TIME_NOUN}|{_EVENT}|place|team)\b"
    r"|\bat (?:the|that) time\b|\b(?:the|that) (?:year|day) (?:before|after)\b\W*$"
    r"|\bafterwards?\b|\bby then\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:does|did|will|would|do|can|could) it (?:take|cost|rain|snow|matter|mean|require)\b"
    r"|\b(?:is|was|has|had) it (?:\w+ )?"
    r"(?:that|true|possible|necessary|been|to|forbidden|allowed|for|who|legal)\b"
    r"|\bit (?:is|was|takes?|took|costs?|means?) (?:\w+ )?(?:that|to|possible|forbidden)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:he|she|they|him|her|his|hers|their|theirs|them|himself|herself|themselves|it|its|itself|"
    r"we|our|us|you|your|my)\b|\bI\b(?!\.)|\bthere\b",
    re.IGNORECASE,
)
_NO_NAME_HELPS = frozenset({"we", "our", "us", "my", "i"})
_EXISTS = re.compile(
    r"\b(?:is|are|was|were|be|been|being|will|did|does|has|have|had) there\b"
    r"|\bthere (?:is|are|was|were|be|been)\b",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"^(?:(?:in|at|for|by|on|to|from) )?(?:who|(?:which|what|how many)(?: [\w’'-]+){1,4}?) "
    r"(?!did|does|do|was|were|is|are|had|has|have|will|would|can|could)[a-z]+(?:ed|s|t|d|ught|on|ew|k|m|e|n|g)?\b",
    re.IGNORECASE,
)
_BINDS = frozenset(("his", "her", "its", "their", "himself", "herself", "itself", "themselves", "them", "it"))
_BARE = (
    r"(?:museum|city|town|village|building|bridge|church|castle|tower|station|stadium|school|university|"
    r"college|hospital|company|firm|bank|club|team|squad|side|crew|player|players|winner|winners|loser|"
    r"champion|captain|coach|manager|referee|goalkeeper|director|president|chairman|mayor|king|queen|emperor|"
    r"prince|minister|general|army|ship|boat|vessel|train|aircraft|plane|book|novel|film|movie|song|album|"
    r"painting|poem|play|island|river|lake|mountain|valley|forest|country|state|region|district|province|"
    r"organisation|organization|institution|association|committee|council|jury|government|party|project|"
    r"study|experiment|system|model|product|device|machine|law|treaty|contract|agreement|prize|award|trophy|"
    r"title|record|man|woman|child|family|group|band|species|animal|plant|disease|newspaper|magazine|"
    r"protest|penalty|course|fee|sponsor|start|opening|goal|score|result|rules?|ordinance|harbour|gust)"
)
_ADJECTIVE = (
    r"(?:(?:main|old|new|first|second|third|final|last|winning|losing|original|whole|entire|two|three|young|"
    r"small|large|big|home|annual|opening|strongest|highest) )?"
)
_DEFINITE = re.compile(rf"\bthe {_ADJECTIVE}(?:{_BARE}|{_EVENT})(?:s|'s|’s)?\b(?P<rest>[^?]*)", re.IGNORECASE)
_LEADS_ON = (
    r"(?:of|in|at|between|from|on|for|against|with|that|which|where|who|whose|called|named|by|near|held|to|during|"
    r"led|run|built|won|given|made|and|over|across|under|after|before|into|[a-z]+ed)\b"
)
_TELLS = re.compile(rf"^(?: (?!{_LEADS_ON})[a-z]+)?,? ?(?:{_LEADS_ON} .*)?")
# Somewhere behind the noun a name says of what, where or when: the storm alarm of the Oskwind 30S.
_OF_NAME = re.compile(
    r"\b(?:of|at|in|around)((?: (?:the|an?|[a-z]+|\d+(?:st|nd|rd|th)?)){0,3} [*\"“«A-Z][^?,]*)"
)
_NO_ADDRESS = re.compile(r"\byour (?:answer|text|team)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EnglishQuestion(AnyQuestion):
    """A question in English about a passage."""

    @property
    def rules(self) -> Mapping[str, Callable[[], str]]:
        """All there are."""
        return {
            "points_at_text": self.points_at_text,
            "deictic": self.deictic,
            "pronoun": self.pronoun,
            "bare_noun": self.bare_noun,
            "no_name": self.no_name,
            NO_YEAR: self.no_year,
        }

    def points_at_text(self) -> str:
        """It points at a text."""
        plain = _ABOVE_VALUE.sub("", self.text)
        return said(_TEXT.search(plain), "points at a text that the reader does not have")

    def deictic(self) -> str:
        """It points at something near, or said before."""
        found = _HERE.search(self.text)
        same = _SAME.search(self.text)
        if not found and same and not re.search(r"\d", self.text[: same.start()]):
            found = same
        return said(found, "points at something said before")

    def pronoun(self) -> str:
        """A pronoun stands for a name that is not there."""
        plain = _EXPLETIVE.sub("", _EXISTS.sub("", self.text))
        bound = _BOUND.search(plain)
        for match in _PRONOUN.finditer(plain):
            word = match[0].casefold()
            before = plain[: match.start()]
            if word in _BINDS and bound and bound.end() <= match.start():
                continue
            if word in {"you", "your"} and not _NO_ADDRESS.search(plain):
                continue
            if word in _NO_NAME_HELPS or not has_named(
                f"x {before.split(' ', 1)[-1]}" if " " in before else ""
            ):
                return said(match, "stands for a name that the question does not give")
        return ""

    def bare_noun(self) -> str:
        """A noun does not say which one is meant."""
        for match in _DEFINITE.finditer(self.text):
            rest, before = match["rest"], self.text[: match.start()]
            if re.match(r"['’]s\b|-", rest) or re.match(r" [A-Z*\"“«]|,? \d", rest):
                continue
            told = _TELLS.match(rest)
            if told and told[0] and (has_named(f"x {told[0]}") or TELLING.search(told[0])):
                continue
            if any(has_named(f"x {of[1]}") for of in _OF_NAME.finditer(rest)):
                continue
            if has_named(before) and re.search(r"\d{3}|\b[A-Z]\w+ [A-Z]", before):
                continue
            noun = match[0][: len(match[0]) - len(rest)]
            return f"{noun!r} does not say which one"
        return ""
