"""The language of a text."""

from __future__ import annotations

import re
import threading
from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING

from qagen.text.scripts import SIGNS, main_script
from qagen.text.small_words import TELLING

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
LANGUAGES = {
    "latin": "en de fr es it pt nl sv da no fi pl cs sk hu ro tr vi id tl ca hr sl lt lv et".split(),  # noqa: SIM905
    "cyrillic": ["ru", "uk", "bg", "sr", "mk", "be"],
    "arabic": ["ar", "fa", "ur"],
    "devanagari": ["hi", "mr", "ne"],
}
WRITTEN_IN = {
    **{code: frozenset({script}) for script, codes in LANGUAGES.items() for code in codes},
    **{code: frozenset({script}) for script, code in _ONE_LANGUAGE.items()},
    "ja": frozenset({"kana", "han"}), "zh": frozenset({"han"}), "ko": frozenset({"hangul"}),
    "sr": frozenset({"cyrillic", "latin"}), "ms": frozenset({"latin"}),
}  # fmt: skip
_LEAST = {"latin": 24, "cyrillic": 16, "arabic": 16, "devanagari": 12}  # letters: below, py3langid guesses
_SAMPLE = 4000  # characters: more of a text does not change what is found
_ENGLISH = TELLING | {"long"}  # how long
_MOSTLY_ENGLISH = 0.34
CHINESE = re.compile(r"[的是了哪吗嗎么麼们們这這她谁誰什吧呢您]|多少|几|在.{0,12}[上中里]")
LONGEST_NAME = 7  # signs of a name that may stand in a sentence of another script
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
    script = main_script(sample)
    if script is None:
        return None
    if script == "kana":
        return "ja"
    if script == "han":
        return han_language(sample)
    if script in _ONE_LANGUAGE:
        return _ONE_LANGUAGE[script]
    found = ranked(sample, script)
    return found[0][0] if found and found[0][1] >= SURE else None


def han_language(text: str) -> str | None:
    """``zh`` or ``ja`` for Han without kana: by signs only one of them writes, else by Chinese grammar."""
    signs = [*dict.fromkeys(SIGNS["han"].findall(text))]
    if any(not _can_be_written(sign, "cp932") for sign in signs):
        return "zh"
    if any(not _can_be_written(sign, "gb2312") and not _can_be_written(sign, "big5") for sign in signs):
        return "ja"
    return "zh" if len(signs) > LONGEST_NAME - 1 and CHINESE.search(text) else None


def _can_be_written(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return sign == "々"
    return True


def ranked(text: str, script: str) -> list[tuple[str, float]]:
    """The languages of a script with their probabilities, best first; none for a text that is too short."""
    letters = len(SIGNS[script].findall(text))
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
    identifier.set_languages(LANGUAGES[script])
    return identifier


@lru_cache
def _model() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
