"""Replies to questions with given answers: yes or no, and one of several options."""

from __future__ import annotations

import re
import unicodedata

from qagen.evaluation.scoring.asked import read_asked
from qagen.evaluation.scoring.hedging import is_negated
from qagen.evaluation.scoring.matching import spans_of
from qagen.evaluation.scoring.tokens import read
from qagen.evaluation.scoring.wholeness import Span
from qagen.text import fold

_YES = frozenset(
    [
        "yes",
        "yeah",
        "yep",
        "true",
        "correct",
        "right",
        "はい",
        "ええ",
        "正しい",
        "本当",
        "真",
        "正",
        "そうです",
    ]
)
_NO = frozenset(
    [
        "no",
        "nope",
        "false",
        "incorrect",
        "wrong",
        "untrue",
        "いいえ",
        "正しくない",
        "違います",
        "ちがいます",
        "誤り",
        "偽",
        "間違い",
    ]
)

_OPENS_YES = re.compile(
    r"(?:yes|yeah|yep|yup|correct|right|true|indeed|absolutely|certainly|exactly)\b(?! (?:answer|statement"
    r"|or\b))"
    r"|(?:はい|ええ|うん)(?![\u3040-\u309f])|そう(?:です|だ)|その(?:とお|通)り|正しい|本当(?:です|。|\Z)"
    r"|事実です|合って(?:い)?ま?す(?!か)"
    r"|合っている|真\Z|○",
    re.IGNORECASE,
)
_OPENS_NO = re.compile(
    r"(?:no|nope|incorrect|false|wrong|untrue|not (?:correct|true|right|quite|exactly))\b(?! (?:idea"
    r"|information|one|doubt|problem))"
    r"|いいえ|いえ(?=[、。]|\Z)|いや|(?:違|ちが)(?:います|う)|正しく(?:あり|な)|合って(?:い)?(?:ません|ない)|(?:誤|間違)(?:り|い"
    r"|って)|偽|嘘|そうでは(?:あり|な)|本当では|事実では|×",
    re.IGNORECASE,
)
_SAYS_NO = re.compile(
    r"\b(?:is|was|are|'s|’s)(?:n['’]t| not)(?: \w+)? (?:correct|true|right|accurate|the case)\b|\b(?:is|was"
    r"|are|'s|’s) (?:\w+ly )?(?:incorrect|false|untrue|wrong|inaccurate)\b"
    r"|\banswer(?: is|:) no\b|\bdid(?:n['’]t| not) (?:tell|say|give|answer)"
    r"|\b(?:told|gave|said|tell|give|says|replied with)\b[^.,;]{0,30}\b(?:wrong|incorrect|false|untrue)\b"
    r"|\b(?:answered|replied) (?:wrongly|incorrectly|falsely)\b"
    r"|正しく(?:あり|な|答えて(?:い|お)?(?:ま|な|り))|(?:誤り|間違い|間違って|誤って)(?:です|だ|い)"
    r"|(?:間違った|誤った|違う)(?:こと|答え)|(?:は|が)(?:違|ちが)(?:います|う|って)|本当では(?:あり|な)|事実では(?:あり|な)|合って(?:い)?(?:ません|ない)|答えはいいえ",
    re.IGNORECASE,
)
_SAYS_YES = re.compile(
    r"\b(?:is|was|are|'s|’s) (?:\w+ly )?(?:correct|true|right|accurate|the case)\b(?! (?:answer|score|date"
    r"|name|year|number))"
    r"|\banswer(?: is|:) yes\b|\b(?:told|tell|gave|give|said|say)\b[^.,;]{0,24}"
    r"\b(?:what is|what was|the|a) (?:right|correct|true)\b|\b(?:answered|replied) (?:correctly|rightly)\b"
    r"|正しく(?:答え|伝え|教え)(?:ました|た|て(?:い|お))|正しい(?:答え|こと)を|正しい(?:です|。|\Z|文)|本当(?:です|だ|。)|事実(?:です|だ)"
    r"|合って(?:い)?ます|答えははい",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|might|not sure|not certain|unsure|partly|partially|half)\b"
    r"|yes and no|yes or no|yes/no"
    r"|おそらく|たぶん|かもしれ|どちらとも|でしょう",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\byes\b.{0,12}\bno\b(?! (?:doubt|question|problem|one|other|longer|more|less))"
    r"|\bno\b[\s.,;:!-]*(?:wait|actually)?[\s.,;:!-]*\byes\b|はい.{0,6}いいえ|いいえ.{0,4}はい",
    re.IGNORECASE,
)
_WHAT = re.compile(
    r"\b(tell|told|telling|tells|said|say|gave|give)\b([^.,;?!]{0,24}?)"
    r"\bwhat (?:is|was) (?:right|correct|true)\b",
    re.IGNORECASE,
)
Saying = bool | None


def polarity_of(answer: str) -> Saying:
    """Whether an answer is a yes (or true) or a no; ``None`` when it is neither."""
    plain = fold(answer)
    return True if plain in _YES else False if plain in _NO else None


def reads_as(reply: str) -> tuple[Saying, bool]:
    """Whether a reply says yes or no (``None``: neither), and whether it takes it back or says both."""
    text = _WHAT.sub(r"\1 the right", unicodedata.normalize("NFKC", reply)).strip(" \n\t\"'“”「」*.。,、:-")
    opened: Saying = True if _OPENS_YES.match(text) else False if _OPENS_NO.match(text) else None
    stated = _stated(text)
    if opened is None:
        opened = stated[-1] if stated else _last_word(text)
    contradicts = opened is not None and (not opened) in stated
    if _BOTH.search(text):
        return None, True
    return opened, contradicts or _UNSURE.search(text) is not None


def _stated(text: str) -> list[bool]:
    denied = [match.span() for match in _SAYS_NO.finditer(text)]
    affirmed = [
        match.span()
        for match in _SAYS_YES.finditer(text)
        if not any(start <= match.start() < end for start, end in denied)
    ]
    told = sorted([(span, False) for span in denied] + [(span, True) for span in affirmed])
    return [truth for _, truth in told]


def _last_word(text: str) -> Saying:
    """The last word where a reply ends in it: ... So: yes."""
    words = read(text).words
    return polarity_of(words[-1].text) if words and words[-1].kind == "word" else None


# --- options ---------------------------------------------------------------------------------------------

_LETTERS = "ABCDEFGHIJ"
_KANA = "アイウエオカキクケコ"
_LETTER = (
    re.compile(
        r"(?<![\w'’])([A-Ja-jア-コ])[)）]?,? ?(?:or|and|/|か|または|と) ?[(（]?([A-Jb-jア-コ])(?![\w'’])"
    ),
    re.compile(
        r"\A[(（\[]?([A-Ja-jア-コ])(?:[)）\].:、,。]|\Z|\s+[-–—(]|\s+(?:because|since|as)\b|\s*(?:です|でした|だ))"
    ),
    re.compile(
        r"(?:\b(?:answer|option|choice|letter)(?: is)?|答え?は|正解は"
        r"|選択肢は?)\s*:?\s*[(（\[]?([A-Ja-jア-コ])(?![A-Za-z'’ァ-ヶー])(?! \w+ (?:is|was)\b)"
    ),
    re.compile(
        r"[(（\[]([A-Ja-jア-コ])[)）\]]|(?<![\w'’])([B-JＢ-Ｊ]|A(?=[).:,\s]*(?:\Z|is (?:correct|right)"
        r"|[).:])))(?![\w'’])(?=\s*(?:[).:,]|\Z|is\b))"
    ),
)


def chosen(reply: str, options: tuple[str, ...], question: str) -> frozenset[int]:
    """The options that a reply gives, by letter or by text, each as its place among them."""
    text = _WHAT.sub(r"\1 the right", unicodedata.normalize("NFKC", reply)).strip()
    return frozenset(_by_letter(text, options) | _by_text(text, options, question))


def _by_letter(text: str, options: tuple[str, ...]) -> set[int]:
    for pattern in _LETTER:
        found = {_place_of(letter) for match in pattern.finditer(text) for letter in match.groups() if letter}
        known = {place for place in found if place < len(options)}
        if known:
            return known
    return set()


def _place_of(letter: str) -> int:
    return _KANA.find(letter) if letter in _KANA else _LETTERS.find(letter.upper())


def _by_text(text: str, options: tuple[str, ...], question: str) -> set[int]:
    """Options that stand in the reply and are not denied, nor part of another one that stands there."""
    reading, asked = read(text), read_asked("")
    told: dict[int, list[Span]] = {}
    for place, option in enumerate(options):
        spans = spans_of(option, reading, asked)
        told[place] = [span for span in spans if not is_negated(span, reading, read_asked(question))]
    every = [span for spans in told.values() for span in spans]
    return {
        place
        for place, spans in told.items()
        if any(not any(_covers(other, span) for other in every) for span in spans)
    }


def _covers(one: Span, other: Span) -> bool:
    return one[0] <= other[0] and other[1] <= one[1] and one != other
