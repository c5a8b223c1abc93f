"""Why a question in Japanese might not stand alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qagen.pairs.review.any_question import NO_YEAR, TELLING, AnyQuestion, said
from qagen.text import HAN, KANJI, KATAKANA
from qagen.text.proper_names import names

_TEXT = re.compile(
    r"本文|文中|文章|上記|下記|前述|後述|上述|先述|この(?:文|記事|資料|表|段落)|次の(?:文|表)|筆者|著者(?=は|が|の)"
)
_HERE = re.compile(
    r"この(?!ほか)|これ(?:は|ら|が|を|に|まで|により)|ここ(?:で|に|は|の)|こうした|そうした|こちら|今(?:年|月|日|回|大会|季)|"
    r"昨(?:年|季|日)|去年|来(?:年|季|月)(?!日)|先(?:日|月|週)|当(?:大会|社|館|店|校|クラブ|連盟|施設|該)|我々|私たち|弊社|わが"
)
_BACK = re.compile(
    r"その|それ|そこ(?:で|に|は|の|へ)|あの|同じ(?:年|日|月|試合|大会|場所|チーム)|"
    rf"同(?=[{HAN}{KATAKANA}])(?!時|名|士|様|意|盟|点|率|着|行|居|僚|期生|化|窓|封|級生|乗|梱|義|調|感|情|志|好|性)"
    r"|当(?:時|日)|(?:前|翌|前々|翌々)(?:年|日|月|季)|(?:前|次)(?:回|大会|節)|両(?:チーム|者|国|選手|軍|クラブ)|後者|前者"
)
_PRONOUN = re.compile(r"彼(?:女|ら)?(?=[はがのをにとらもへ、])|本人|同氏|同選手")
_NOUNS = (
    "試合|大会|決勝|準決勝|優勝者|優勝チーム|優勝|準優勝|会場|球場|観客|観客数|入場者|主将|監督|選手|チーム|クラブ|得点|得点者|"
    "先制点|決勝点|博物館|美術館|会社|社長|会長|大学|学校|校長|市長|町長|村長|知事|町|市|村|寺|城|橋|駅|建物|島|川|山|湖|本|小説|映画|曲|"
    "作品|作者|祭り|式典|会議|総会|選挙|戦い|戦争|事件|事故|法律|条例|条約|契約|規則|王|皇帝|将軍|船|列車|病気|薬|実験|研究|計画|"
    "延長戦|前半|後半|審判|主審|賞金|賞|参加者|参加費|料金|開会式|閉会式|チケット|大臣|首相|大統領|著者|筆者|男性|女性|機械|装置|製品"
)
_BARE = re.compile(rf"(?:^|[、。])(?:{_NOUNS})(?:で|に|の)?(?=[はがでにをのへとも])")
_HEADS = {
    "大会": r"大会|杯|カップ|選手権|レガッタ|リーグ|五輪|オリンピック|祭",
    "年": r"\d年|[一二三四五六七八九〇元]年",
}
_QUOTED = re.compile(rf"「.+?」|『.+?』|[A-Za-z]{{2,}}|[{KATAKANA}]{{3,}}")
_NUMBER = re.compile(r"\d|第?[一二三四五六七八九十百千万〇]{1,}(?:回|年|月|日|世|号|代|位|番)")
_ASKING = re.compile(
    r"何[年月日時分秒人点回本枚歳位番度個台件円名校]?|誰|だれ|どこ|どの|どれ|いつ|なぜ|いくつ|いくら|どう|どんな"
)
_COMMON = re.compile(
    rf"{_NOUNS}|名前|人数|時間|場所|理由|原因|結果|開催|創設|設立|開始|終了|年間|以上|以下|最初|最後|最大|最高"
)
# What a name in kanji ends in, and what there is only one of: names() knows people and places, not these.
_ENDS = re.compile(
    rf"[{KANJI}ヶ]{{2,}}(?:球技場|競技場|球場|駅伝|憲法|条約|の戦い|の変|の乱|維新|大学|高校|神社|城|京|県|府|都|市|"
    r"湖|川|山|島|橋|駅|藩|連盟|協会|鉄道|新聞|銀行|時代)"
)
_ONE = re.compile(r"日本|世界|地球|太陽|月面|宇宙|人間|人体|江戸|東京|京都|大阪|円周率|三角形")


@dataclass(frozen=True, slots=True)
class JapaneseQuestion(AnyQuestion):
    """A question in Japanese about a passage."""

    @property
    def rules(self) -> Mapping[str, Callable[[], str]]:
        """All there are."""
        return {
            "points_at_text": self.points_at_text,
            "deictic": self.deictic,
            "pronoun": self.pronoun,
            "bare_noun": self.bare_noun,
            "no_name": self.no_name,
            NO_YEAR: self.no_year,
        }

    def points_at_text(self) -> str:
        """It points at a text."""
        return said(_TEXT.search(self.text), "points at a text that the reader does not have")

    def deictic(self) -> str:
        """It points at something near, or said before."""
        here = _HERE.search(self.text)
        if here:
            return said(here, "points at something said before")
        for match in _BACK.finditer(self.text):
            before, after = self.text[: match.start()], self.text[match.end() :]
            if not _led_up_to(match[0], before, after):
                return said(match, "points at something said before")
        return ""

    def pronoun(self) -> str:
        """A pronoun stands for a name that is not there."""
        matches = (
            match for match in _PRONOUN.finditer(self.text) if not _has_named(self.text[: match.start()])
        )
        return said(next(matches, None), "stands for a name that the question does not give")

    def bare_noun(self) -> str:
        """A noun does not say which one is meant."""
        for match in _BARE.finditer(self.text):
            before = self.text[: match.start() + 1]
            if not (_has_named(before) and _NUMBER.search(before)):
                return f"{match[0].strip('、。')!r} does not say which one"
        return ""

    def no_name(self) -> str:
        """It has neither a name nor a number."""
        if TELLING.search(_ASKING.sub("", self.text)) or _has_named(self.text):
            return ""
        return "the question has neither a name nor a number"


def _has_named(text: str) -> bool:
    """Whether a text names anything: a title in brackets, Latin or katakana letters, a name in kanji."""
    if _QUOTED.search(text) or _ENDS.search(text) or _ONE.search(text):
        return True
    left = _ASKING.sub("、", text)
    return any(not _COMMON.fullmatch(name) for name in names(left) if not name.isdigit())


def _led_up_to(word: str, before: str, after: str) -> bool:
    """Whether what 同…, その or 翌年 points at stands before it in the question itself."""
    if word == "同":
        head = next((head for head in _HEADS if after.startswith(head)), after[:1])
        return bool(re.search(_HEADS.get(head, re.escape(head)), before))
    if re.search(r"[年日月季時]$", word):
        return bool(_NUMBER.search(before)) or (_has_named(before) and before.endswith("た"))
    return _has_named(before) or bool(_NUMBER.search(before))
