"""Names in Latin, Greek and Cyrillic script: runs of words that are written large."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qagen.text import CJK, EAST, FUNCTION_WORDS, KATAKANA, MONTH_NUMBERS, WEEKDAYS, word_set

# Words that are written large only because they open a sentence, or inside a title; none is a name alone.
_COMMON = (
    FUNCTION_WORDS
    | MONTH_NUMBERS.keys()
    | {*WEEKDAYS}
    | word_set("""
    above according across ad against almost along although among another approximately around autumn
    bad bc bce behind below big capt captain ce dame despite dr due earlier early eight either eleven
    every fall false fifth fifty first five forty four fourth good great half he's high however hundred
    instead it's king lady large last late later least less like long lord low million miss mr mrs ms
    near nearly neither new next nine nobody none nothing now old once owing pm president prince
    princess prof professor queen roughly second seven several she's short sir six small spring summer
    ten there's third thirty though thousand three today towards true twelve twenty two unlike upon
    winter within without yes yet
""")
)
_LINKING = r"(?:&|of the|of|de la|de|la|le|du|des|da|di|del|von|van der|van|der|den|zu|bin|al)"
# Every capital of the Latin, Greek and Cyrillic scripts, accented ones too: Έ, Ș, Є, Ấ.
_LARGE = "".join(sign for sign in map(chr, [*range(0x41, 0x530), *range(0x1E00, 0x1F00)]) if sign.isupper())
SIGN = rf"[^\W{EAST}]"
"""A letter or digit of a script that puts spaces between words."""
_CAPITAL = (
    rf"(?:(?:Mrs?|Ms|Dr|St|Prof|Capt|Col|Gen|Lt|Sgt)\.|[{_LARGE}]\.(?=[ {_LARGE}])"
    rf"|(?:[A-Za-z]['’]|Mc|al-)?[{_LARGE}](?:(?:{SIGN}|[’'&-])*{SIGN})?)"
)
_RUN = re.compile(rf"(?<!{SIGN})(?<![’'])(?!\d){_CAPITAL}(?:[ \u00a0](?:{_LINKING}[ \u00a0])?{_CAPITAL})*")
_OPENS = re.compile(r"(?:\A|[.!?:;。！？\n|])[\s\"“‘'(*_>#|-]*\Z")
# A possessive, or an ending that Turkish and others put behind a name: Vance's, Kearney'den.
_POSSESSIVE = re.compile(r"(?:['’]s?|(?<=\w{3})['’][^\W\d_A-Z]{1,6})\Z")
_HAS_CAPITAL = re.compile(f"[{_LARGE}]")
# What is written large within a sentence.
_INSIDE = re.compile(rf"(?<=[\w,] )[{_LARGE}](?:{SIGN}|[’'&-])*{SIGN}")
# Latin capitals in Japanese text that are words like others.
_COMMON_LATIN = word_set("""
    fc sc ac bc pk fk ck gk df mf fw mvp var ob og ng ok vip pc tv cd dvd pdf ai it sns gps led id url
    qr usb lan cm dm bgm diy iot ceo cfo cto pr hp km kg cm mm
""")
# A letter before kanji or katakana says which one: B組, Aチーム, Tシャツ; few are names: J1リーグ.
_LETTERED = re.compile(rf"[{_LARGE}]\d{{0,2}}(?:[組班棟館社室級型線列案群区席面]|([{KATAKANA}]{{2,}}))")
_WHICH_ONE = re.compile(
    r"シャツ|ターン|メール|パン|マス|バック|ネック|ライン|ブロック|コート|ランク|ゾーン|エリア|プラン|タイプ|コース"
)


@dataclass(frozen=True, slots=True)
class LatinNames:
    """The names of a text that are written in capitals.

    Args:
        text: After NFKC.
        japanese: It is in Japanese or Chinese: there a run of capitals ends where kana or kanji begin.
        common_katakana: Katakana that is no name.
    """

    text: str
    japanese: bool
    common_katakana: frozenset[str]

    def found(self) -> Iterator[str]:
        """The names as they are written; each as often as it stands there."""
        if not _HAS_CAPITAL.search(self.text):
            return
        inside: set[str] | None = None
        for match in _RUN.finditer(self.text):
            name, is_known = self.within_japanese(match) if self.japanese else (self.trimmed(match[0]), False)
            if not name or (len(name) == 1 and not self.japanese):
                continue
            if is_known or not self.only_opens(match, name):
                yield name
                continue
            inside = {match[0] for match in _INSIDE.finditer(self.text)} if inside is None else inside
            if name in inside:
                yield name

    def only_opens(self, match: re.Match[str], name: str) -> bool:
        """Whether it may be written large only because it opens a sentence."""
        text = self.text
        opens = " " not in match[0] and _OPENS.search(text, max(0, match.start() - 12), match.start())
        alone = match.start() == 0 and match.end() >= len(text) - 2
        return bool(opens) and not alone and name[1:] == name[1:].lower()

    def within_japanese(self, match: re.Match[str]) -> tuple[str, bool]:
        """The name that a run in Japanese text is, and whether it is one even if it opens a sentence."""
        lettered = _LETTERED.match(match.string, match.start())
        if lettered:
            kana = lettered[1] or ""
            common = kana in self.common_katakana - {"リーグ"} or _WHICH_ONE.match(kana)
            return (lettered[0] if kana and not common else ""), True
        name = self.trimmed(match[0])
        if name.casefold() in _COMMON_LATIN:
            return "", False
        return name, CJK.match(match.string, match.end()) is not None

    @staticmethod
    def trimmed(run: str) -> str:
        """Capitalised words without those at either end that are no part of a name."""
        words = run.split()
        bare = [_POSSESSIVE.sub("", word) if word == words[-1] else word for word in words]
        kept = [place for place, word in enumerate(bare) if word.casefold().rstrip(".") not in _COMMON]
        return " ".join(bare[kept[0] : kept[-1] + 1]).strip("'’-.&") if kept else ""
