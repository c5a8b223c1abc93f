"""What a small embedded model needs to write usable pairs: its own prompt, a tight schema, and filters.

A model of one or two billion parameters copies the good and bad examples that help a large one, and asks
the same thing twice. It does better when it is asked for less: one paragraph at a time, one worked example as
a chat turn, answers that code has found in the text, and an engine that holds each question to a pattern
made of a question word that suits the answer, the paragraph's own names and numbers, and a question mark.
What is still wrong is often visible without a model, so plain rules drop it. The trial behind each choice
is described in ``docs/small-models.md``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate

from qagen.pairs.gates.glued_words import glued_word
from qagen.pairs.gates.merged_facts import merged_clauses, merged_sentences
from qagen.records import QA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from qagen.pairs.writing.schemas import Item
    from qagen.records import Passage

CHUNK_TOKENS = 120
CONTEXT_TOKENS = 0
MAX_TOKENS = 600

_SYSTEM = """\
You write question-answer pairs about a text, for a quiz. The players have not seen the text.
First comes the answer, copied from the text. Then comes the question that it answers: it names the person, \
thing or event it is about, and the year if there is one, and does not give the answer away.
{instructions}"""

_TURN = "Title: {theme}\nSection: {section}\nLanguage: {language}\nText: {text}"

_EXAMPLES: tuple[tuple[dict[str, str], tuple[tuple[str, str], ...]], ...] = (
    (
        {
            "theme": "Bridges of Pellisport",
            "section": "The flood of 1931",
            "language": "English",
            "text": "The flood of 4 March destroyed the Ferrand Bridge, which Ida Molnar had built of larch "
            "in 1888. It had carried 60 carts a day. She was asked for a stone bridge of 82 metres, because "
            "the insurance paid little for wood. Ten months later it was opened to the south of the old one.",
        },
        (
            ("4 March", "When did a flood destroy the Ferrand Bridge in Pellisport in 1931?"),
            ("Ida Molnar", "Who built the Ferrand Bridge that was destroyed in 1931?"),
            ("1888", "In which year was the wooden Ferrand Bridge built?"),
            ("60 carts", "How many carts a day did the Ferrand Bridge carry before the flood of 1931?"),
            (
                "82 metres",
                "How long was the stone bridge that Ida Molnar was asked for after the flood of 1931?",
            ),
            ("because the insurance paid little for wood", "Why was Ida Molnar asked for a bridge of stone?"),
        ),
    ),
)


def _reply(pairs: Iterable[tuple[str, str]]) -> str:
    """A reply as the schema asks for it, without the spaces that would cost tokens."""
    items = [{"answer": answer, "question": question} for answer, question in pairs]
    return json.dumps({"question_answer_pairs": items}, ensure_ascii=False, separators=(",", ":"))


def _worked_examples() -> list[HumanMessage | AIMessage]:
    turns = [(HumanMessage(_TURN.format(**case)), AIMessage(_reply(pairs))) for case, pairs in _EXAMPLES]
    return [message for turn in turns for message in turn]


SMALL_QA_PROMPT = ChatPromptTemplate(
    [("system", _SYSTEM), *_worked_examples(), ("human", _TURN)],
    partial_variables={"instructions": ""},
    metadata={"name": "write-pairs-small", "version": 1, "hash": "e212619f"},
)

# --- reading a passage -----------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_KANA = re.compile(r"[\u3040-\u30ff]")
_YYYY = r"(?:1\d|20)\d\d"
_CJK = frozenset({"ja", "zh"})
_HAN = re.compile(r"[\u3400-\u9fff]")
_HEADING = re.compile(r"^ {0,3}#{1,6} .*$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[^|\n]*\|(?:[^|\n]*\|)+[^|\n]*$\n?", re.MULTILINE)
_TABLE_HEAD = re.compile(r"^\|.*\|\s*\n(?=\|[\s:|-]+\|\s*$)", re.MULTILINE)
_MARKUP = re.compile(r"[*_`#|]+")
_SENTENCE_END = re.compile(r"[。！？]+[」』）]*|(?<=[.!?])[\"”’)]*(?=\s+[^a-z\s])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|Nos|Prof|Sr|Jr|vs|approx|ca)|\b[A-Z]|(?:^|\n)\s*\d+)\.$"
)


def _words(lines: str) -> frozenset[str]:
    return frozenset(lines.split())


_FUNCTION_WORDS = _words("""
    a an the of in on at by to for from with and or but nor so as is are was were be been being am do
    does did has have had having will would shall should can could may might must this that these those
    it its he him his she her they them their we us our you your i my me who whom whose what which when
    where why how much many there here not no than then also only into over under about after before
    during between through per up down out off both each all any some such same other more most very
    just if because since while until one
""")
_OPENERS = _words("""
    der die das ein eine le la les un une el los las il lo gli os as uma een het den det neither
    although however despite unlike every another several half later today now once two three four five
    six seven eight nine ten january february march april may june july august september october
    november december monday tuesday wednesday thursday friday saturday sunday spring summer autumn
    winter am pm ad bc
""")
_NEARLY_ALL = 0.8  # of an answer's words must stand in a sentence that gives it
_NEARLY_THE_SAME = 0.6  # of the words of the shorter of two questions with one answer
_KNOWN_WORDS = 0.5  # of a question's words must be known to the passage: people paraphrase, and so do models
_KNOWN_NEARBY = 0.4  # of them must stand near the answer


def _fold(text: str) -> str:
    """Text made comparable: NFKC, lower case, no markup, single spaces, plain apostrophes."""
    plain = _MARKUP.sub(" ", unicodedata.normalize("NFKC", text)).replace("’", "'").casefold()
    return " ".join(plain.split())


def _around(passage: Passage) -> str:
    return "\n".join((_title(passage), *passage.section, passage.context, passage.text))


def _plain(text: str) -> str:
    """Text without Markdown's emphasis, which a small model copies into its questions."""
    return re.sub(r"(?<!\w)[*_`]+|[*_`]+(?!\w)", "", text)


def _body(passage: Passage) -> str:
    """What a passage says: its plain text without headings, which stand in ``section``, and without tables.

    These models write nonsense about tables. One that is all there is stays, so that something is asked.
    """
    text = _HEADING.sub("", _plain(passage.text)).strip()
    return _TABLE_ROW.sub("", text).strip() or text


def _title(passage: Passage) -> str:
    """The title up to its colon or bracket: a subtitle's words get into every question."""
    return re.split(r"\s*[:(|]\s|\s[-–—]\s|\u3000", passage.theme.strip())[0].strip()


def _year_of(passage: Passage) -> str:
    """The one year the nearest heading puts the passage in; ``""`` for none, several, or *after 2024*."""
    for heading in (*reversed(passage.section), passage.theme):
        years = set(re.findall(r"(?<![\d.,])(?:1\d|20)\d\d(?![\d,]|\.\d)", heading))
        if years:
            bound = re.search(r"(?i)\b(?:after|before|since|until|from|to)\b|[-–—～~以後前]", heading)
            return years.pop() if len(years) == 1 and not bound else ""
    return ""


_PLACE = r"(?:text|passage|section|article|document)\b"
_ACCORDING = re.compile(
    rf",? (?:according to|as \w+ in) the {_PLACE}[^?]*|"
    rf",? (?:mentioned|described|listed|given) in the {_PLACE}",
    re.IGNORECASE,
)


def stand_alone(question: str, answer: str, passage: Passage) -> str:
    """The question without *according to the text*, and with the year of its heading if it lacks one.

    *How many boats entered?* under the heading *The 2023 regatta* becomes *In 2023, how many boats entered?*,
    unless its sentence has a year of its own.
    """
    question = re.sub(rf"the {_PLACE} (?:in|of|about) the (?=[A-Z])", "the ", question)
    told = _ACCORDING.sub("", question)
    named = any(name in told for name in _anchors(passage)) or not _anchors(passage)
    question = told if named and told.strip(" ?") else question
    year, script = _year_of(passage), _script(passage.text)
    dated = re.search(_YYYY, f"{question} {answer} {find_quote(question, answer, passage)}")
    if not question or not year or dated or script not in {"en", "ja"}:
        return question
    return f"{year}年、{question}" if script == "ja" else f"In {year}, {question[0].lower()}{question[1:]}"


_NUMBERING = re.compile(r"^(?:[\d.]+\s+|(?:Article|Section|Chapter|Part|§) ?\w+[.:]\s+)")


def prompt_variables(passage: Passage, *, language: str | None = None) -> dict[str, str]:
    """What ``SMALL_QA_PROMPT`` is filled with: the text without emphasis, a short title, plain sections.

    An event that has a heading of its own is the title: the model puts the title into its questions.
    """
    named = {"ja": "Japanese", "zh": "Chinese", "en": "English"}
    sections = [_NUMBERING.sub("", one) for one in passage.section if one != passage.theme]
    title = _title(passage)
    if _events(passage):
        title, sections = sections[-1], [title, *sections[:-1]]
    return {
        "text": _body(passage),
        "theme": title,
        "section": " > ".join(sections),
        "context": passage.context,
        "language": language or named.get(_script(passage.text), "that of the text"),
    }


def _script(text: str) -> str:
    """``ja``, ``zh``, ``en``, or ``other``: only as fine as the patterns and filters need."""
    if len(_HAN.findall(text)) + len(_KANA.findall(text)) > len(text) / 5:
        return "ja" if _KANA.search(text) else "zh"
    words = [word.casefold() for word in _WORD.findall(text)]
    common = sum(word in {"the", "of", "and", "in", "was", "to", "is", "a"} for word in words)
    return "en" if common * 12 >= len(words) else "other"


def _sentences(text: str) -> list[str]:
    """The sentences of a text, each an exact piece of it."""
    found, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[start : end.end()].rstrip()):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    return [sentence for sentence in (*found, text[start:].strip()) if sentence]


_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'-]*"
_NAME = re.compile(
    rf"{_CAPITAL}(?:(?: (?:of|the|of the|de|la|du|von|van|der))? {_CAPITAL})*"
    r"(?: \d{1,3}[A-Z]?\b(?![.,:]?\d| [A-Z]))?"
)
_CJK_NAME = re.compile(r"[ァ-ヶー・]{2,}[一-鿿]{0,4}|[一-鿿々]{2,}|[A-Za-z][A-Za-z0-9]+")


def _trimmed(words: list[str]) -> str:
    """Capitalised words without those at either end that are no part of a name."""
    common = _FUNCTION_WORDS | _OPENERS
    kept = [place for place, word in enumerate(words) if word.casefold() not in common]
    name = " ".join(words[kept[0] : kept[-1] + 1]) if kept else ""
    name = re.sub(r"['’]s$", "", name).strip("'’-")
    person, _, _ = name.partition(" of ")
    return person if " " in person else name


def _latin_names(text: str) -> list[str]:
    """Runs of capitalised words, without the capitals that only open a sentence."""
    found: list[str] = []
    text = _MARKUP.sub("", _TABLE_HEAD.sub("", text))
    for match in _NAME.finditer(text):
        name = _trimmed(match.group().split())
        opens = " " not in match.group() and not re.search(
            r"[\w,;:]\s*$", text[max(0, match.start() - 9) : match.start()]
        )
        if (
            len(name) > 1
            and name[0].isalpha()
            and not (opens and not re.search(rf"[\w,;:] {re.escape(name)}\b", text))
        ):
            found.append(name)
    return list(dict.fromkeys(found))


def _names(text: str, script: str) -> list[str]:
    found = _CJK_NAME.findall(text) if script in _CJK else _latin_names(text)
    return list(dict.fromkeys(found))


def _in_full(names: list[str], known: Iterable[str]) -> list[str]:
    """Names with a surname or first name replaced by the full name where the surroundings give it."""
    longer = sorted({*known, *names}, key=lambda one: (len(one), one))
    full: list[str] = []
    for name in names:
        fuller = (one for one in longer if one.endswith(f" {name}") or one.startswith(f"{name} "))
        full.append(next(fuller, name))
    return list(dict.fromkeys(full))


def _events(passage: Passage) -> list[str]:
    """The names in the nearest heading if it has a year: *The Night Lap of 2023*, not *General Rules*."""
    heading = passage.section[-1] if passage.section and passage.section[-1] != passage.theme else ""
    named = _names(heading, _script(passage.text)) if re.search(_YYYY, heading) else []
    return [form for name in named if " " in name for form in (name, name.lower())]


@lru_cache(maxsize=256)
def _anchors(passage: Passage) -> tuple[str, ...]:
    """The names of which a question must hold one: the passage's own, and its event's or document's."""
    script, title = _script(passage.text), _title(passage)
    body = _body(passage)
    known = _names(f"{title}\n{passage.context}\n{body}", script)
    own = _in_full(_names(body, script), known)
    document = () if _events(passage) else _names(title, script)
    found = [*_events(passage), *own, *document] or _names(passage.context, script)
    safe = [name for name in found if re.fullmatch(r"[\w .'’&・ー-]{2,40}", name) and not name.isdigit()]
    telling = [name for name in safe if " " in name or not name.endswith("s")]  # not the class of "14 Herons"
    return tuple(dict.fromkeys(telling or safe))[:24]


# --- the answers to ask for ------------------------------------------------------------------------------

_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
_WEEKDAY = "(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day )?"
_DAY = rf"{_WEEKDAY}\d{{1,2}}"
_RANGE = re.compile(
    rf"\b{_DAY}(?: {_MONTH})?(?: \d{{4}})? (?:to|until|and) {_DAY} {_MONTH}(?: \d{{4}})?\b"
    rf"|\b(?:between|from) \d{{1,2}}:\d{{2}} (?:and|to) \d{{1,2}}:\d{{2}}\b"
    rf"|\bfrom {_YYYY} to {_YYYY}\b|\bin {_YYYY}(?:, {_YYYY})* and {_YYYY}\b"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:, \d{{4}})?|{_MONTH} \d{{4}})\b"
)
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_YEAR = re.compile(rf"(?<=\b[Ii]n ){_YYYY}\b")
_NO_UNIT = "|".join(
    sorted(_FUNCTION_WORDS | {"became", "won", "lie", "lies", "equal", "further", r"\w+ed", r"\w+ing"})
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
_TABLE_BARS = 2  # in a line make it a row of a table, about which these models write nonsense
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
    text = _TABLE_HEAD.sub("", _body(passage))
    titles = _fold(" ".join((_title(passage), *passage.section)))
    names = [name for name in _latin_names(text) if _fold(name) not in titles]
    found: list[tuple[str, str]] = []
    for sentence in _sentences(text):
        if not re.match(r"(?:If|Unless|When|Whenever) ", sentence) and sentence.count("|") < _TABLE_BARS:
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
    text = _body(passage)
    found: list[tuple[int, int, str]] = []
    for kind, pattern in _JA_KINDS:
        for match in pattern.finditer(text):
            if all(match.end() <= start or match.start() >= end for start, end, _ in found):
                found.append((match.start(), match.end(), kind))
    titles = " ".join((_title(passage), *passage.section))
    answers = [(text[start:end].strip("「」"), kind) for start, end, kind in sorted(found)]
    return [(a, k) for a, k in answers if text.count(a) == 1 and a not in titles]


_FINDERS = {"ja": _japanese_answers, "zh": lambda _: [], "en": _latin_answers, "other": _latin_answers}


def _answers(passage: Passage) -> list[tuple[str, str]]:
    """Answers found by code, each with its kind, in the order of the text: what to write questions for."""
    found = _FINDERS[_script(passage.text)](passage)
    best = sorted(range(len(found)), key=lambda place: _VALUE.index(found[place][1]))[:_MOST]
    return [found[place] for place in sorted(best)]


# --- the schema ------------------------------------------------------------------------------------------

_JAPANESE = "".join(map(chr, range(0x3041, 0x3094))) + "ー、・年月日回時分人名点数"


def _characters(text: str, extra: str = "") -> str:
    """A character class of the signs of a text, in the syntax that the engine and ``re`` share."""
    signs = {sign for sign in (*text, *extra) if sign.isprintable() and sign not in '"\\[]^?？*_`#|{}- '}
    return "[" + "".join(sorted(signs)) + "-]"


def _told_apart_by(passage: Passage, answer: str, kind: str) -> list[str]:
    """What a question may name so that it is understood alone: names, and for a name also telling numbers."""
    folded = _fold(answer)
    found = [name for name in _anchors(passage) if _fold(name) not in folded and folded not in _fold(name)]
    if kind == "name":
        found += dict.fromkeys(re.findall(r"(?<![\d.,:])\d+[.,]\d+(?![\d.,:])", passage.text))
    return found


def _words_of(passage: Passage, answer: str, kind: str) -> str:
    """What a question may be made of: small words, and only the text's own capitals and numbers.

    Those of the answer are left out, so that the question cannot give it away.
    """
    about = passage.section[-1] if _events(passage) else _title(passage)
    around = f"{about}\n{_body(passage)}"
    letters = "".join(sorted({sign for sign in around if sign.isalpha() and not sign.isascii()}))
    if _script(passage.text) != "en":
        return f"([a-zA-Z{letters}'’-]+|[0-9]+([.,:][0-9]+)?)"
    capitals = (re.sub(r"['’]s$", "", word).rstrip("'’-") for word in re.findall(rf"\b{_CAPITAL}", around))
    given = set(_WORD.findall(answer)) if kind in {"name", "when"} else set()
    small = {"", *_FUNCTION_WORDS}
    own = [word for word in dict.fromkeys(capitals) if word not in given and word.casefold() not in small]
    own += [number.replace(".", "\\.") for number in _numbers_for(passage, answer)]
    return "(" + "|".join([f"[a-z{letters}'’-]+", *own[:_MOST_WORDS]]) + ")('s)?"


def _numbers_for(passage: Passage, answer: str) -> list[str]:
    """The numbers a question with this answer may use: its sentences', but none that could be the answer."""
    said = (re.sub(r"^\(?\d+[.)]\s+", "", sentence) for sentence in _sentences(_body(passage)))
    near = " ".join(sentence for sentence in said if answer in sentence)
    found = dict.fromkeys(
        re.findall(r"\b\d+(?:[.,:]\d+)*(?:st|nd|rd|th|[A-Z])?\b", f"{near} {_year_of(passage)}")
    )
    unit = _WORD.findall(answer)[-1:] or [""]
    alike = (
        set(re.findall(rf"(\d[\d.,:]*) {re.escape(unit[0])}\b", near)) if len(answer.split()) > 1 else set()
    )
    taken = (_numbers(answer) | alike) - ({_year_of(passage)} if answer != _year_of(passage) else set())
    return [number for number in found if number not in taken]


def _latin_pattern(passage: Passage, answer: str, kind: str) -> str:
    """A question word, words, one of the names, more words, a question mark."""
    word = _words_of(passage, answer, kind)
    first = f"({'|'.join(_ASKING[kind])}) " if _script(passage.text) == "en" else ""
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
    own = [name for name in _anchors(passage) if not answer or (name not in answer and answer not in name)]
    names = f"({'|'.join(name.replace('.', chr(92) + '.') for name in own)})" if own else ""
    if _script(passage.text) == "zh":
        sign = _characters(_around(passage), "是谁什么多少哪年几")
        return f"^{sign}{{0,30}}{names}{sign}{{2,40}}？$"
    sign = _characters(re.sub(r"[何誰。（）「」『』\s]", "", _around(passage)), _JAPANESE)
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
    pattern = _cjk_pattern if _script(passage.text) in _CJK else _latin_pattern
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


# --- the filters -----------------------------------------------------------------------------------------


def _terms(text: str) -> list[str]:
    """The content words of a text, folded and cut to a rough stem."""
    folded = _fold(text)
    if _HAN.search(folded) or _KANA.search(folded):
        return re.findall(r"[\u30a0-\u30ffー]{2,}|[\u4e00-\u9fff々]|[a-z]+|\d+", folded)
    return [word[:5] for word in _WORD.findall(folded) if word not in _FUNCTION_WORDS]


_GENERIC = _words("""
    name number peopl perso live town city place year day date time long lengt high heigh wide width
    deep depth heavy weigh old age perce amoun total cost price dista tempe kind type calle happe take
    took hold held use used
""")


def _asked(question: str) -> list[str]:
    """The terms of a question that the text must know: without the words that only say what is wanted."""
    return [term for term in _terms(question) if term not in _GENERIC]


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(unicodedata.normalize("NFKC", text)))


def _share(part: Sequence[str], whole: Iterable[str]) -> float:
    known = set(whole)
    return sum(term in known for term in part) / len(part) if part else 1.0


def _says(text: str, answer: str) -> bool:
    """Whether the text has the answer, word for word or nearly so."""
    folded, wanted = _fold(text), _fold(answer).strip(" .,;:。、")
    if not wanted:
        return False
    if _HAN.search(wanted) or _KANA.search(wanted):
        return wanted in folded.replace(" ", "") or wanted in folded
    if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded):
        return True
    terms = _terms(answer)
    return bool(terms) and _share(terms, _terms(text)) >= _NEARLY_ALL and _numbers(answer) <= _numbers(text)


def find_quote(question: str, answer: str, passage: Passage) -> str:
    """The sentence of the passage that gives the answer, exactly as it stands there; ``""`` if none does."""
    said = (sentence for sentence in _sentences(passage.text) if not _HEADING.match(sentence))
    giving = [sentence for sentence in said if _says(sentence, answer)]
    asked = _terms(question)
    return max(giving, key=lambda sentence: _share(asked, _terms(sentence)), default="")


def _answer_not_in_text(question: str, answer: str, passage: Passage) -> bool:
    del question
    return not _says(passage.text, answer)


def _answer_in_question(question: str, answer: str, passage: Passage) -> bool:
    del passage
    terms = _terms(answer)
    return _says(question, answer) or (bool(terms) and set(terms) <= set(_terms(question)))


@lru_cache(maxsize=1)
def _example_names() -> frozenset[str]:
    names = [name for case, _ in _EXAMPLES for name in _latin_names(_TURN.format(**case))]
    return frozenset(word for name in names for word in name.split() if len(word) > len("Ida"))


def _copies_example(question: str, answer: str, passage: Passage) -> bool:
    words = set(_WORD.findall(f"{question} {answer}"))
    return bool(words & _example_names() - set(_WORD.findall(_around(passage))))


def _words_not_in_text(question: str, answer: str, passage: Passage) -> bool:
    del answer
    return _share(_asked(question), _terms(_around(passage))) < _KNOWN_WORDS


def _number_not_in_text(question: str, answer: str, passage: Passage) -> bool:
    return not _numbers(f"{question} {answer}") <= _numbers(_around(passage))


def _alphabets(text: str) -> set[str]:
    names = (unicodedata.name(sign, "").split() for sign in text if sign.isalpha())
    return {name[0] for name in names if name}


def _stray_characters(question: str, answer: str, passage: Passage) -> bool:
    return not _alphabets(question + answer) <= _alphabets(_around(passage))


_POINTING = re.compile(
    r"\b(?:the|this) (?:text|passage|article|document|paragraph|section|author|table)\b|"
    r"\b(?:mentioned|described|listed) (?:above|here|in the text)|"
    r"この(?:文章|文|本文|試合|大会|年)|本文|上記|同(?:大会|年|氏|試合)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|her|his|its|their|this|these|that team)\b", re.IGNORECASE)


def _points_at_the_text(question: str, answer: str, passage: Passage) -> bool:
    del answer
    if _POINTING.search(question):
        return True
    pronoun = _PRONOUN.search(question)
    named = [question.find(name) for name in _anchors(passage) if name in question]
    return pronoun is not None and not any(place < pronoun.start() for place in named)


_AMOUNT = re.compile(
    r"\d|[〇一二三四五六七八九十百千]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|"
    r"\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|none|no|half|once|twice|both|"
    r"single|several|dozen|first|second|third)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\d|[年月日時]|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"\w+day|spring|summer|autumn|winter|morning|evening|night|noon|midnight|before|after|when|year|century)\b",
    re.IGNORECASE,
)
_NO_MERE_NUMBER = re.compile(r"(?<!\d)(?!st\b|nd\b|rd\b|th\b)[^\W\d_]{2}|[ァ-ヶ一-鿿]{2}")
# "Two exceptions" is no number of times: it stopped one wrong pair of the demo's 18. XQuAD has two English
# questions of this kind, and it stops neither.
_TIMES = re.compile(
    r"\b(?:times?|once|twice|thrice|never)\b|^\W*(?:(?:about|over|nearly|only|at least) )?[\w.,-]+\W*$",
    re.IGNORECASE,
)
_KINDS_OF_QUESTION = (
    (re.compile(r"^how many times\b", re.IGNORECASE), _TIMES),
    (
        re.compile(
            r"^(?:by |for )?how (?:many|much|long|old|tall|deep|wide|far|high|heavy|fast)\b|"
            r"何(?:人|点|回|分|本|枚|歳)|いくつ|いくら",
            re.IGNORECASE,
        ),
        _AMOUNT,
    ),
    (
        re.compile(
            r"^when\b|^(?:in|on|at) (?:what|which) (?:year|date|day|month|time)\b|いつ|何年|何月|何日",
            re.IGNORECASE,
        ),
        _TIME,
    ),
    (re.compile(r"^(?:who|whose|whom|to whom|where)\b|誰|どこ", re.IGNORECASE), _NO_MERE_NUMBER),
)


def _answer_does_not_fit(question: str, answer: str, passage: Passage) -> bool:
    del passage
    wanted = next((answers for asks, answers in _KINDS_OF_QUESTION if asks.search(question)), None)
    return wanted is not None and wanted.search(answer) is None


def _forces_a_name(question: str, answer: str, passage: Passage) -> bool:
    """Whether a name hangs at the end only because the pattern wanted one."""
    del answer
    names = "|".join(re.escape(name) for name in _anchors(passage))
    hung = (
        re.search(rf"(,|\band|'s|\bweighs?) (?:the )?({names})(?:\b[^?]*)?\?$", question) if names else None
    )
    return hung is not None and f"{hung[1]} {hung[2]}" not in _plain(passage.text)


def _repeats_itself(question: str, answer: str, passage: Passage) -> bool:
    """Whether two words in a row, or one that the text does not have, come twice.

    *The first owner of Tide's first owner's boat*; *in ical year ical*, where the pattern forbade a word.
    """
    del answer
    if "かかか" in question or len(re.findall(r"何|誰|いつ|どこ|どの|いくら", question)) > 1:
        return True
    asked = _fold(question).rstrip("?").replace(_fold(_title(passage)), "", 1)  # a title may repeat a place
    words = [word.removesuffix("'s").strip(",") for word in asked.split()]
    pairs = [pair for pair in pairwise(words) if not set(pair) <= _FUNCTION_WORDS]
    strange = [term for term in _terms(asked) if term not in _terms(_around(passage))]
    return len(pairs) != len(set(pairs)) or len(strange) != len(set(strange))


def _asks_for_several(question: str, answer: str, passage: Passage) -> bool:
    """Whether a list is asked for where the answer is one of several amounts in its sentence."""
    amounts = _numbers(find_quote(question, answer, passage)) - _numbers(answer)
    listed = re.search(r"\b[A-Z]\w+(?:, [A-Z]\w+)*,? and [A-Z]\w+", question)
    return listed is not None and bool(_numbers(answer)) and len(amounts) > 1


def _from_a_table(question: str, answer: str, passage: Passage) -> bool:
    return find_quote(question, answer, passage).count("|") >= _TABLE_BARS


def _said_elsewhere(question: str, answer: str, passage: Passage) -> bool:
    """Whether the sentence with the answer has nothing of the question, or its surroundings too little."""
    quote = find_quote(question, answer, passage)
    sentences = _sentences(passage.text)
    place = sentences.index(quote) if quote in sentences else 0
    near = " ".join((*sentences[max(0, place - 1) : place + 2], passage.theme, *passage.section))
    if quote and not set(_terms(quote)) & set(_terms(question)):
        return True
    return _share(_asked(question), _terms(near)) < _KNOWN_NEARBY


def _glued_words(question: str, answer: str, passage: Passage) -> bool:
    return bool(glued_word(f"{question}\n{answer}", _around(passage)))


def _merged_facts(question: str, answer: str, passage: Passage) -> bool:
    """Whether a year of the question is that of another part of the sentence, or of another sentence."""
    quote = find_quote(question, answer, passage)
    start = passage.text.find(quote)
    if not quote or start < 0:
        return False
    merged = merged_sentences(question, (start, start + len(quote)), passage)
    return bool(merged or merged_clauses(question, answer, quote, passage))


_RULES = {
    "answer_not_in_text": _answer_not_in_text,
    "answer_in_question": _answer_in_question,
    "copies_example": _copies_example,
    "number_not_in_text": _number_not_in_text,
    "stray_characters": _stray_characters,
    "words_not_in_text": _words_not_in_text,
    "points_at_the_text": _points_at_the_text,
    "answer_does_not_fit": _answer_does_not_fit,
    "forces_a_name": _forces_a_name,
    "repeats_itself": _repeats_itself,
    "asks_for_several": _asks_for_several,
    "from_a_table": _from_a_table,
    "said_elsewhere": _said_elsewhere,
    "glued_words": _glued_words,
    "merged_facts": _merged_facts,
}


def reject(question: str, answer: str, passage: Passage) -> str | None:
    """Why a small model's pair should be dropped, in one word, or ``None``. Needs no model."""
    if not question.strip() or not answer.strip():
        return "empty"
    return next((reason for reason, broken in _RULES.items() if broken(question, answer, passage)), None)


def _clash(pair: QA, earlier: QA) -> str | None:
    """The same answer to nearly the same question, another answer to it, or *A of B* after *B of A*."""
    question, before = _fold(pair.question), _fold(earlier.question)
    if _fold(pair.answer) != _fold(earlier.answer):
        if question == before:
            return "two_answers"
        turned = question.replace(_fold(earlier.answer), _fold(pair.answer))
        return "turned_round" if turned == before else None
    one, other = set(_terms(question)), set(_terms(before))
    return "near_repeat" if len(one & other) >= _NEARLY_THE_SAME * min(len(one), len(other)) else None


def filter_pairs(pairs: Iterable[QA], passage: Passage) -> tuple[list[QA], list[tuple[QA, str]]]:
    """The pairs of one passage worth keeping, in their order, and the others with the reason.

    Of two that contradict each other neither is kept: nothing here can tell which one is right.
    """
    kept: list[QA] = []
    dropped: list[tuple[QA, str]] = []
    for pair in pairs:
        clashes = [(clash, earlier) for earlier in kept if (clash := _clash(pair, earlier))]
        reason = reject(pair.question, pair.answer, passage) or next((clash for clash, _ in clashes), None)
        if reason is None:
            kept.append(pair)
            continue
        dropped.append((pair, reason))
        against = [earlier for clash, earlier in clashes if reason == clash != "near_repeat"]
        kept = [earlier for earlier in kept if earlier not in against]
        dropped += [(earlier, reason) for earlier in against]
    return kept, dropped


def judged(items: Sequence[Item], passage: Passage) -> Iterator[tuple[Item, str | None]]:
    """The items of one reply, completed with year and quote, each with the reason to drop it if any."""
    pairs = [
        QA(
            question=stand_alone(item.question, item.answer, passage),
            answer=item.answer,
            quote=item.quote or find_quote(item.question, item.answer, passage),
        )
        for item in items
    ]
    reasons = {id(pair): reason for pair, reason in filter_pairs(pairs, passage)[1]}
    for item, pair in zip(items, pairs, strict=True):
        yield replace(item, question=pair.question, quote=pair.quote), reasons.get(id(pair))
