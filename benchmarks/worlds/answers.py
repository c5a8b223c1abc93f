"""Answers that are no names: numbers, dates, and words for professions and products."""

from __future__ import annotations

from worlds.values import Term

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PROFESSIONS = """
glassblower ガラス職人, beekeeper 養蜂家, bookbinder 製本職人, cartographer 地図製作者,
clockmaker 時計職人, dentist 歯科医, diver 潜水士, gardener 庭師, geologist 地質学者,
harpist ハープ奏者, judge 裁判官, librarian 司書, locksmith 錠前師, midwife 助産師, notary 公証人,
pharmacist 薬剤師, pilot 操縦士, plumber 配管工, potter 陶芸家, puppeteer 人形遣い, saddler 馬具職人,
surveyor 測量士, tailor 仕立屋, translator 翻訳家, veterinarian 獣医師, weaver 織物職人,
botanist 植物学者, baker パン職人, sculptor 彫刻家, stonemason 石工, teacher 教師, fisherman 漁師,
cook 料理人, photographer 写真家, meteorologist 気象学者, lawyer 弁護士
"""
_PRODUCTS = """
bicycles 自転車, umbrellas 傘, pianos ピアノ, ladders はしご, thermometers 温度計, tents テント,
ropes ロープ, lamps ランプ, wooden toys 木製玩具, skis スキー板, candles ろうそく, mirrors 鏡,
buttons ボタン, kettles やかん, violins バイオリン, gloves 手袋, locks 錠前, sewing machines ミシン,
telescopes 望遠鏡, carpets じゅうたん, mattresses マットレス, batteries 電池, bells 鐘, scissors はさみ,
sails 帆, barrels 樽, compasses 羅針盤, kites 凧, pencils 鉛筆, paper bags 紙袋, lifts エレベーター,
tractors トラクター, soap 石けん, raincoats レインコート
"""


def _terms(text: str) -> tuple[Term, ...]:
    pairs = (one.rsplit(" ", 1) for one in text.replace("\n", " ").split(", "))
    return tuple(Term(en.strip(), ja.strip()) for en, ja in (map(str.strip, pair) for pair in pairs))


PROFESSIONS = tuple(Term(one.en, one.ja, (f"a {one.en}",)) for one in _terms(_PROFESSIONS.strip()))
PRODUCTS = _terms(_PRODUCTS.strip())


def year(value: int) -> Term:
    """A year: 1957, 1957年."""
    return Term(str(value), f"{value}年")


def count(value: int) -> Term:
    """A number of people: 12,437, 12,437人."""
    return Term(f"{value:,}", f"{value:,}人", (str(value), f"{value:,} people"))


def day(month: int, number: int) -> Term:
    """A day of a year: 14 May, 5月14日."""
    name = _MONTHS[month - 1]
    return Term(f"{number} {name}", f"{month}月{number}日", (f"{name} {number}",))


def score(first: int, second: int) -> Term:
    """A result: 3–1, 3対1."""
    aliases = (f"{first}-{second}", f"{first}:{second}", f"{first} to {second}")
    return Term(f"{first}–{second}", f"{first}対{second}", aliases)
