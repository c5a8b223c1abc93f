"""Cheap rules that suspect a question of not standing alone. They are triage: nothing is dropped by them.

Measured on people's judgements such rules are right about 43 % of the time in English and 17 % in Japanese
(``docs/quality.md``), so they only choose which pairs a reviewer looks at. What they look for: words that
point at a text or at something said before, pronouns without a name before them, bare definite nouns
(*the match*, 試合は), questions with neither a name nor a number, and those without the year of their
heading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from qagen.pairs.gates.problems import Problem
from qagen.records import Passage, QAPair
from qagen.text.proper_names.reader import names

_KANA = re.compile(r"[\u3040-\u30ff]")
_ENGLISH = re.compile(
    r"\b(?:who|whom|whose|what|when|which|how|why|where|the|did|does|is|are|do|has|name)\b", re.IGNORECASE
)
_CASED = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f]")

# --- English ---------------------------------------------------------------------------------------------

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
_BINDS = frozenset(
    ("his", "her", "its", "their", "himself", "herself", "itself", "themselves", "them", "it"),
)
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
_CALENDAR = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|"
    r"october|november|december"
)
_TELLING = re.compile(r"\d{3}|第[\d一二三四五六七八九十]+[回代]|\b\d+(?:st|nd|rd|th)\b")  # years, editions
_QUOTED = re.compile(r"[\"“”«»*‘].+?[\"“”«»*’]")


def suspicion(pair: QAPair, passage: Passage) -> Problem | None:
    """Why a reviewer should look whether the question stands alone, or ``None``.

    The reason is ``points_at_text``, ``deictic``, ``pronoun``, ``bare_noun``, ``no_name`` or ``no_year``.
    English and Japanese have rules of their own; of those, questions in other languages are only suspected
    for the last two, and for ``no_name`` not at all where the script knows no capitals.
    """
    question = unicodedata.normalize("NFKC", pair.question).strip()[:_LONGEST]
    rules = _JA_RULES if _KANA.search(question) else _EN_RULES if _ENGLISH.search(question) else _OTHER_RULES
    found = ((reason, rule(question, passage)) for reason, rule in rules.items())
    return next((Problem(reason, detail) for reason, detail in found if detail), None)


NO_YEAR = "no_year"
_LONGEST = 1000  # characters of a question that are looked at
_Rule = Callable[[str, Passage], str]


def _english_names(question: str) -> list[str]:
    return sorted(name for name in names(question) if not _CALENDAR.fullmatch(name))


def _named(text: str) -> bool:
    """Whether a text names anything: a proper name, or a title in quotation marks."""
    return bool(_QUOTED.search(text) or _english_names(text))


def _said(match: re.Match[str] | None, what: str) -> str:
    return f"{match[0].strip()!r} {what}" if match else ""


def _points(question: str, passage: Passage) -> str:
    del passage
    plain = _ABOVE_VALUE.sub("", question)
    return _said(_TEXT.search(plain), "points at a text that the reader does not have")


def _deictic(question: str, passage: Passage) -> str:
    del passage
    found = _HERE.search(question)
    same = _SAME.search(question)
    if not found and same and not re.search(r"\d", question[: same.start()]):
        found = same
    return _said(found, "points at something said before")


def _pronoun(question: str, passage: Passage) -> str:
    del passage
    plain = _EXPLETIVE.sub("", _EXISTS.sub("", question))
    bound = _BOUND.search(plain)
    for match in _PRONOUN.finditer(plain):
        word = match[0].casefold()
        before = plain[: match.start()]
        if word in _BINDS and bound and bound.end() <= match.start():
            continue
        if word in {"you", "your"} and not _NO_ADDRESS.search(plain):
            continue
        if word in _NO_NAME_HELPS or not _named(f"x {before.split(' ', 1)[-1]}" if " " in before else ""):
            return _said(match, "stands for a name that the question does not give")
    return ""


_NO_ADDRESS = re.compile(r"\byour (?:answer|text|team)\b", re.IGNORECASE)


def _bare_noun(question: str, passage: Passage) -> str:
    del passage
    for match in _DEFINITE.finditer(question):
        rest, before = match["rest"], question[: match.start()]
        if re.match(r"['’]s\b|-", rest) or re.match(r" [A-Z*\"“«]|,? \d", rest):
            continue
        told = _TELLS.match(rest)
        if told and told[0] and (_named(f"x {told[0]}") or _TELLING.search(told[0])):
            continue
        if any(_named(f"x {of[1]}") for of in _OF_NAME.finditer(rest)):
            continue
        if _named(before) and re.search(r"\d{3}|\b[A-Z]\w+ [A-Z]", before):
            continue
        noun = match[0][: len(match[0]) - len(rest)]
        return f"{noun!r} does not say which one"
    return ""


def _no_name(question: str, passage: Passage) -> str:
    """Neither name nor number: unless the passage itself is general knowledge, without a name."""
    if not _CASED.search(question) or _TELLING.search(question) or _named(question):
        return ""
    if passage.text.strip() and not names(passage.text) and not re.search(r"\d{4}", passage.text):
        return ""
    return "the question has neither a name nor a number"


_YEAR = re.compile(
    r"(?<![\d.,])(?:1\d|20)\d\d(?!\d|[.,]\d)|第[\d一二三四五六七八九十]+回|\b\d+(?:st|nd|rd|th)\b"
)
_BOUND_YEAR = re.compile(r"\b(?:after|before|since|until|from|to)\b|以後|以前|以降|まで|から", re.IGNORECASE)


def _no_year(question: str, passage: Passage) -> str:
    """The nearest heading with a year puts the passage in that one, and the question names none."""
    if _YEAR.search(question):
        return ""
    for heading in (*reversed(passage.section), passage.theme):
        years = re.findall(r"(?<!\d)(?:1\d|20)\d\d(?!\d)", unicodedata.normalize("NFKC", heading))
        if years and _BOUND_YEAR.search(heading):
            return ""
        if years:
            return "" if len({*years}) > 1 else f"the year of its heading, {years[0]}, is missing"
    return ""


_EN_RULES: dict[str, _Rule] = {
    "points_at_text": _points,
    "deictic": _deictic,
    "pronoun": _pronoun,
    "bare_noun": _bare_noun,
    "no_name": _no_name,
    NO_YEAR: _no_year,
}

_OTHER_RULES: dict[str, _Rule] = {"no_name": _no_name, NO_YEAR: _no_year}

# --- Japanese --------------------------------------------------------------------------------------------

_JA_TEXT = re.compile(
    r"本文|文中|文章|上記|下記|前述|後述|上述|先述|この(?:文|記事|資料|表|段落)|次の(?:文|表)|筆者|著者(?=は|が|の)"
)
_JA_HERE = re.compile(
    r"この(?!ほか)|これ(?:は|ら|が|を|に|まで|により)|ここ(?:で|に|は|の)|こうした|そうした|こちら|今(?:年|月|日|回|大会|季)|"
    r"昨(?:年|季|日)|去年|来(?:年|季|月)(?!日)|先(?:日|月|週)|当(?:大会|社|館|店|校|クラブ|連盟|施設|該)|我々|私たち|弊社|わが"
)
_JA_BACK = re.compile(
    r"その|それ|そこ(?:で|に|は|の|へ)|あの|同じ(?:年|日|月|試合|大会|場所|チーム)|"
    r"同(?=[\u4e00-\u9fffァ-ヶ])(?!時|名|士|様|意|盟|点|率|着|行|居|僚|期生|化|窓|封|級生|乗|梱|義|調|感|情|志|好|性)"
    r"|当(?:時|日)|(?:前|翌|前々|翌々)(?:年|日|月|季)|(?:前|次)(?:回|大会|節)|両(?:チーム|者|国|選手|軍|クラブ)|後者|前者"
)
_JA_PRONOUN = re.compile(r"彼(?:女|ら)?(?=[はがのをにとらもへ、])|本人|同氏|同選手")
_JA_NOUNS = (
    "試合|大会|決勝|準決勝|優勝者|優勝チーム|優勝|準優勝|会場|球場|観客|観客数|入場者|主将|監督|選手|チーム|クラブ|得点|得点者|"
    "先制点|決勝点|博物館|美術館|会社|社長|会長|大学|学校|校長|市長|町長|村長|知事|町|市|村|寺|城|橋|駅|建物|島|川|山|湖|本|小説|映画|曲|"
    "作品|作者|祭り|式典|会議|総会|選挙|戦い|戦争|事件|事故|法律|条例|条約|契約|規則|王|皇帝|将軍|船|列車|病気|薬|実験|研究|計画|"
    "延長戦|前半|後半|審判|主審|賞金|賞|参加者|参加費|料金|開会式|閉会式|チケット|大臣|首相|大統領|著者|筆者|男性|女性|機械|装置|製品"
)
_JA_BARE = re.compile(rf"(?:^|[、。])(?:{_JA_NOUNS})(?:で|に|の)?(?=[はがでにをのへとも])")
_JA_HEADS = {
    "大会": r"大会|杯|カップ|選手権|レガッタ|リーグ|五輪|オリンピック|祭",
    "年": r"\d年|[一二三四五六七八九〇元]年",
}
_JA_QUOTED = re.compile(r"「.+?」|『.+?』|[A-Za-z]{2,}|[ァ-ヶー]{3,}")
_JA_NUMBER = re.compile(r"\d|第?[一二三四五六七八九十百千万〇]{1,}(?:回|年|月|日|世|号|代|位|番)")
_JA_ASKING = re.compile(
    r"何[年月日時分秒人点回本枚歳位番度個台件円名校]?|誰|だれ|どこ|どの|どれ|いつ|なぜ|いくつ|いくら|どう|どんな"
)
_JA_COMMON = re.compile(
    rf"{_JA_NOUNS}|名前|人数|時間|場所|理由|原因|結果|開催|創設|設立|開始|終了|年間|以上|以下|最初|最後|最大|最高"
)
# What a name in kanji ends in, and what there is only one of: names() knows people and places, not these.
_JA_ENDS = re.compile(
    r"[\u4e00-\u9fff々ヶ]{2,}(?:球技場|競技場|球場|駅伝|憲法|条約|の戦い|の変|の乱|維新|大学|高校|神社|城|京|県|府|都|市|"
    r"湖|川|山|島|橋|駅|藩|連盟|協会|鉄道|新聞|銀行|時代)"
)
_JA_ONE = re.compile(r"日本|世界|地球|太陽|月面|宇宙|人間|人体|江戸|東京|京都|大阪|円周率|三角形")


def _ja_named(text: str) -> bool:
    """Whether a text names anything: a title in brackets, Latin or katakana letters, a name in kanji."""
    if _JA_QUOTED.search(text) or _JA_ENDS.search(text) or _JA_ONE.search(text):
        return True
    left = _JA_ASKING.sub("、", text)
    return any(not _JA_COMMON.fullmatch(name) for name in names(left) if not name.isdigit())


def _ja_points(question: str, passage: Passage) -> str:
    del passage
    return _said(_JA_TEXT.search(question), "points at a text that the reader does not have")


def _ja_deictic(question: str, passage: Passage) -> str:
    del passage
    here = _JA_HERE.search(question)
    if here:
        return _said(here, "points at something said before")
    for match in _JA_BACK.finditer(question):
        before, after = question[: match.start()], question[match.end() :]
        if not _ja_led_up_to(match[0], before, after):
            return _said(match, "points at something said before")
    return ""


def _ja_led_up_to(word: str, before: str, after: str) -> bool:
    """Whether what 同…, その or 翌年 points at stands before it in the question itself."""
    if word == "同":
        head = next((head for head in _JA_HEADS if after.startswith(head)), after[:1])
        return bool(re.search(_JA_HEADS.get(head, re.escape(head)), before))
    if re.search(r"[年日月季時]$", word):
        return bool(_JA_NUMBER.search(before)) or (_ja_named(before) and before.endswith("た"))
    return _ja_named(before) or bool(_JA_NUMBER.search(before))


def _ja_pronoun(question: str, passage: Passage) -> str:
    del passage
    matches = (match for match in _JA_PRONOUN.finditer(question) if not _ja_named(question[: match.start()]))
    return _said(next(matches, None), "stands for a name that the question does not give")


def _ja_bare_noun(question: str, passage: Passage) -> str:
    del passage
    for match in _JA_BARE.finditer(question):
        before = question[: match.start() + 1]
        if not (_ja_named(before) and _JA_NUMBER.search(before)):
            return f"{match[0].strip('、。')!r} does not say which one"
    return ""


def _ja_no_name(question: str, passage: Passage) -> str:
    del passage
    if _TELLING.search(_JA_ASKING.sub("", question)) or _ja_named(question):
        return ""
    return "the question has neither a name nor a number"


_JA_RULES: dict[str, _Rule] = {
    "points_at_text": _ja_points,
    "deictic": _ja_deictic,
    "pronoun": _ja_pronoun,
    "bare_noun": _ja_bare_noun,
    "no_name": _ja_no_name,
    NO_YEAR: _no_year,
}
