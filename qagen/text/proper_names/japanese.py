"""Names in Japanese: katakana but for common words, kanji with a surname, a role, or a kind of place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qagen.text import HIRAGANA, KANJI, KATAKANA, word_set

_KATAKANA_RUN = re.compile(rf"[{KATAKANA}]{{2,}}(?:[・＝=･][{KATAKANA}]+)*")
_KANJI_RUN = re.compile(rf"[{KANJI}〆]{{2,}}")
# Katakana that is no name: units, and what answers about sport, work and science say most.
COMMON_KATAKANA = word_set("""
    メートル センチ センチメートル ミリ ミリメートル キロ キロメートル グラム キログラム トン リットル ドル
    ユーロ ポンド ポイント パーセント ヘクタール アール フィート インチ マイル ノット チーム クラス ページ
    ゴール セット ラウンド シーズン レース ボート クラブ ルール メンバー コース スタート タイム リーダー
    センター スタッフ ホテル バス ビル ホール データ システム サービス コスト ガラス コンクリート レンガ
    プール ドア テーブル ニュース テスト サイズ レベル グループ イベント プロジェクト トップ エンジン
    モーター ロープ ペダル オール コーチ キャプテン マネージャー スポーツ トレーニング インターネット
    コンピューター コンピュータ ソフトウェア エネルギー メダル トロフィー カップ リーグ ボール ペア シングル
    ダブル タイトル ファン チケット アルバム シングルス ダブルス バンド ピアノ ギター ヶ カ月 カ国 カ所 ケ月
    はい いいえ オープン デビュー プロ アマチュア パン ビール ワイン コーヒー カメラ テレビ ラジオ
""")
_SURNAMES = word_set("""
    佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 渡邉 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 清水
    山崎 阿部 池田 橋本 山下 石川 中島 前田 藤田 後藤 小川 岡田 長谷川 村上 近藤 石井 斎藤 斉藤 齋藤 坂本
    遠藤 青木 藤井 西村 福田 太田 三浦 藤原 岡本 松田 中川 中野 原田 小野 田村 竹内 金子 和田 中山 石田 上田
    森田 柴田 酒井 工藤 横山 宮崎 宮本 内田 高木 安藤 谷口 大野 丸山 今井 高田 河野 藤本 村田 武田 上野 杉山
    増田 平野 大塚 千葉 久保 松井 岩崎 桜井 野口 菊地 菊池 松尾 野村 木下 佐野 渡部 新井 古川 杉本 浜田 市川
    小松 水野 島田 西田 小島 北村 五十嵐 川口 片山 吉川 安田 中田 平田 本田 川崎 森本 飯田 久保田 岩田 荒木
    服部 辻 東 西川 星野 大西 永井 須藤 松下 関口 黒田 川村 大久保 望月 松岡 土屋 堀 福島 宮田 大島 織田
    豊臣 徳川 夏目 芥川 宮沢 湯川 黒澤 大谷 羽生 藤沢 秋山 桐生 朝倉 早川 白石 大石 八木 三宅 二宮 一ノ瀬
    四宮 五島
""")
_ROLES = (
    r"(?:さん|氏|選手|監督|教授|博士|先生|社長|会長|首相|大臣|知事|市長|町長|村長"
    r"|艇長|議員|さま|様|君|投手|主将|医師|記者)"
)
_ROLE_END = re.compile(rf"(?<=[{KANJI}]{{2}}){_ROLES}\Z")
_LONGEST_PERSON = 6  # kanji: 3 of a surname, 3 of a name
_BEFORE_ROLE = re.compile(rf"([{KANJI}]{{2,5}}?|(?<![{KATAKANA}・])[{KATAKANA}・]{{2,30}})(?={_ROLES})")
_PLACES = re.compile(
    rf"[{KANJI}{KATAKANA}]{{1,8}}?(?:大学|高校|高等学校|中学校|小学校|神社|会社|銀行|病院|空港|新聞"
    r"|市|町|村|県|府|区|島|川|山|橋|駅"
    rf"|港|湖|寺|城|岬|峠|湾|艇庫|杯)(?![{KANJI}])"
)
_NO_PLACE = re.compile(
    r"(?:株式会社|有限会社|会社|大学|高校|小学校|中学校|神社|病院|空港|銀行|新聞|都市|市町村|.?登山"
    r"|火山|入港|出港|寄港|帰港"
    r"|鉱山|石橋|木橋|鉄橋|吊橋|つり橋|同.{1,3}|各.{1,2}|当.{1,2}|本.|両.|全.|新.|旧.|別.|母校|隣町"
    r"|隣村|下町|港町|城下町|漁村|農村"
    r"|歩道橋|無人島|半島|列島|諸島|離島|河川|小川|大川|高山|本山|古城|始発駅|終着駅|乾杯|満杯|一杯|市"
    r"|町|村|県|橋|地区|学区|選挙区)"
)
# What clubs are called, after their place (凪迫FC, 篠渡ユナイテッド) or before it (FC東京).
_CLUB = re.compile(
    r"(?:(?<=\d)[年月日回節位点分戦]|(?<=[A-Z])組|[対元現旧同])?"
    rf"((?:(?!対)[{KANJI}{KATAKANA}]){{1,12}}(?:FC|SC|AC|BC)(?![A-Za-z])"
    rf"|(?:(?!対)[{KANJI}ヶ]){{1,6}}(?:ユナイテッド|シティ)(?!ー))"
)
_CLUB_FIRST = re.compile(
    rf"(?<![A-Za-z{KANJI}{KATAKANA}])(?:FC|SC|AC)(?:(?:(?!対)[{KANJI}]){{2,4}}|[{KATAKANA}]{{2,12}})"
)
_NOBODY = re.compile(r"[同各当本両全新旧女男名]")  # before a title they say which one: 同選手
_READING = re.compile(rf"[(（][{HIRAGANA}ー・･=＝ ]+[)）]")  # 凪迫（なぎさこ）FC


def without_readings(text: str) -> str:
    """A text without the readings that stand inside names: 凪迫（なぎさこ）FC."""
    return _READING.sub("", text)


def japanese_names(text: str) -> Iterator[str]:
    """The names of a text, as they are written; each as often as it stands there."""
    clubs = [*_CLUB.finditer(text)]
    yield from (match[1] for match in clubs)
    yield from (match[0] for match in _CLUB_FIRST.finditer(text))
    inside = {match.end() for match in clubs}  # ユナイテッド is no name beside 篠渡ユナイテッド
    for match in _KATAKANA_RUN.finditer(text):
        word = match[0].strip("・ー")
        if len(word) > 1 and word not in COMMON_KATAKANA and match.end() not in inside:
            yield match[0].strip("・")
    yield from (match[1] for match in _BEFORE_ROLE.finditer(text) if not _NOBODY.match(match[1]))
    yield from filter(_is_person, (_ROLE_END.sub("", match[0]) for match in _KANJI_RUN.finditer(text)))
    yield from (match[0] for match in _PLACES.finditer(text) if not _NO_PLACE.fullmatch(match[0]))


def _is_person(run: str) -> bool:
    return len(run) <= _LONGEST_PERSON and (run[:2] in _SURNAMES or run[:3] in _SURNAMES)
