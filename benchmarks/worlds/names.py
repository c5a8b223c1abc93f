"""Invented names, in English worlds from syllables and in Japanese ones from kanji with their readings.

No name is given twice. Names of persons, towns and companies come from one stock of stems, so that a name
does not tell what it names.
"""

from __future__ import annotations

from functools import cache
from random import Random

from qagen.errors import SettingsError
from worlds.values import Language, Term

_STYLES = (
    (
        "Hal Tor Bryn Skar Vil Grun Fen Osk Ran Stel Drau Ulv",
        "ve ri ska do ne mun thi lo gar se",
        "sen rik vald nes dottir mar gren stad lund fel bek thor",
    ),
    (
        "Be Ca Lo Mi Or Pa Sal Ti Va Zo Ga Fio",
        "va li re sto ma ni do que ra lla",
        "no ria zzi nte velo mira sca rone ldi tto garo sso",
    ),
    (
        "Bo Dra Ko Mi Pre Ra Sta Tve Vla Zde Lju Ho",
        "ri bo ve sla di mo no zda chi le",
        "vik nak ska rov lenko cha sny dek pil mir zin tsch",
    ),
    (
        "Bren Cad Gwen Lla Mor Pen Rho Tal Wyn Aber Car Dun",
        "wy o la ri en ta ve na do lly",
        "dan wen nock thir gell mor ran veth lis bryn lach dur",
    ),
)
_STEMS_JA = (
    "霧Kiri 榛Hari 槻Tsuki 鷺Sagi 鴇Toki 葦Ashi 楡Nire 樫Kashi 雁Kari 椋Muku 萱Kaya "
    "杣Soma 汐Shio 凪Nagi 篝Kagari 弓Yumi 朧Oboro 橡Kunugi 茜Akane 梓Azusa 硯Suzuri "
    "暁Akatsuki 菫Sumire 藍Ai 樟Kusu 蕨Warabi"
)
_ENDS_JA = (
    "瀬se 垣gaki 峰mine 戸do 淵buchi 守mori 城shiro 浦ura 倉kura 塚zuka 津tsu 窪kubo 代shiro 辺be "
    "泊domari 堰zeki 越koshi 道michi 門kado 岳take"
)
_GIVEN_JA = (
    "冬Fuyu 澄Sumi 朔Saku 汀Migiwa 律Ritsu 柊Shu 灯To 紡Tsumu 夏Natsu 織Ori 詩Uta 千Chi 真Ma 芳Yoshi 貴Taka"
)
_GIVEN_ENDS_JA = "彦hiko 緒o 音ne 人to 葉ha 之yuki 哉ya 奈na 太ta 恵e 美mi 吾go 理ri 馬ma 香ka"
_FORMS: dict[Language, dict[str, str]] = {
    "en": {
        "company": "Works Brothers Group Trading Partners Holding",
        "tournament": "Cup Shield Trophy Plate",
        "club": "Rovers United Athletic Wanderers Albion",
        "ground": "Park Road Field Lane Stadium",
    },
    "ja": {
        "company": "製作所Works 兄弟社Brothers 産業Industries 商会Trading 工房Studio 物産Products",
        "tournament": "杯Cup 盾Shield 旗Flag",
        "club": "ユナイテッドUnited シティCity FCFC クラブClub",
        "ground": "球技場Stadium 競技場Arena 運動公園Park スタジアムStadium",
        "town": "市 町",
    },
}

_TRIED = 1000  # names made before there are said to be no more


@cache
def _parts(text: str) -> tuple[Term, ...]:
    """Terms from ``霧Kiri``; what has one script alone is written so in both languages."""
    return tuple(_part(one) for one in text.split())


def _part(text: str) -> Term:
    latin = text.lstrip("".join(sign for sign in text if not sign.isascii()))
    native = text[: len(text) - len(latin)]
    if text == "FCFC":
        return Term("FC", "FC")
    return Term(latin, native or latin)


class NameMaker:
    """Makes names that were not made before."""

    def __init__(self, random: Random, language: Language) -> None:
        self._random, self._language = random, language
        self._used: set[str] = set()

    def given(self) -> Term:
        """A given name; the same one may be given to several persons."""
        if self._language == "en":
            return self._latin(long=False)
        first, last = self._pick(_GIVEN_JA), self._pick(_GIVEN_ENDS_JA)
        return Term(first.en + last.en, first.ja + last.ja)

    def stem(self) -> Term:
        """A surname, or the first part of another name: it is made once.

        Raises:
            SettingsError: There are no more.
        """
        for _ in range(_TRIED):
            if self._language == "en":
                made = self._latin(long=True)
            else:
                first, last = self._pick(_STEMS_JA), self._pick(_ENDS_JA)
                made = Term(first.en + last.en, first.ja + last.ja)
            if not self._used & {made.en, made.ja}:
                self._used |= {made.en, made.ja}
                return made
        raise SettingsError("there are not enough names for a world with so many facts: ask for fewer")

    def person(self, surname: Term | None = None) -> Term:
        """A full name, of a family if its surname is given."""
        family = surname or self.stem()
        while True:
            given = self.given()
            made = full_name(given, family, self._language)
            if made.en not in self._used and given.en != family.en:
                self._used.add(made.en)
                return made

    def town(self) -> Term:
        """A town."""
        made = self.stem()
        return made if self._language == "en" else Term(made.en, made.ja + self._random.choice("市町"))

    def called(self, sort: str, stem: Term | None = None) -> Term:
        """A company, tournament, club or ground, of a given stem if there is one."""
        first = stem or self.stem()
        while True:
            last = self._pick(_FORMS[self._language][sort])
            gap = "" if self._language == "ja" else " "
            made = Term(f"{first.en} {last.en}", f"{first.ja}{gap}{last.ja}")
            if made.ja not in self._used:
                self._used.add(made.ja)
                return made

    def _pick(self, text: str) -> Term:
        return self._random.choice(_parts(text))

    def _latin(self, *, long: bool) -> Term:
        start, middle, end = (part.split() for part in self._random.choice(_STYLES))
        pieces = [self._random.choice(start), *([self._random.choice(middle)] if long else [])]
        name = "".join([*pieces, self._random.choice(end)])
        return Term(name, name)


def full_name(given: Term, family: Term, language: Language) -> Term:
    """A person's name: in Japanese the family comes first."""
    if language == "en":
        return Term(f"{given.en} {family.en}", f"{given.en} {family.en}")
    return Term(f"{given.en} {family.en}", f"{family.ja}{given.ja}")
