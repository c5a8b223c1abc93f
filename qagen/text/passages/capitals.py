"""Names as a passage writes them: runs of capitalised words, with the number of a race or class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from qagen.text import FUNCTION_WORDS, HAN, KANJI, KATAKANA, MARKUP, MONTHS, WEEKDAYS, word_set
from qagen.text.passages.pieces import TABLE_HEAD

CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'-]*"
_NAME = re.compile(
    rf"{CAPITAL}(?:(?: (?:of|the|of the|de|la|du|von|van|der))? {CAPITAL})*"
    r"(?: \d{1,3}[A-Z]?\b(?![.,:]?\d| [A-Z]))?"
)
_CJK_NAME = re.compile(rf"[{KATAKANA}・]{{2,}}[{HAN}]{{0,4}}|[{KANJI}]{{2,}}|[A-Za-z][A-Za-z0-9]+")
# What opens a sentence in a capital and is no part of a name.
_COMMON = (
    FUNCTION_WORDS
    | {*MONTHS, *WEEKDAYS}
    | word_set("""
        der die das ein eine le la les un une el los las il lo gli os as uma een het den det neither although
        however despite unlike every another several half later today now once two three four five six seven
        eight nine ten spring summer autumn winter am pm ad bc
    """)
)


def capitalised_names(text: str) -> list[str]:
    """Runs of capitalised words, each once, without the capitals that only open a sentence."""
    found: list[str] = []
    text = MARKUP.sub("", TABLE_HEAD.sub("", text))
    for match in _NAME.finditer(text):
        name = _trimmed_name(match.group().split())
        opens = " " not in match.group() and not re.search(
            r"[\w,;:]\s*$", text[max(0, match.start() - 9) : match.start()]
        )
        if len(name) < 2 or not name[0].isalpha():  # noqa: PLR2004 - a letter alone is no name
            continue
        if not opens or re.search(rf"[\w,;:] {re.escape(name)}\b", text):
            found.append(name)
    return list(dict.fromkeys(found))


def eastern_names(text: str) -> list[str]:
    """Katakana, kanji and Latin words of a Japanese or Chinese text, each once."""
    return list(dict.fromkeys(_CJK_NAME.findall(text)))


def in_full(names: Sequence[str], known: Iterable[str]) -> list[str]:
    """Names with a surname or first name replaced by the full name where the surroundings give it."""
    longer = sorted({*known, *names}, key=lambda one: (len(one), one))
    full: list[str] = []
    for name in names:
        fuller = (one for one in longer if one.endswith(f" {name}") or one.startswith(f"{name} "))
        full.append(next(fuller, name))
    return list(dict.fromkeys(full))


def _trimmed_name(words: list[str]) -> str:
    """Capitalised words without those at either end that are no part of a name."""
    kept = [place for place, word in enumerate(words) if word.casefold() not in _COMMON]
    name = " ".join(words[kept[0] : kept[-1] + 1]) if kept else ""
    name = re.sub(r"['’]s$", "", name).strip("'’-")
    person, _, _ = name.partition(" of ")
    return person if " " in person else name
