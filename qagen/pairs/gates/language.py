"""Is a pair written in the language that it should be in?"""

from __future__ import annotations

import re

from qagen.pairs.gates.problems import Problem
from qagen.records import Passage, QAPair
from qagen.text.languages import (
    CHINESE,
    LANGUAGES,
    LONGEST_NAME,
    SURE,
    WRITTEN_IN,
    han_language,
    language_code,
    language_of,
    ranked,
)
from qagen.text.scripts import DENSE, SCRIPTS, SIGNS, main_script

_CJK_SIGNS = SCRIPTS["kana"] + SCRIPTS["han"]
_LATIN_RUN = re.compile(rf"[{SCRIPTS['latin']}][{SCRIPTS['latin']}'’,\- ]*")
_RUNS = (
    (re.compile(rf"[{_CJK_SIGNS}][{_CJK_SIGNS}ー、，。！？・\d ]*"), frozenset({"kana", "han"})),
    (re.compile(rf"[{SCRIPTS['hangul']}][{SCRIPTS['hangul']} .?!]*"), frozenset({"hangul"})),
    (_LATIN_RUN, frozenset({"latin"})),
)
_SENTENCE = re.compile(r"[^。．！？!?\n]+[。．！？!?]?|[^.]+\.")
_LONGEST_WORD = 4  # signs of a word or cry that may be quoted: がんばれ
_FEWEST_WORDS = 5  # Latin words in a row that are a sentence and no name in a Japanese one
_FEWEST_SMALL = 3  # of them that begin with a small letter


def check_language(pair: QAPair, passage: Passage, language: str | None) -> Problem | None:
    """Whether a pair is in the language asked for, or else in that of its passage.

    Question and answer are judged together, and each of their sentences for a script that does not belong
    there: a sentence in Chinese within English is found, a Japanese name in an English question is not one. A
    name or a number alone is in no language; what the passage itself says is never held against an answer.

    Returns:
        A ``wrong_language`` problem, or ``None``: also when the language cannot be told.
    """
    expected = language_code(language) if language else language_of(passage.text)
    if expected is None:
        return None
    stray = _stray(pair, passage, expected)
    if stray:
        return Problem("wrong_language", f"{stray!r} is not {expected}")
    answer = "" if pair.answer in passage.text else pair.answer
    for text in dict.fromkeys((f"{pair.question} {answer}", pair.question, answer)):
        found = _differs(text, expected)
        if found:
            return Problem("wrong_language", f"the pair is in {found}, not in {expected}")
    return None


def _differs(text: str, expected: str) -> str | None:
    """The language (or script) a text is certainly in, if that is another than the expected one."""
    script = main_script(text)
    if script is None:
        return None
    found = language_of(text)
    if script in WRITTEN_IN.get(expected, frozenset({script})):
        if found is None or found == expected or script not in LANGUAGES:
            return None if script in LANGUAGES or found in {None, expected} else _of_han(text, found)
        odds = dict(ranked(text, script))
        return found if odds.get(expected, 0.0) < (1 - SURE) / 5 else None
    # A name alone is in no language: a sentence in another script has more than a few signs.
    if script == "latin":
        return (found or script) if _is_latin_sentence(" ".join(_LATIN_RUN.findall(text))) else None
    signs = len(SIGNS[script].findall(text))
    return (found or script) if signs > LONGEST_NAME * (1 if script in DENSE else 2) else None


def _of_han(text: str, found: str | None) -> str | None:
    """The language of a text in Han signs if it is more than a name."""
    return found if len(SIGNS["han"].findall(text)) > LONGEST_NAME else None


def _stray(pair: QAPair, passage: Passage, expected: str) -> str | None:
    """A stretch in a script that the expected language is not written in, too long for a name."""
    own = WRITTEN_IN.get(expected)
    if own is None:
        return None
    for text in (pair.question, pair.answer):
        for run in _foreign_runs(text, own):
            if run not in passage.text and run not in passage.context:
                return run
        if expected == "ja":
            for sentence in _SENTENCE.findall(text):
                if not SIGNS["kana"].search(sentence) and han_language(sentence) == "zh":
                    return str(sentence).strip()
    return None


def _foreign_runs(text: str, own: frozenset[str]) -> list[str]:
    found: list[str] = []
    for runs, script in _RUNS:
        if script & own:
            continue
        for match in runs.finditer(text):
            run = match[0].strip()
            long = _is_latin_sentence(run) if script == {"latin"} else _is_clause(run)
            if long:
                found.append(run)
    return found


def _is_latin_sentence(run: str) -> bool:
    """Whether a run of Latin words says something; most words of a name are written large."""
    words = run.split()
    return len(words) >= _FEWEST_WORDS and sum(word[0].islower() for word in words) >= _FEWEST_SMALL


def _is_clause(run: str) -> bool:
    """Whether a run of a dense script says something, rather than naming it."""
    signs = re.sub(r"\W", "", run)
    grammar = (
        re.search(r"[ぁ-ん]{2}", run) or re.search(r"[。、，！？]", run.rstrip("、，")) or CHINESE.search(run)
    )
    return len(signs) > LONGEST_NAME or (bool(grammar) and len(signs) > _LONGEST_WORD)
