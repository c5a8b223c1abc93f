"""What a question asks, in a form in which wordings of one question are equal: English and Japanese.

A question becomes the kind of its answer (who, when, how many ...), its words without those that carry no
meaning and with one word for a group of synonyms, its event words (final, second leg), numbers and names.
The word lists are small and general; a question of another language keeps all of its words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from qagen.text.folding import fold
from qagen.text.lexicon import (
    CHANGES,
    COUNTER,
    EVENTS_EN,
    GROUPS_JA,
    KINDS_EN,
    KINDS_JA,
    LIGHT,
    LIGHT_JA,
    MONTHS,
    NO_NAMES,
    ORDINALS,
    PHRASES,
    SAME_COUNTER,
    SPLIT_JA,
    STEM,
    SYNONYMS,
    THINGS,
    word_set,
)
from qagen.text.names import names
from qagen.text.numbers import numbers

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々]")

_RUN = re.compile(r"\d+[a-z]+|[a-z]+\d+|[\u30a1-\u30faー]+|[\u3400-\u9fff々]+|[a-z][a-z0-9\-]*")
STEMMED, PLURAL = 5, 3
"""Words longer than this lose an ending, or the s of a plural."""
_MEASURES = word_set("long deep high wide area weigh old fast far population cost duration time")


@dataclass(frozen=True, slots=True)
class Question:
    """What a question asks.

    ``words`` are all words with a meaning, those of names included, synonyms made one; an event word
    begins with "=". ``named`` are those of them that stand in names. ``atoms`` are the names' parts.
    ``numbered`` are names that begin with a number word, and ``outside`` the numbers without theirs: the 2 of
    Race 2, and not that of the yacht Second Thought.
    """

    folded: str
    kind: str
    words: frozenset[str]
    named: frozenset[str]
    atoms: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    japanese: bool
    numbered: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()

    @property
    def relation(self) -> frozenset[str]:
        """The words that are no qualifiers: neither of a name nor of an event."""
        return frozenset(word for word in self.words - self.named if not word.startswith("="))

    @property
    def kinds_named(self) -> frozenset[str]:
        """The words of names that say what kind of thing it is: the museum of the Morwen Museum."""
        if self.japanese:
            return frozenset(word for word in self.named if "\u3400" <= word[0] <= "\u9fff")
        return self.named & THINGS

    @property
    def qualifiers(self) -> frozenset[str]:
        """What tells this question from others of its relation: parts of names, event words, numbers."""
        events = (word for word in self.words - self.named if word.startswith("="))
        return frozenset((*self.atoms, *events, *(f"+{number}" for number in self.numbers)))


@lru_cache(maxsize=1 << 15)
def read_question(text: str) -> Question:
    """What this question asks."""
    folded = fold(text)
    japanese = JAPANESE.search(folded) is not None
    if len(text) > LONGEST:
        nothing: frozenset[str] = frozenset()
        return Question(
            folded, "what", frozenset(folded.split()), nothing, nothing, nothing, nothing, japanese
        )
    found = frozenset(name.removesuffix("対") for name in names(text)) - NO_NAMES
    found = frozenset(name for name in found if len(name) > 1 and not name.isdigit() and name[0] != "何")
    if japanese:
        found |= frozenset(_BEFORE_EVENT.findall(folded))
    kind, words = (_japanese if japanese else _english)(folded)
    named = {word for name in found for word in _words_of(name, japanese=japanese)} & words
    atoms = frozenset(part for name in found for part in name.split() if part not in LIGHT)
    plain = frozenset(words) or frozenset(folded.split())
    counted = numbers(text)
    if "1" in counted and _FIRST.search(folded):
        counted -= {"1"}
    numbered = frozenset(_NUMBERED.findall(text))
    outside = counted & numbers(_NUMBERED.sub(" ", text)) if numbered else counted
    return Question(folded, kind, plain, frozenset(named), atoms, counted, found, japanese, numbered, outside)


_NUMBERED = re.compile(rf"\b(?:{'|'.join(sorted(map(str.capitalize, ORDINALS)))}) [A-Z]\w+")


# A place's name before what is held there: names() has no dictionary and leaves it out.
_BEFORE_EVENT = re.compile("[\u3400-\u9fff]{2,4}(?=大会|選手権|杯|カップ|音楽祭|駅伝)")


@lru_cache(maxsize=1 << 15)
def _words_of(name: str, *, japanese: bool) -> frozenset[str]:
    return frozenset((_japanese if japanese else _english)(name)[1])


_FIRST = re.compile(
    r"\b(?:finish|finished|came|come|placed) (?:in )?(?:the )?(?:first|1st)\b|(?<!\d)[1一]位(?:にな|だっ|は)"
)


_PREPOSITION = re.compile(
    r"\b(at|in|on|of|from|to|against|by|for|with|over|than|vs?|versus)(?: the| captain| mr| mrs| dr)?$"
)
_SAME_ROLE = {
    "at": "in",
    "on": "in",
    "of": "in",
    "versus": "against",
    "v": "against",
    "vs": "against",
    "over": "against",
}
_TWO_SIDED = re.compile(
    r"\b(beat\w*|defeat\w*|overcame|lost|lose|teach\w*|taught|coach\w*|train\w*|succe\w+|replac\w+|follow\w*|appoint\w*|"
    r"elect\w*|sell\w*|sold|buy|bought|gave|give|hir\w+|sue[ds]?|attack\w*|invad\w+|help\w*|save[ds]?|kill\w*|visit\w*|"
    r"own\w*|lead|led|employ\w*|paint\w*|call\w*|wrote|write|invit\w+|met|meet|join\w*|border\w*|flow\w*)\b"
)


def _roles_english(folded: str, found: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """For each name its preposition, or which side of a verb with two sides it is on."""
    verb = _TWO_SIDED.search(folded)
    passive = bool(
        re.search(r"\b(?:was|were|is|are|been|be)\b.*\w(?:ed|en|ght|ld|t|d)\b", folded)
        and re.search(r"\bby\b", folded)
    )
    roles = []
    for name in found:
        place = folded.find(name)
        before = _PREPOSITION.search(folded[:place].rstrip())
        role = _SAME_ROLE.get(before[1], before[1]) if before else ""
        if folded[place + len(name) :].startswith(" s "):
            role = "in"
        if role == "by":
            role = "subject"
        elif verb and not role:
            role = "subject" if (place > verb.start()) == passive else "object"
        elif not role:
            role = _side(folded[:place].split(), passive=passive)
        roles.append((_last(name), role))
    return tuple(sorted(roles))


def _side(before: list[str], *, passive: bool) -> str:
    """Subject after "did", object after a past form, and after "was" of a passive."""
    last = before[-1] if before else ""
    if last in {"did", "does", "do"}:
        return "subject"
    return "object" if last.endswith("ed") or (passive and last in {"was", "were"}) else ""


_PARTICLE = re.compile(
    r"\s*(?:市|町|村|選手|氏|さん|監督|湖|川|橋|チーム|社)?\s*(から|まで|より|が|は|を|に対|によ|との|と|へ|に)?"
)


_ASKS_OBJECT = re.compile(r"(?:誰|どこ|だれ|何|どの\w+?)(?:[をへ]|に(?!よ))")
_ASKS_SUBJECT = re.compile("(?:誰|だれ|何|どこ)(?:が|によ)")
_PASSIVE = re.compile("れ(?:た|て|ま|る)")


def _roles_japanese(folded: str, found: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """For each name the particle after it; は and the others that say little are ""."""
    roles = []
    for name in found:
        place = folded.find(name)
        particle = (_PARTICLE.match(folded, place + len(name)) or [None, None])[1] if place >= 0 else None
        role = {
            "が": "subject",
            "を": "object",
            "から": "from",
            "まで": "to",
            "へ": "dative",
            "に": "dative",
        }.get(particle or "", "")
        if particle == "は" and _ASKS_OBJECT.search(folded):
            role = "subject"
        elif (particle == "は" and _ASKS_SUBJECT.search(folded)) or (
            role == "subject" and _PASSIVE.search(folded)
        ):
            role = "object"
        roles.append((_last(name), role))
    return tuple(sorted(roles))


def _roles(question: Question) -> dict[str, str]:
    """For the last part of each name how it stands to the verb, as far as that can be told."""
    find = _roles_japanese if question.japanese else _roles_english
    return dict(find(question.folded, question.names))


def _last(name: str) -> str:
    return name.rsplit(" ", 1)[-1]


_SIDES = {"subject", "object", "from", "to", "against", "dative"}


def roles_differ(one: Question, other: Question) -> bool:
    """Whether a name does in one question what is done to it in the other."""
    left, right = _roles(one), _roles(other)
    shared = left.keys() & right.keys()
    pairs = [{left[name], right[name]} for name in shared]
    swapped = len(shared) > 1 and any(pair in ({"", "against"}, {"", "than"}) for pair in pairs)
    return swapped or any(len(pair) > 1 and pair <= _SIDES for pair in pairs)


def lacks(one: Question, other: Question) -> list[str]:
    """The names of one that the other does not have, neither whole nor in their short form."""
    return [name for name in sorted(one.names) if not _stands(name, other)]


def _stands(name: str, question: Question) -> bool:
    last = _last(name)
    if JAPANESE.search(name):
        return name in question.folded or (last != name and last in question.folded)
    return re.search(rf"\b{re.escape(last)}\b", question.folded) is not None and not _another_first(
        name, question
    )


def _another_first(name: str, question: Question) -> bool:
    """Whether the question has a namesake: the same last word with another first one."""
    if name in question.folded or _last(name) in question.names:
        return False
    return any(
        _last(full) == _last(name) and not full.endswith(name) and not name.endswith(full)
        for full in question.names
    )


def _english(rest: str) -> tuple[str, set[str]]:
    text = rest
    for trigger, pattern, put in PHRASES:
        if trigger in text:
            text = pattern.sub(put, text)
    tokens = _TOKEN.findall(text)
    kind = next((KINDS_EN[token] for token in tokens if token in KINDS_EN), "")
    if not kind and "how" in tokens:
        kind = "count" if re.search(r"\bhow (?:many|often)\b", text) else "how"
    if not kind:
        kind = "what" if {"what", "which"} & set(tokens) else "yes"
    words = {_canonical(token) for token in tokens if token not in LIGHT}
    if words & _MEASURES and kind in {"what", "how", "count"}:
        kind = "measure"
    return kind, words - {""}


_TOKEN = re.compile(r"[^\W\d_][\w\-]*|\d+[^\W\d_][\w\-]*")


@lru_cache(maxsize=1 << 15)
def _canonical(word: str) -> str:
    if re.fullmatch(r"\d+(?:st|nd|rd|th)", word) or word in ORDINALS:
        return ""
    if word in MONTHS:
        return MONTHS[word]
    put = word if word in EVENTS_EN else SYNONYMS.get(word)
    if put is None:
        stem = (
            STEM.sub("", word)
            if len(word) > STEMMED
            else word.removesuffix("s")
            if len(word) > PLURAL
            else word
        )
        put = SYNONYMS.get(stem, stem)
    return f"={put}" if put in EVENTS_EN else put


def _japanese(rest: str) -> tuple[str, set[str]]:
    text = unicodedata.normalize("NFKC", rest)
    asked = "yes" if text.endswith(("か", "の")) else "what"
    kind = next((kind for kind, pattern in KINDS_JA if pattern.search(text)), asked)
    words = {f"#{SAME_COUNTER.get(counter, counter)}" for counter in COUNTER.findall(text)}
    words = words if kind == "count" else set()

    def put(match: re.Match[str]) -> str:
        words.add(GROUPS_JA[int(match.lastgroup[1:])][1] if match.lastgroup else "")
        return " "

    text = LIGHT_JA.sub(" ", SPLIT_JA.sub(put, text))
    for run in _RUN.findall(text):
        words.update([run] if not "\u3400" <= run[0] <= "\u9fff" else run)
    if words & _MEASURES and kind in {"what", "count"}:
        kind = "measure"
    return kind, words - {""}


Likeness = Literal["same", "alike", "other"]

_OPEN_KINDS = {"what", "count", "measure", "how"}
_MOST_MORE = 3
LONGEST = 2000
"""Longer texts are no questions or short answers: they are compared as they stand."""
PREFIX = 5
"""Words with the same beginning of this length are forms of one word."""


def compare_questions(one: Question, other: Question, *, surely: bool = False) -> Likeness:
    """Whether two questions ask the same.

    ``same``: equal kind, numbers and names, and the same words but for synonyms and words without meaning.
    ``alike``: one has a few words more that change nothing; enough for a duplicate when the answers agree,
    not for a contradiction. ``surely``: they are known to be near in meaning, so that words may differ.
    """
    if one.folded == other.folded:
        return "same"
    if not _numbers_fit(one, other) or roles_differ(one, other) or not _names_fit(one, other):
        return "other"
    if one.kind == other.kind and one.words == other.words and not (lacks(one, other) or lacks(other, one)):
        return "same"
    return "alike" if _kinds_fit(one, other) and _words_fit(one, other, surely=surely) else "other"


def _numbers_fit(one: Question, other: Question) -> bool:
    if one.numbers != other.numbers:
        return False
    return one.outside == other.outside or one.numbered != other.numbered


def _names_fit(one: Question, other: Question) -> bool:
    """Names overlap, and not both have a name that the other lacks."""
    missing, added = lacks(one, other), lacks(other, one)
    if missing and added:
        return False
    if not one.names or not other.names:
        return not missing and not added
    return len(missing) < len(one.names) and len(added) < len(other.names)


def _kinds_fit(one: Question, other: Question) -> bool:
    kinds = {one.kind, other.kind}
    return len(kinds) == 1 or ("yes" not in kinds and bool(kinds & _OPEN_KINDS))


def _words_fit(one: Question, other: Question, *, surely: bool) -> bool:
    left, right = _differences(one.words, other.words)
    if (
        (left | right) & CHANGES
        or any(any(map(str.isdigit, word)) for word in left | right)
        or (_events(left, one) and _events(right, other))
    ):
        return False
    if surely:
        return True
    if left and right:
        return False
    more, fewer = (one, other) if left else (other, one)
    extra = (left or right) - more.named
    common = one.words & other.words
    if not fewer.relation and more.relation & extra and fewer.kind not in {"when", "where"}:
        return False
    return len(extra) <= min(_MOST_MORE, max(1, len(common) // 2 + 1))


def _events(words: frozenset[str], question: Question) -> bool:
    return any(word.startswith("=") for word in words - question.named)


def _differences(one: frozenset[str], other: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The words that only one has, forms of the same word (arrange, arrangement) left out."""
    left, right = one - other, other - one
    forms = {(a, b) for a in left for b in right if _are_forms(a, b)}
    return left - {a for a, _ in forms}, right - {b for _, b in forms}


def lost_words(one: Question, other: Question) -> frozenset[str]:
    """The words of a question that are in no name and that the other does not have, in any form.

    Forms are taken more loosely than for a duplicate: *employ* is in *the number of employees*.
    """
    lost = _differences(one.words - one.named, other.words)[0]
    told = [word for word in other.folded.split() if len(word) > PREFIX]
    if one.japanese or not lost or not told:
        return lost
    found = {
        _canonical(word)
        for word in one.folded.split()
        if any(word[:PREFIX] == theirs[:PREFIX] and abs(len(word) - len(theirs)) <= PLURAL for theirs in told)
    }
    return lost - found


def _are_forms(one: str, other: str) -> bool:
    shared = sum(1 for _ in takewhile(lambda signs: signs[0] == signs[1], zip(one, other, strict=False)))
    return shared >= PREFIX and one[shared:] in _ENDINGS and other[shared:] in _ENDINGS


_ENDINGS = word_set(
    "e d s n ed es er or en ing ion ions ation ment ments al y ies ance ence ant ent able ive ity"
)
_ENDINGS |= {""}


def is_narrower(full: Question, lacking: Question) -> bool:
    """Whether ``full`` asks what ``lacking`` asks, with more to say which: a number, a name, an event."""
    relations = (full.relation, full.relation | full.kinds_named)
    if full.kind != lacking.kind or lacking.relation not in relations or roles_differ(full, lacking):
        return False
    if not (lacking.numbers <= full.numbers and lacking.qualifiers < full.qualifiers):
        return False
    return all(_is_that_name(name, full) for name in lacking.names)


def _is_that_name(name: str, full: Question) -> bool:
    """Whether a name of the shorter question is one of the fuller, or the end of one (Vance, Tilda Vance)."""
    return any(whole == name or whole.endswith(f" {name}") for whole in full.names)


_ONE_OF = re.compile(
    r"\b(?:name|give|list|mention|state|identify|cite|tell me|(?:which|what|who) (?:is|was|are|were)) "
    r"(?:(?:any|at least) )?(?:one|two|three|some|any|another|an? example|examples|among)\b(?! and only\b)"
    r"|\b(?:name|give|list|mention|state|identify|cite) an?\b"
    r"|\b(?:which|what|who) (?:is|was) an? (?:[a-z-]+ ){1,3}?(?:of|in|from|that|who|which)\b"
    r"|\b(?:one|some|any|two) of\b|\bfor (?:example|instance)\b|\bone (?:example|member|reason|way) of\b"
    r"|(?:の|ある)(?:うちの?)?(?:[一1]つ|ひとつ|[一1]人|ひとり|[一1]種|[一1]例|例)(?:は|を|と|に|で|が|の名|挙)"
    r"|(?:[一1二2三3]つ|[一1二2三3]人|ひとつ|ひとり|例を)(?:だけ)?(?:挙げ|あげ|答え|教え|述べ)|例えば|たとえば"
)


def asks_one_of(question: Question) -> bool:
    """Whether a question asks for one of several, so that different answers are right: *Name a member of*."""
    return _ONE_OF.search(question.folded) is not None
