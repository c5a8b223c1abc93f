"""The names in a text, against those in another one: which of them it has, has lost, and has added."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qagen.text import HAN, HAN_COMPATIBLE, HANGUL, KANA, KATAKANA, LIGHT, THINGS, Reading, word_set

_CJK = re.compile(f"[{KANA}{HAN}{HAN_COMPATIBLE}]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_SCRIPTS = {
    "latin": _LATIN,
    "east": _CJK,
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "greek": re.compile("[\u0370-\u03ff]"),
    "hebrew": re.compile("[\u0590-\u05ff]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "indic": re.compile("[\u0900-\u0dff]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
    "hangul": re.compile(f"[{HANGUL}]"),
}
_CALLS = word_set("ok okay fyi btw dear quiz trivia time question hello hi hey help please thanks sir madam")
_PLAIN_KATAKANA = re.compile(f"[{KATAKANA}]+")


@dataclass(frozen=True, slots=True)
class NamedText:
    """A text, as far as it names people, places and things."""

    text: str

    @property
    def read(self) -> Reading:
        """What is known of the text."""
        return Reading.of(self.text)

    @property
    def script(self) -> str:
        """The script that most of it is written in; empty where it has no letter."""
        if not re.search(r"[^\W\d_]", self.text):
            return ""
        return max(_SCRIPTS, key=lambda name: len(_SCRIPTS[name].findall(self.text)))

    def has(self, name: str) -> bool:
        """Whether it has a name, be it in its parts: *the CEO of Acme* in *who runs Acme as its CEO*."""
        read = self.read
        return read.has_name(name) or all(read.has_name(part) for part in name.split(" of "))

    def has_word(self, word: str) -> bool:
        """Whether it has a word of a name, be it inside another: *Marrowbrücke*, *Norlands*."""
        return self.read.has_name(word) or Reading.of(word).folded in self.read.folded

    def has_telling_words(self, name: str) -> bool:
        """Whether it has all the words of a name but for the kind of thing it is: *River Tarn*, *Tarn*."""
        words = set(name.split()) - _CALLS
        telling = words - THINGS or words
        return all(self.has_word(word) for word in telling)

    def lost(self, original: str) -> frozenset[str]:
        """The names of the original, in the same language, that it does not have."""
        return frozenset(name for name in Reading.of(original).names if not self.has(name))

    def lost_in_translation(self, original: str) -> frozenset[str] | None:
        """The names that a translation into the same script lost; ``None`` if it is in another script.

        Names are written alike in it, but for words that say what they name: *Marrow Bridge*,
        *Marrow-Brücke*.
        """
        if self.script != NamedText(original).script or not _LATIN.search(self.text):
            return None
        own = (
            (name, [word for word in name.split() if word not in THINGS | LIGHT])
            for name in Reading.of(original).names
        )
        return frozenset(
            name for name, words in own if not all(self.has_word(word) for word in words if len(word) > 1)
        )

    def added(self, known: str) -> frozenset[str]:
        """Its names that are not known, in no part.

        Of katakana only those with a point in them (ティルダ・ヴァンス) or a kind after them (パリ市) count;
        others are common words as often. The nouns of German are written like names.
        """
        if self.read.language == "de":
            return frozenset()
        told = NamedText(known)
        return frozenset(
            name
            for name in self.read.names
            if not (_PLAIN_KATAKANA.fullmatch(name) or name[0] == "何")
            and not (told.has(name) or told.has_telling_words(name))
        )
