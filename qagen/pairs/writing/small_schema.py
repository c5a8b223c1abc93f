"""The schema that holds a small model to one passage: answers that code found, and words for questions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qagen.pairs.writing.small_reading import (
    CAPITAL,
    CJK,
    FUNCTION_WORDS,
    TABLE_BARS,
    TABLE_HEAD,
    WORD,
    YYYY,
    anchors_of,
    body_of,
    event_names,
    folded_text,
    latin_names,
    numbers_in,
    script_of,
    sentences_in,
    text_around,
    title_of,
    year_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qagen.records import Passage


_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
_WEEKDAY = "(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day )?"
_DAY = rf"{_WEEKDAY}\d{{1,2}}"
_RANGE = re.compile(
    rf"\b{_DAY}(?: {_MONTH})?(?: \d{{4}})? (?:to|until|and) {_DAY} {_MONTH}(?: \d{{4}})?\b"
    rf"|\b(?:between|from) \d{{1,2}}:\d{{2}} (?:and|to) \d{{1,2}}:\d{{2}}\b"
    rf"|\bfrom {YYYY} to {YYYY}\b|\bin {YYYY}(?:, {YYYY})* and {YYYY}\b"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:, \d{{4}})?|{_MONTH} \d{{4}})\b"
)
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_YEAR = re.compile(rf"(?<=\b[Ii]n ){YYYY}\b")
_NO_UNIT = "|".join(
    sorted(FUNCTION_WORDS | {"became", "won", "lie", "lies", "equal", "further", r"\w+ed", r"\w+ing"})
)
_UNIT = rf"(?: ?(?:°C|°F|%)| (?:per cent|percent|(?!(?:{_NO_UNIT})\b)(?:[a-zµ][\w/-]*|[A-Z]\w+s\b)))"
_PER = "(?: per [a-z]+(?: of [a-z]+)?(?: and [a-z]+)?)?"
_AMOUNT_SPAN = re.compile(rf"(?<![\w.,:-])[$€£¥]?\d[\d,.]*(?<![.,])(?:{_UNIT}(?: \d[\d.,]*{_UNIT})*{_PER})?")
_COUNT = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    rf"(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-[a-z]+)?){_UNIT}",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r"\b(?:because|due to) [^.;:\n]{8,90}(?=[.;])")
_ASKING = {
    "when": ("When", "On what date", "On which day", "On which days", "In which years"),
    "clock": ("When", "At what time"),
    "year": ("When", "In which year", "In what year"),
    "amount": (
        "How many", "How much", "How long", "How old", "How high", "How deep", "How far", "How fast",
        "How heavy", "How wide", "How tall", "How often", "What", "At what",
        "By how many", "By how much", "For how long",
    ),
    "count": ("How many", "How long", "For how long", "By how many"),
    "name": ("Who", "Whose", "Which", "What", "Where", "To whom", "By whom", "In which", "At which"),
    "phrase": ("What", "How", "Which", "Where", "Who", "In which", "On which"),
    "because": ("Why",),
}  # fmt: skip
_VALUE = ("because", "when", "who", "name", "year", "clock", "amount", "count")
_MOST = 10  # pairs a passage
_MOST_WORDS = 60  # capitals and numbers a question may use


def _spans(text: str, names: Sequence[str]) -> list[tuple[int, int, str]]:
    """Where reasons, dates, times, names and amounts stand in a text; none overlaps another."""
    one = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"
    name = re.compile(rf"\b(?:{one})(?: and (?:{one}))?\b(?!-| \d)")
    kinds = (
        ("because", _BECAUSE), ("when", _RANGE), ("when", _DATE), ("clock", _CLOCK), ("year", _YEAR),
        ("amount", _AMOUNT_SPAN), ("count", _COUNT), ("name", name),
    )  # fmt: skip
    found: list[tuple[int, int, str]] = []
    for kind, pattern in kinds:
        for match in pattern.finditer(text):
            if all(match.end() <= start or match.start() >= end for start, end, _ in found):
                found.append((match.start(), match.end(), kind))
    return sorted(found)


def _worth_asking(answer: str, kind: str, text: str) -> bool:
    """Whether an answer stands for one fact: it occurs once, and is no label and no bare digit or two."""
    label = answer.rsplit(" ", 1)[-1][0].isdigit() or (" " not in answer and answer.endswith("s"))
    if kind == "name" and label:
        return False
    if kind == "amount" and re.match(r"(?:1\d|20)\d\d\b(?!,)", answer):
        return False
    return len(answer) > len("12") and len(re.findall(rf"(?<!\w){re.escape(answer)}s?(?!\w)", text)) == 1


def _latin_answers(passage: Passage) -> list[tuple[str, str]]:
    text = TABLE_HEAD.sub("", body_of(passage))
    titles = folded_text(" ".join((title_of(passage), *passage.section)))
    names = [name for name in latin_names(text) if folded_text(name) not in titles]
    found: list[tuple[str, str]] = []
    for sentence in sentences_in(text):
        if not re.match(r"(?:If|Unless|When|Whenever) ", sentence) and sentence.count("|") < TABLE_BARS:
            spans = ((sentence[start:end], kind) for start, end, kind in _spans(sentence, names))
            found += [(answer, kind) for answer, kind in spans if _worth_asking(answer, kind, text)]
    return found


_JA_COUNTERS = (
    "万円|円|人|本|点|回|分間?|秒|歳|位|試合|か?クラブ|チーム|キロ?メートル|メートル|キロ(?:グラム)?|度|か月|日間|年間|時間|台|棟|冊|"
    "枚|番|か所|種類|個|件|票|隻|室|席|階|名|%|パーセント"
)
_JA_KINDS = (
    ("when", re.compile(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d{4}年(?![間度])")),
    ("amount", re.compile(rf"約?(?:[\d][\d,，.．]*|[一二三四五六七八九十百千]+)(?:{_JA_COUNTERS})")),
    ("who", re.compile(r"[一-龯々ァ-ヶー]{2,8}(?=（[ぁ-んー]+[・･][ぁ-んー]+）)")),
    (
        "name",
        re.compile(
            r"[一-龯々ァ-ヶー]{2,10}(?=（[ぁ-んー]+）)|[一-龯々]{0,4}[ァ-ヶー]{3,}(?:[・][ァ-ヶー]+)*|「[^」]{2,20}」"
        ),
    ),
)


def _japanese_answers(passage: Passage) -> list[tuple[str, str]]:
    text = body_of(passage)
    found: list[tuple[int, int, str]] = []
    for kind, pattern in _JA_KINDS:
        for match in pattern.finditer(text):
            if all(match.end() <= start or match.start() >= end for start, end, _ in found):
                found.append((match.start(), match.end(), kind))
    titles = " ".join((title_of(passage), *passage.section))
    answers = [(text[start:end].strip("「」"), kind) for start, end, kind in sorted(found)]
    return [(a, k) for a, k in answers if text.count(a) == 1 and a not in titles]


_FINDERS = {"ja": _japanese_answers, "zh": lambda _: [], "en": _latin_answers, "other": _latin_answers}


def _answers(passage: Passage) -> list[tuple[str, str]]:
    """Answers found by code, each with its kind, in the order of the text: what to write questions for."""
    found = _FINDERS[script_of(passage.text)](passage)
    best = sorted(range(len(found)), key=lambda place: _VALUE.index(found[place][1]))[:_MOST]
    return [found[place] for place in sorted(best)]


_JAPANESE = "".join(map(chr, range(0x3041, 0x3094))) + "ー、・年月日回時分人名点数"


def _characters(text: str, extra: str = "") -> str:
    """A character class of the signs of a text, in the syntax that the engine and ``re`` share."""
    signs = {sign for sign in (*text, *extra) if sign.isprintable() and sign not in '"\\[]^?？*_`#|{}- '}
    return "[" + "".join(sorted(signs)) + "-]"


def _told_apart_by(passage: Passage, answer: str, kind: str) -> list[str]:
    """What a question may name so that it is understood alone: names, and for a name also telling numbers."""
    folded = folded_text(answer)
    found = [
        name
        for name in anchors_of(passage)
        if folded_text(name) not in folded and folded not in folded_text(name)
    ]
    if kind == "name":
        found += dict.fromkeys(re.findall(r"(?<![\d.,:])\d+[.,]\d+(?![\d.,:])", passage.text))
    return found


def _words_of(passage: Passage, answer: str, kind: str) -> str:
    """What a question may be made of: small words, and only the text's own capitals and numbers.

    Those of the answer are left out, so that the question cannot give it away.
    """
    about = passage.section[-1] if event_names(passage) else title_of(passage)
    around = f"{about}\n{body_of(passage)}"
    letters = "".join(sorted({sign for sign in around if sign.isalpha() and not sign.isascii()}))
    if script_of(passage.text) != "en":
        return f"([a-zA-Z{letters}'’-]+|[0-9]+([.,:][0-9]+)?)"
    capitals = (re.sub(r"['’]s$", "", word).rstrip("'’-") for word in re.findall(rf"\b{CAPITAL}", around))
    given = set(WORD.findall(answer)) if kind in {"name", "when"} else set()
    small = {"", *FUNCTION_WORDS}
    own = [word for word in dict.fromkeys(capitals) if word not in given and word.casefold() not in small]
    own += [number.replace(".", "\\.") for number in _numbers_for(passage, answer)]
    return "(" + "|".join([f"[a-z{letters}'’-]+", *own[:_MOST_WORDS]]) + ")('s)?"


def _numbers_for(passage: Passage, answer: str) -> list[str]:
    """The numbers a question with this answer may use: its sentences', but none that could be the answer."""
    said = (re.sub(r"^\(?\d+[.)]\s+", "", sentence) for sentence in sentences_in(body_of(passage)))
    near = " ".join(sentence for sentence in said if answer in sentence)
    found = dict.fromkeys(
        re.findall(r"\b\d+(?:[.,:]\d+)*(?:st|nd|rd|th|[A-Z])?\b", f"{near} {year_of(passage)}")
    )
    unit = WORD.findall(answer)[-1:] or [""]
    alike = (
        set(re.findall(rf"(\d[\d.,:]*) {re.escape(unit[0])}\b", near)) if len(answer.split()) > 1 else set()
    )
    taken = (numbers_in(answer) | alike) - ({year_of(passage)} if answer != year_of(passage) else set())
    return [number for number in found if number not in taken]


def _latin_pattern(passage: Passage, answer: str, kind: str) -> str:
    """A question word, words, one of the names, more words, a question mark."""
    word = _words_of(passage, answer, kind)
    first = f"({'|'.join(_ASKING[kind])}) " if script_of(passage.text) == "en" else ""
    names = "|".join(name.replace(".", "\\.") for name in _told_apart_by(passage, answer, kind))
    if not names:
        return f"^{first}({word} ){{2,18}}{word}\\?$"
    return f"^{first}({word},? ){{0,18}}({names})('s)?(,? {word}){{0,18}}\\?$"


_CJK_ASKING = {"when": "(いつ|何年|何月何日|何日)", "who": "誰", "name": "(何|どこ|どの)"}


def _cjk_asking(answer: str, kind: str) -> str:
    """The words that ask for an answer of this kind, the counter of an amount included."""
    if kind == "amount":
        counter = re.sub(r"^約?[\d,，.．一二三四五六七八九十百千]+", "", answer)
        return "(いくら|何円)" if counter.endswith("円") else f"何{counter}"
    return _CJK_ASKING.get(kind, "(何|誰|どこ|いつ|なぜ)")


def _cjk_pattern(passage: Passage, answer: str, kind: str) -> str:
    own = [name for name in anchors_of(passage) if not answer or (name not in answer and answer not in name)]
    names = f"({'|'.join(name.replace('.', chr(92) + '.') for name in own)})" if own else ""
    if script_of(passage.text) == "zh":
        sign = _characters(text_around(passage), "是谁什么多少哪年几")
        return f"^{sign}{{0,30}}{names}{sign}{{2,40}}？$"
    sign = _characters(re.sub(r"[何誰。（）「」『』\s]", "", text_around(passage)), _JAPANESE)
    end = "(ですか|でしたか|ましたか|ますか|たか|るか)"
    return f"^{sign}{{0,24}}{names}{sign}{{1,20}}{_cjk_asking(answer, kind)}{sign}{{0,10}}{end}？$"


def _item(answer: dict[str, Any], question: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"answer": answer, "question": {"type": "string", "pattern": question}},
        "required": ["answer", "question"],
        "additionalProperties": False,
    }


def answers_found(passage: Passage) -> int:
    """How many pairs a small model will write: one for each answer that code finds, else one or two."""
    return len(_answers(passage)) or 2


def _pairs_schema(passage: Passage) -> dict[str, Any]:
    """One item for each answer found; the model chooses answers itself only where none is found."""
    pattern = _cjk_pattern if script_of(passage.text) in CJK else _latin_pattern
    found = [_item({"const": answer}, pattern(passage, answer, kind)) for answer, kind in _answers(passage)]
    if found:
        return {"type": "array", "prefixItems": found}
    sign = _characters(passage.text)
    free = f"^{sign}{{1,30}}$" if pattern is _cjk_pattern else f"^({sign}+ ){{0,11}}{sign}+$"
    item = _item({"type": "string", "pattern": free}, pattern(passage, "", "phrase"))
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 2}


def reply_schema(passage: Passage) -> dict[str, Any]:
    """The JSON schema of a reply about this passage, for an engine that enforces ``pattern``.

    In each pair the answer stands first: most are found by code and fixed (``const``), so that the model only
    writes the question. The patterns use what llama.cpp and Python's ``re`` read alike: literals, groups,
    ``|``, ``+``, ``?``, bounded repeats and positive character classes.
    """
    return {
        "type": "object",
        "properties": {"question_answer_pairs": _pairs_schema(passage)},
        "required": ["question_answer_pairs"],
        "additionalProperties": False,
    }
