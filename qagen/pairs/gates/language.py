"""Is a pair written in the language that it should be in?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qagen.pairs.gates.problems import Problem
from qagen.records import Passage, QAPair
from qagen.text import (
    CHINESE,
    DENSE,
    HIRAGANA,
    LANGUAGES,
    LONGEST_NAME,
    SCRIPTS,
    SIGNS,
    SURE,
    WRITTEN_IN,
    Reading,
    han_language,
    language_code,
    main_script,
    ranked,
)

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
    expected = language_code(language) if language else Reading.of(passage.text).language
    if expected is None:
        return None
    gate = _Expected(expected)
    stray = gate.stray(pair, passage)
    if stray:
        return Problem("wrong_language", f"{stray!r} is not {expected}")
    answer = "" if pair.answer in passage.text else pair.answer
    for text in dict.fromkeys((f"{pair.question} {answer}", pair.question, answer)):
        found = gate.differs(text)
        if found:
            return Problem("wrong_language", f"the pair is in {found}, not in {expected}")
    return None


@dataclass(frozen=True, slots=True)
class _Expected:
    """The language that a pair should be in."""

    code: str

    def differs(self, text: str) -> str | None:
        """The language (or script) a text is certainly in, if that is another one."""
        script = main_script(text)
        if script is None:
            return None
        found = Reading.of(text).language
        if script in WRITTEN_IN.get(self.code, frozenset({script})):
            return self.differs_in_script(text, script, found)
        # A name alone is in no language: a sentence in another script has more than a few signs.
        if script == "latin":
            is_sentence = _is_latin_sentence(" ".join(_LATIN_RUN.findall(text)))
            return (found or script) if is_sentence else None
        signs = len(SIGNS[script].findall(text))
        return (found or script) if signs > LONGEST_NAME * (1 if script in DENSE else 2) else None

    def differs_in_script(self, text: str, script: str, found: str | None) -> str | None:
        """The language of a text in a script that the expected one is written in too."""
        if found is None or found == self.code:
            return None
        if script not in LANGUAGES:  # Han that is more than a name
            return found if len(SIGNS["han"].findall(text)) > LONGEST_NAME else None
        odds = dict(ranked(text, script))
        return found if odds.get(self.code, 0.0) < (1 - SURE) / 5 else None

    def stray(self, pair: QAPair, passage: Passage) -> str | None:
        """A stretch in a script that the expected language is not written in, too long for a name."""
        own = WRITTEN_IN.get(self.code)
        if own is None:
            return None
        for text in (pair.question, pair.answer):
            for run in self.foreign_runs(text, own):
                if run not in passage.text and run not in passage.context:
                    return run
            if self.code == "ja":
                for sentence in _SENTENCE.findall(text):
                    if not SIGNS["kana"].search(sentence) and han_language(sentence) == "zh":
                        return str(sentence).strip()
        return None

    @staticmethod
    def foreign_runs(text: str, own: frozenset[str]) -> list[str]:
        """The runs in another script that say something."""
        found: list[str] = []
        for runs, script in _RUNS:
            if script & own:
                continue
            says = _is_latin_sentence if script == {"latin"} else _is_clause
            found += [run for match in runs.finditer(text) if says(run := match[0].strip())]
        return found


def _is_latin_sentence(run: str) -> bool:
    """Whether a run of Latin words says something; most words of a name are written large."""
    words = run.split()
    return len(words) >= _FEWEST_WORDS and sum(word[0].islower() for word in words) >= _FEWEST_SMALL


def _is_clause(run: str) -> bool:
    """Whether a run of a dense script says something, rather than naming it."""
    signs = re.sub(r"\W", "", run)
    grammar = (
        re.search(rf"[{HIRAGANA}]{{2}}", run)
        or re.search(r"[。、，！？]", run.rstrip("、，"))
        or CHINESE.search(run)
    )
    return len(signs) > LONGEST_NAME or (bool(grammar) and len(signs) > _LONGEST_WORD)
