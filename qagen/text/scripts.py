"""The scripts that texts are written in: which signs are in each, and in which a text is written most."""

from __future__ import annotations

import re
from collections import Counter

# Ranges to build classes of, as ``[...]`` takes them.
HIRAGANA = r"\u3041-\u3096"
KATAKANA = r"\u30a1-\u30faー"  # with the mark that makes a vowel long
KANA = r"\u3040-\u30ff"  # both, with their marks and the point between names
HAN = r"\u3400-\u9fff"
KANJI = f"{HAN}々"  # with the mark that repeats one
HAN_COMPATIBLE = r"\uf900-\ufaff"  # the forms that other standards had
HANGUL = r"\uac00-\ud7af"
EAST = rf"\u3005-\u3007{KANA}{HAN}{HANGUL}{HAN_COMPATIBLE}"  # what is written without spaces, or nearly so

SCRIPTS = {
    "kana": rf"{HIRAGANA}\u30a1-\u30fa\uff66-\uff9d",
    "han": KANJI,
    "hangul": rf"{HANGUL}\u1100-\u11ff",
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
SIGNS = {name: re.compile(f"[{signs}]") for name, signs in SCRIPTS.items()}
CJK = re.compile(f"[{KANA}{HAN}]")
"""Kana, Han and the marks among them: what is written without spaces between words."""
DENSE = {"kana", "han", "hangul"}  # one sign of these says as much as three letters


def main_script(text: str) -> str | None:
    """The script that most of a text is in; kana if a Japanese text has any."""
    counts = Counter(
        {name: len(pattern.findall(text)) * (3 if name in DENSE else 1) for name, pattern in SIGNS.items()}
    )
    japanese = counts["kana"] + counts["han"]
    others = {name: count for name, count in counts.items() if name not in {"kana", "han"}}
    script, most = max(others.items(), key=lambda one: one[1])
    if japanese > most:
        # A name in katakana within Chinese is less than one sign in eight.
        return "kana" if counts["kana"] * 8 >= japanese else "han"
    return script if most else None


def is_han(sign: str) -> bool:
    """Whether a sign is a Han character."""
    return "\u3400" <= sign <= "\u9fff"
