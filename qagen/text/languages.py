"""The language of a text, and whether a pair is in the language it should be in."""

from __future__ import annotations

import re
import threading
from collections import Counter
from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING

from qagen.pairs.gates.problems import Problem
from qagen.records import Passage, QAPair

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SURE = 0.9
"""The least probability, by py3langid, at which a Latin, Cyrillic or Arabic text counts as told. Below it the
answer is "cannot be told": a pair dropped for nothing costs more than one that a reviewer sees."""

_NAMES = {
    "en": "english",
    "ja": "japanese 日本語",
    "zh": "chinese mandarin 中文 汉语 漢語 中国語 简体中文 繁體中文",
    "ko": "korean 한국어 韓国語",
    "de": "german deutsch ドイツ語",
    "fr": "french français francais フランス語",
    "es": "spanish español espanol castellano スペイン語",
    "it": "italian italiano イタリア語",
    "pt": "portuguese português portugues pt-br ポルトガル語",
    "nl": "dutch nederlands flemish オランダ語",
    "sv": "swedish svenska",
    "da": "danish dansk",
    "no": "norwegian norsk bokmål nb nn",
    "fi": "finnish suomi",
    "pl": "polish polski",
    "cs": "czech čeština",
    "sk": "slovak slovenčina",
    "hu": "hungarian magyar",
    "ro": "romanian română",
    "tr": "turkish türkçe",
    "vi": "vietnamese tiếng&việt ベトナム語",
    "id": "indonesian bahasa&indonesia",
    "ms": "malay bahasa&melayu",
    "tl": "tagalog filipino",
    "ca": "catalan català",
    "hr": "croatian hrvatski",
    "sl": "slovenian slovene slovenščina",
    "lt": "lithuanian",
    "lv": "latvian",
    "et": "estonian eesti",
    "ru": "russian русский ロシア語",
    "uk": "ukrainian українська",
    "bg": "bulgarian български",
    "sr": "serbian српски srpski",
    "mk": "macedonian",
    "be": "belarusian",
    "ar": "arabic العربية アラビア語",
    "fa": "persian farsi فارسی",
    "ur": "urdu اردو",
    "he": "hebrew עברית iw",
    "el": "greek ελληνικά",
    "th": "thai ไทย タイ語",
    "hi": "hindi हिन्दी",
    "mr": "marathi",
    "ne": "nepali",
    "bn": "bengali bangla বাংলা",
    "ta": "tamil தமிழ்",
    "te": "telugu",
    "ka": "georgian",
    "hy": "armenian",
}  # fmt: skip
_CODES = {name.replace("&", " "): code for code, line in _NAMES.items() for name in (code, *line.split())}

_SCRIPTS = {
    "kana": r"\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d",
    "han": r"\u3400-\u9fff々",
    "hangul": r"\uac00-\ud7af\u1100-\u11ff",
    "latin": r"A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ",
    "cyrillic": r"\u0400-\u04ff",
    "arabic": r"\u0620-\u064a\u066e-\u06d3",
    "hebrew": r"\u05d0-\u05ea",
    "greek": r"\u0370-\u03ff",
    "thai": r"\u0e01-\u0e4e",
    "devanagari": r"\u0904-\u0963",
    "bengali": r"\u0980-\u09e3",
    "tamil": r"\u0b80-\u0bd7",
    "telugu": r"\u0c00-\u0c63",
    "georgian": r"\u10a0-\u10ff",
    "armenian": r"\u0531-\u0587",
}  # fmt: skip
_SCRIPT = {name: re.compile(f"[{signs}]") for name, signs in _SCRIPTS.items()}
_ONE_LANGUAGE = {
    "hangul": "ko",
    "hebrew": "he",
    "greek": "el",
    "thai": "th",
    "bengali": "bn",
    "tamil": "ta",
    "telugu": "te",
    "georgian": "ka",
    "armenian": "hy",
}  # fmt: skip
_LANGUAGES = {
    "latin": [
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "sv",
        "da",
        "no",
        "fi",
        "pl",
        "cs",
        "sk",
        "hu",
        "ro",
        "tr",
        "vi",
        "id",
        "tl",
        "ca",
        "hr",
        "sl",
        "lt",
        "lv",
        "et",
    ],
    "cyrillic": ["ru", "uk", "bg", "sr", "mk", "be"],
    "arabic": ["ar", "fa", "ur"],
    "devanagari": ["hi", "mr", "ne"],
}
_WRITTEN_IN = {
    **{code: frozenset({script}) for script, codes in _LANGUAGES.items() for code in codes},
    **{code: frozenset({script}) for script, code in _ONE_LANGUAGE.items()},
    "ja": frozenset({"kana", "han"}), "zh": frozenset({"han"}), "ko": frozenset({"hangul"}),
    "sr": frozenset({"cyrillic", "latin"}), "ms": frozenset({"latin"}),
}  # fmt: skip
_DENSE = {"kana", "han", "hangul"}  # one sign of these says as much as three letters
_LEAST = {"latin": 24, "cyrillic": 16, "arabic": 16, "devanagari": 12}  # letters: below, py3langid guesses
_SAMPLE = 4000  # characters: more of a text does not change what is found
_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "in",
        "to",
        "is",
        "was",
        "were",
        "did",
        "do",
        "does",
        "what",
        "who",
        "which",
        "when",
        "where",
        "why",
        "how",
        "many",
        "much",
        "a",
        "an",
        "for",
        "on",
        "by",
        "from",
        "with",
        "at",
        "that",
        "it",
        "has",
        "have",
        "had",
        "are",
        "be",
        "long",
    ]
)
_MOSTLY_ENGLISH = 0.34
_CHINESE = re.compile(r"[的是了哪吗嗎么麼们們这這她谁誰什吧呢您]|多少|几|在.{0,12}[上中里]")
_SENTENCE = re.compile(r"[^。．！？!?\n]+[。．！？!?]?|[^.]+\.")
_LONGEST_NAME = 7  # signs of a name that may stand in a sentence of another script
_LONGEST_WORD = 4  # signs of a word or cry that may be quoted: がんばれ
_FEWEST_WORDS = 5  # Latin words in a row that are a sentence and no name in a Japanese one
_FEWEST_SMALL = 3  # of them that begin with a small letter
_ASKS_IN_ENGLISH = re.compile(
    r"\W*(?:(?:in|at|by|for|from|to|with|on|of) )?(?:who|whose|what|which|when|where|why|how)\b",
    re.IGNORECASE,
)
_loading = threading.Lock()


def language_code(name: str) -> str | None:
    """The ISO 639-1 code of a language named in English, in itself or by its code; ``None`` if unknown."""
    plain = name.strip().casefold()
    return _CODES.get(plain) or _CODES.get(re.split(r"[-_ (]", plain)[0])


def language_of(text: str) -> str | None:
    """The language of a text as an ISO 639-1 code, ``None`` when it cannot be told.

    The script decides where it can: kana is Japanese, Hangul Korean. Han without kana is Chinese or Japanese
    by the characters that only one of the two writes. Among the languages of the Latin, Cyrillic, Arabic and
    Devanagari scripts py3langid decides when it is sure (:data:`SURE`) and the text is more than a few words.
    """
    sample = text[:_SAMPLE]
    script = _main_script(sample)
    if script is None:
        return None
    if script == "kana":
        return "ja"
    if script == "han":
        return _han_language(sample)
    if script in _ONE_LANGUAGE:
        return _ONE_LANGUAGE[script]
    ranked = _ranked(sample, script)
    return ranked[0][0] if ranked and ranked[0][1] >= SURE else None


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
    script = _main_script(text)
    if script is None:
        return None
    found = language_of(text)
    if script in _WRITTEN_IN.get(expected, frozenset({script})):
        if found is None or found == expected or script not in _LANGUAGES:
            return None if script in _LANGUAGES or found in {None, expected} else _of_han(text, found)
        odds = dict(_ranked(text, script))
        return found if odds.get(expected, 0.0) < (1 - SURE) / 5 else None
    # A name alone is in no language: a sentence in another script has more than a few signs.
    if script == "latin":
        return (found or script) if _is_latin_sentence(" ".join(_LATIN_RUN.findall(text))) else None
    signs = len(_SCRIPT[script].findall(text))
    return (found or script) if signs > _LONGEST_NAME * (1 if script in _DENSE else 2) else None


def _of_han(text: str, found: str | None) -> str | None:
    """The language of a text in Han signs if it is more than a name."""
    return found if len(_SCRIPT["han"].findall(text)) > _LONGEST_NAME else None


def _stray(pair: QAPair, passage: Passage, expected: str) -> str | None:
    """A stretch in a script that the expected language is not written in, too long for a name."""
    own = _WRITTEN_IN.get(expected)
    if own is None:
        return None
    for text in (pair.question, pair.answer):
        for run in _foreign_runs(text, own):
            if run not in passage.text and run not in passage.context:
                return run
        if expected == "ja":
            for sentence in _SENTENCE.findall(text):
                if not _SCRIPT["kana"].search(sentence) and _han_language(sentence) == "zh":
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
        re.search(r"[ぁ-ん]{2}", run)
        or re.search(r"[。、，！？]", run.rstrip("、，"))
        or _CHINESE.search(run)
    )
    return len(signs) > _LONGEST_NAME or (bool(grammar) and len(signs) > _LONGEST_WORD)


_CJK_SIGNS = _SCRIPTS["kana"] + _SCRIPTS["han"]
_LATIN_RUN = re.compile(rf"[{_SCRIPTS['latin']}][{_SCRIPTS['latin']}'’,\- ]*")
_RUNS = (
    (re.compile(rf"[{_CJK_SIGNS}][{_CJK_SIGNS}ー、，。！？・\d ]*"), frozenset({"kana", "han"})),
    (re.compile(rf"[{_SCRIPTS['hangul']}][{_SCRIPTS['hangul']} .?!]*"), frozenset({"hangul"})),
    (_LATIN_RUN, frozenset({"latin"})),
)


def _main_script(text: str) -> str | None:
    """The script that most of a text is in; kana if a Japanese text has any."""
    counts = Counter(
        {name: len(pattern.findall(text)) * (3 if name in _DENSE else 1) for name, pattern in _SCRIPT.items()}
    )
    japanese = counts["kana"] + counts["han"]
    others = {name: count for name, count in counts.items() if name not in {"kana", "han"}}
    script, most = max(others.items(), key=lambda one: one[1])
    if japanese > most:
        # A name in katakana within Chinese is less than one sign in eight.
        return "kana" if counts["kana"] * 8 >= japanese else "han"
    return script if most else None


def _han_language(text: str) -> str | None:
    """``zh`` or ``ja`` for Han without kana: by signs only one of them writes, else by Chinese grammar."""
    signs = [*dict.fromkeys(_SCRIPT["han"].findall(text))]
    if any(not _can_be_written(sign, "cp932") for sign in signs):
        return "zh"
    if any(not _can_be_written(sign, "gb2312") and not _can_be_written(sign, "big5") for sign in signs):
        return "ja"
    return "zh" if len(signs) > _LONGEST_NAME - 1 and _CHINESE.search(text) else None


def _can_be_written(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return sign == "々"
    return True


def _ranked(text: str, script: str) -> list[tuple[str, float]]:
    """The languages of a script with their probabilities, best first; none for a text that is too short."""
    letters = len(_SCRIPT[script].findall(text))
    words = re.findall(r"[^\W\d_]+", text.casefold())
    if script == "latin" and _is_plain_english(text, words):
        return [("en", 1.0)]
    if letters < _LEAST[script]:
        return []
    return _identifier(script).rank(text)  # type: ignore[no-any-return]


def _is_plain_english(text: str, words: list[str]) -> bool:
    """Whether function words settle it: names of other languages in a short question mislead py3langid."""
    common = sum(word in _ENGLISH for word in words)
    asks = bool(_ASKS_IN_ENGLISH.match(text)) and len(words) < _SHORT_QUESTION
    return len(words) > 1 and (asks or common >= _MOSTLY_ENGLISH * len(words))


_SHORT_QUESTION = 30


def _identifier(script: str) -> LanguageIdentifier:
    """A classifier for the languages of a script; all share the one model that is loaded."""
    with _loading:
        return _restricted(script)


@lru_cache
def _restricted(script: str) -> LanguageIdentifier:
    identifier = copy(_model())
    identifier.set_languages(_LANGUAGES[script])
    return identifier


@lru_cache
def _model() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
