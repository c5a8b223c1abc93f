"""What a small model is told of a passage, and what its pairs are held against, read from the text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qagen.records import Passage


WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
KANA = re.compile(r"[\u3040-\u30ff]")
YYYY = r"(?:1\d|20)\d\d"
CJK = frozenset({"ja", "zh"})
HAN = re.compile(r"[\u3400-\u9fff]")
HEADING = re.compile(r"^ {0,3}#{1,6} .*$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[^|\n]*\|(?:[^|\n]*\|)+[^|\n]*$\n?", re.MULTILINE)
TABLE_HEAD = re.compile(r"^\|.*\|\s*\n(?=\|[\s:|-]+\|\s*$)", re.MULTILINE)
_MARKUP = re.compile(r"[*_`#|]+")
_SENTENCE_END = re.compile(r"[。！？]+[」』）]*|(?<=[.!?])[\"”’)]*(?=\s+[^a-z\s])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|Nos|Prof|Sr|Jr|vs|approx|ca)|\b[A-Z]|(?:^|\n)\s*\d+)\.$"
)


def word_set(lines: str) -> frozenset[str]:
    """Words that stand in lines, as a set."""
    return frozenset(lines.split())


FUNCTION_WORDS = word_set("""
    a an the of in on at by to for from with and or but nor so as is are was were be been being am do
    does did has have had having will would shall should can could may might must this that these those
    it its he him his she her they them their we us our you your i my me who whom whose what which when
    where why how much many there here not no than then also only into over under about after before
    during between through per up down out off both each all any some such same other more most very
    just if because since while until one
""")
_OPENERS = word_set("""
    der die das ein eine le la les un une el los las il lo gli os as uma een het den det neither
    although however despite unlike every another several half later today now once two three four five
    six seven eight nine ten january february march april may june july august september october
    november december monday tuesday wednesday thursday friday saturday sunday spring summer autumn
    winter am pm ad bc
""")
_NEARLY_ALL = 0.8  # of an answer's words must stand in a sentence that gives it


def folded_text(text: str) -> str:
    """Text made comparable: NFKC, lower case, no markup, single spaces, plain apostrophes."""
    plain = _MARKUP.sub(" ", unicodedata.normalize("NFKC", text)).replace("’", "'").casefold()
    return " ".join(plain.split())


def text_around(passage: Passage) -> str:
    """All that is known of a passage: title, section, context and text."""
    return "\n".join((title_of(passage), *passage.section, passage.context, passage.text))


def plain_text(text: str) -> str:
    """Text without Markdown's emphasis, which a small model copies into its questions."""
    return re.sub(r"(?<!\w)[*_`]+|[*_`]+(?!\w)", "", text)


def body_of(passage: Passage) -> str:
    """What a passage says: its plain text without headings, which stand in ``section``, and without tables.

    These models write nonsense about tables. One that is all there is stays, so that something is asked.
    """
    text = HEADING.sub("", plain_text(passage.text)).strip()
    return _TABLE_ROW.sub("", text).strip() or text


def title_of(passage: Passage) -> str:
    """The title up to its colon or bracket: a subtitle's words get into every question."""
    return re.split(r"\s*[:(|]\s|\s[-–—]\s|\u3000", passage.theme.strip())[0].strip()


def year_of(passage: Passage) -> str:
    """The one year the nearest heading puts the passage in; ``""`` for none, several, or *after 2024*."""
    for heading in (*reversed(passage.section), passage.theme):
        years = set(re.findall(r"(?<![\d.,])(?:1\d|20)\d\d(?![\d,]|\.\d)", heading))
        if years:
            bound = re.search(r"(?i)\b(?:after|before|since|until|from|to)\b|[-–—～~以後前]", heading)
            return years.pop() if len(years) == 1 and not bound else ""
    return ""


def script_of(text: str) -> str:
    """``ja``, ``zh``, ``en``, or ``other``: only as fine as the patterns and filters need."""
    if len(HAN.findall(text)) + len(KANA.findall(text)) > len(text) / 5:
        return "ja" if KANA.search(text) else "zh"
    words = [word.casefold() for word in WORD.findall(text)]
    common = sum(word in {"the", "of", "and", "in", "was", "to", "is", "a"} for word in words)
    return "en" if common * 12 >= len(words) else "other"


def sentences_in(text: str) -> list[str]:
    """The sentences of a text, each an exact piece of it."""
    found, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[start : end.end()].rstrip()):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    return [sentence for sentence in (*found, text[start:].strip()) if sentence]


CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'-]*"
_NAME = re.compile(
    rf"{CAPITAL}(?:(?: (?:of|the|of the|de|la|du|von|van|der))? {CAPITAL})*"
    r"(?: \d{1,3}[A-Z]?\b(?![.,:]?\d| [A-Z]))?"
)
_CJK_NAME = re.compile(r"[ァ-ヶー・]{2,}[一-鿿]{0,4}|[一-鿿々]{2,}|[A-Za-z][A-Za-z0-9]+")


def _trimmed(words: list[str]) -> str:
    """Capitalised words without those at either end that are no part of a name."""
    common = FUNCTION_WORDS | _OPENERS
    kept = [place for place, word in enumerate(words) if word.casefold() not in common]
    name = " ".join(words[kept[0] : kept[-1] + 1]) if kept else ""
    name = re.sub(r"['’]s$", "", name).strip("'’-")
    person, _, _ = name.partition(" of ")
    return person if " " in person else name


def latin_names(text: str) -> list[str]:
    """Runs of capitalised words, without the capitals that only open a sentence."""
    found: list[str] = []
    text = _MARKUP.sub("", TABLE_HEAD.sub("", text))
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


def names_in(text: str, script: str) -> list[str]:
    """The names in a text of this script, each once."""
    found = _CJK_NAME.findall(text) if script in CJK else latin_names(text)
    return list(dict.fromkeys(found))


def _in_full(names: list[str], known: Iterable[str]) -> list[str]:
    """Names with a surname or first name replaced by the full name where the surroundings give it."""
    longer = sorted({*known, *names}, key=lambda one: (len(one), one))
    full: list[str] = []
    for name in names:
        fuller = (one for one in longer if one.endswith(f" {name}") or one.startswith(f"{name} "))
        full.append(next(fuller, name))
    return list(dict.fromkeys(full))


def event_names(passage: Passage) -> list[str]:
    """The names in the nearest heading if it has a year: *The Night Lap of 2023*, not *General Rules*."""
    heading = passage.section[-1] if passage.section and passage.section[-1] != passage.theme else ""
    named = names_in(heading, script_of(passage.text)) if re.search(YYYY, heading) else []
    return [form for name in named if " " in name for form in (name, name.lower())]


@lru_cache(maxsize=256)
def anchors_of(passage: Passage) -> tuple[str, ...]:
    """The names of which a question must hold one: the passage's own, and its event's or document's."""
    script, title = script_of(passage.text), title_of(passage)
    body = body_of(passage)
    known = names_in(f"{title}\n{passage.context}\n{body}", script)
    own = _in_full(names_in(body, script), known)
    document = () if event_names(passage) else names_in(title, script)
    found = [*event_names(passage), *own, *document] or names_in(passage.context, script)
    safe = [name for name in found if re.fullmatch(r"[\w .'’&・ー-]{2,40}", name) and not name.isdigit()]
    telling = [name for name in safe if " " in name or not name.endswith("s")]  # not the class of "14 Herons"
    return tuple(dict.fromkeys(telling or safe))[:24]


TABLE_BARS = 2  # in a line make it a row of a table, about which these models write nonsense


def terms_of(text: str) -> list[str]:
    """The content words of a text, folded and cut to a rough stem."""
    folded = folded_text(text)
    if HAN.search(folded) or KANA.search(folded):
        return re.findall(r"[\u30a0-\u30ffー]{2,}|[\u4e00-\u9fff々]|[a-z]+|\d+", folded)
    return [word[:5] for word in WORD.findall(folded) if word not in FUNCTION_WORDS]


def numbers_in(text: str) -> set[str]:
    """The numbers in digits, as they are written."""
    return set(NUMBER.findall(unicodedata.normalize("NFKC", text)))


def share_of(part: Sequence[str], whole: Iterable[str]) -> float:
    """The share of words that are among others, from 0 to 1; of no words it is 1."""
    known = set(whole)
    return sum(term in known for term in part) / len(part) if part else 1.0


def says_answer(text: str, answer: str) -> bool:
    """Whether the text has the answer, word for word or nearly so."""
    folded, wanted = folded_text(text), folded_text(answer).strip(" .,;:。、")
    if not wanted:
        return False
    if HAN.search(wanted) or KANA.search(wanted):
        return wanted in folded.replace(" ", "") or wanted in folded
    if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded):
        return True
    terms = terms_of(answer)
    return (
        bool(terms)
        and share_of(terms, terms_of(text)) >= _NEARLY_ALL
        and numbers_in(answer) <= numbers_in(text)
    )


def find_quote(question: str, answer: str, passage: Passage) -> str:
    """The sentence of the passage that gives the answer, exactly as it stands there; ``""`` if none does."""
    said = (sentence for sentence in sentences_in(passage.text) if not HEADING.match(sentence))
    giving = [sentence for sentence in said if says_answer(sentence, answer)]
    asked = terms_of(question)
    return max(giving, key=lambda sentence: share_of(asked, terms_of(sentence)), default="")
