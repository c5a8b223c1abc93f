"""Proper names in a text, without a dictionary: runs of capitals, katakana, kanji that look like a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from qagen.text.folding import fold
from qagen.text.scripts import CJK


def _words(lines: str) -> frozenset[str]:
    return frozenset(lines.split())


# --- Latin script ----------------------------------------------------------------------------------------

# Words that are written large only because they open a sentence, or inside a title; none is a name alone.
_COMMON = _words("""
    a an the of in on at by to for from with and or but nor so yet as is are was were be been being am do
    does did has have had having will would shall should can could may might must this that these those it
    its he him his she her they them their we us our you your i my me who whom whose what which when where
    why how much many there here no not yes than then also only into over under about after before during
    between through per up down out off both each all any some such same other another more most very just
    if because since while until once one two three four five six seven eight nine ten eleven twelve twenty
    thirty forty fifty hundred thousand million first second third fourth fifth last next neither either
    although though however despite unlike like every several half later earlier today now true false none
    nobody nothing approximately around roughly nearly almost at least less more than due owing according
    instead against among within without upon towards along across behind below above near january february
    march april may june july august september october november december monday tuesday wednesday thursday
    friday saturday sunday spring summer autumn winter fall am pm ad bc ce bce new old great big small good
    bad large high low long short early late it's there's he's she's jan feb mar apr jun jul aug sep sept
    oct nov dec mr mrs ms miss dr prof professor sir dame lord lady captain capt president king queen prince
    princess
""")
_LINKING = r"(?:&|of the|of|de la|de|la|le|du|des|da|di|del|von|van der|van|der|den|zu|bin|al)"
_LARGE = r"A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪİĶĻŁŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽА-ЯЁΑ-Ω"
_EAST = r"\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"  # signs that end a word
_SIGN = rf"[^\W{_EAST}]"
_CAPITAL = (
    rf"(?:(?:Mrs?|Ms|Dr|St|Prof|Capt|Col|Gen|Lt|Sgt)\.|[{_LARGE}]\.(?=[ {_LARGE}])"
    rf"|(?:[A-Za-z]['’]|Mc|al-)?[{_LARGE}](?:(?:{_SIGN}|[’'&-])*{_SIGN})?)"
)
_RUN = re.compile(rf"(?<!{_SIGN})(?<![’'])(?!\d){_CAPITAL}(?:[ \u00a0](?:{_LINKING}[ \u00a0])?{_CAPITAL})*")
_OPENS = re.compile(r"(?:\A|[.!?:;。！？\n|])[\s\"“‘'(*_>#|-]*\Z")
_POSSESSIVE = re.compile(r"['’]s?\Z")

# --- Japanese and Chinese --------------------------------------------------------------------------------

_KATAKANA = re.compile(r"[ァ-ヶー]{2,}(?:[・＝=･][ァ-ヶー]+)*")
_KANJI = re.compile(r"[\u3400-\u9fff々〆]{2,}")
# Katakana that is no name: units, and what answers about sport, work and science say most.
_COMMON_KATAKANA = _words("""
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
_SURNAMES = _words("""
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
_ROLE_END = re.compile(rf"(?<=[\u3400-\u9fff々]{{2}}){_ROLES}\Z")
_LONGEST_PERSON = 6  # kanji: 3 of a surname, 3 of a name
_BEFORE_ROLE = re.compile(rf"([\u3400-\u9fff々]{{2,5}}?|(?<![ァ-ヶー・])[ァ-ヶー・]{{2,30}})(?={_ROLES})")
_PLACES = re.compile(
    r"[\u3400-\u9fff々ァ-ヶー]{1,8}?(?:大学|高校|高等学校|中学校|小学校|神社|会社|銀行|病院|空港|新聞"
    r"|市|町|村|県|府|区|島|川|山|橋|駅"
    r"|港|湖|寺|城|岬|峠|湾|艇庫|杯)(?![\u3400-\u9fff々])"
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
_KANJI_OR_KANA = r"(?:(?!対)[\u3400-\u9fff々ァ-ヶー])"
_CLUB = re.compile(
    r"(?:(?<=\d)[年月日回節位点分戦]|(?<=[A-Z])組|[対元現旧同])?"
    rf"({_KANJI_OR_KANA}{{1,12}}(?:FC|SC|AC|BC)(?![A-Za-z])"
    r"|(?:(?!対)[\u3400-\u9fff々ヶ]){1,6}(?:ユナイテッド|シティ)(?!ー))"
)
_CLUB_FIRST = re.compile(
    r"(?<![A-Za-z\u3400-\u9fff々ァ-ヶー])(?:FC|SC|AC)(?:(?:(?!対)[\u3400-\u9fff々]){2,4}|[ァ-ヶー]{2,12})"
)
_READING = re.compile(r"[(（][ぁ-ゖー・･=＝ ]+[)）]")  # 凪迫（なぎさこ）FC
# Latin capitals in Japanese text that are words like others.
_COMMON_LATIN = _words("""
    fc sc ac bc pk fk ck gk df mf fw mvp var ob og ng ok vip pc tv cd dvd pdf ai it sns gps led id url qr usb
    lan cm dm bgm diy iot ceo cfo cto pr hp km kg cm mm
""")
# A letter before kanji or katakana says which one: B組, Aチーム, Tシャツ; few are names: J1リーグ.
_LETTERED = re.compile(rf"[{_LARGE}]\d{{0,2}}(?:[組班棟館社室級型線列案群区席面]|([ァ-ヶー]{{2,}}))")
_WHICH_ONE = re.compile(
    r"シャツ|ターン|メール|パン|マス|バック|ネック|ライン|ブロック|コート|ランク|ゾーン|エリア|プラン|タイプ|コース"
)


def names(text: str) -> frozenset[str]:
    """The proper names of a text, folded (see :func:`qagen.text.folding.fold`).

    Latin, Greek and Cyrillic script: runs of words with a capital, with *of*, *de* or *van* between them,
    without those that are written large only because they open a sentence. Japanese: runs of katakana but for
    common words, kanji that begin with a common surname, stand before a title such as 選手, or end as places,
    schools and companies do. There a run of capitals ends where kana or kanji begin, but *FC* belongs to its
    club (凪迫FC) and a single letter to its league (J1リーグ); which one of several is no name (B組, PK).

    Without a dictionary some names are missed, and some nouns are taken for names.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    japanese = not plain.isascii() and CJK.search(plain) is not None
    if japanese:
        plain = _READING.sub("", plain)
    found = {*_latin(plain, japanese=japanese)}
    if japanese:
        found.update(_japanese(plain))
    return frozenset(name for name in map(fold, found) if name)


def has_name(text: str, name: str) -> bool:
    """Whether a text names what ``name`` (folded or not) names.

    Case, accents, a possessive, titles and the words *the* and *of* do not matter; nor do middle names and
    initials (*Odo K. Pym* for *Odo Pym*, *T. Vance* for *Tilda Vance*), a first name shared by two (*Tilda
    and Odo Vance*), *Vance, Tilda*, or the form of a people (*Japanese* for *Japan*). Halves of
    two names (*Tilda Pym*) are not that name. A Japanese text may put a reading inside a name
    (凪迫（なぎさこ）FC), and leave out what clubs are called (凪迫 for 凪迫FC).
    """
    if CJK.search(name):
        told, squeezed = _squeezed(text), _squeezed(name)
        return squeezed in told or _has_club(told, squeezed)
    wanted = [word for word in _plain(name).split() if word not in _TITLES]
    if not wanted:
        return True
    plain = _plain(text)
    return _has_words(plain.replace(" and ", " & ") if "&" in wanted else plain, text, wanted)


_TITLES = _words("the of and mr mrs ms miss dr prof professor sir dame lord lady captain capt de la")
_PEOPLE = re.compile(r"(?:ese|ians?|ans?|ish|n|s|es)?\Z")
_SHORTEST_STEM = 4
_CLUB_END = re.compile(r"(?:fc|sc|ac|bc|ユナイテッド|シティ)\Z")
_SHORTEST_CLUB = 2
_CJK_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_MARKS = re.compile(r"[^\w&+#]+|_")
_APOSTROPHE = re.compile(r"['’](?:s\b)?")


def _squeezed(text: str) -> str:
    plain = _READING.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s・=＝･\"「」『』]", "", plain).casefold()


def _has_club(told: str, wanted: str) -> bool:
    """Whether a club is named without its *FC* or ユナイテッド; the town 凪迫市 is not the club."""
    called = _CLUB_END.search(wanted)
    if called is None or called.start() < _SHORTEST_CLUB:
        return False
    return re.search(rf"{re.escape(wanted[: called.start()])}(?![市町村県区駅])", told) is not None


def _plain(text: str) -> str:
    """Words in small letters without accents and possessives, one space between them."""
    if text.isascii():
        flat = text.lower()
    else:
        flat = unicodedata.normalize("NFKD", text)
        flat = "".join(sign for sign in flat if not unicodedata.combining(sign)).casefold()
        flat = _CJK_RUN.sub(" ", flat)
    return " ".join(_MARKS.sub(" ", _APOSTROPHE.sub("", flat)).replace("&", " & ").split())


def _has_words(plain: str, text: str, wanted: list[str]) -> bool:
    whole = f" {' '.join(word for word in plain.split() if word not in _TITLES)} "
    if f" {' '.join(wanted)} " in whole or f" {''.join(wanted)} " in whole:
        return True
    inverted, written = f"{wanted[-1]}, {' '.join(wanted[:-1])}", text.casefold()
    if inverted in written and re.search(rf"\b{re.escape(inverted)}\b", written):
        return True
    if len(wanted) == 1:
        return _has_form(plain, wanted[0])
    words = set(plain.split())
    if not all(word in words or _is_initial(word) for word in wanted):
        return False
    if re.search(_spread(wanted), f" {plain} "):
        return True
    told = set(text.split())  # as written: a word that the text writes small is no part of another name
    small = any(word in told for word in wanted)
    return small or len(wanted) > 2  # noqa: PLR2004 - more than a first name and a surname


def _is_initial(word: str) -> bool:
    return len(word) == 1


def _spread(wanted: list[str]) -> str:
    """A name with initials for words, with a word or initial between, shared, or in the order of an index."""
    signs = [rf"{re.escape(word)}\w*" if _is_initial(word) else re.escape(word) for word in wanted]
    kept = [sign for sign, word in zip(signs, wanted, strict=True) if not _is_initial(word)] or signs
    return rf" (?:{' (?:[a-z] )?'.join(signs)}|{' (?:[a-z] )?'.join(kept)}|{signs[0]} and \w+ {signs[-1]}) "


def _has_form(plain: str, word: str) -> bool:
    """Whether a word of the text is the word in another form: Japan, Japanese; Vance, Vances."""
    if word[:_SHORTEST_STEM] not in plain:
        return False
    pattern = rf"(?<!\w){re.escape(word[:_SHORTEST_STEM])}\w*"
    for match in re.finditer(pattern, plain):
        shorter, longer = sorted((word, match[0]), key=len)
        stem = shorter if longer.startswith(shorter) else shorter[:-1]
        if len(stem) >= _SHORTEST_STEM - 1 and longer.startswith(stem) and _PEOPLE.match(longer, len(stem)):
            return True
    return False


def _latin(text: str, *, japanese: bool) -> Iterator[str]:
    if not _HAS_CAPITAL.search(text):
        return
    inside: set[str] | None = None
    for match in _RUN.finditer(text):
        name, is_known = _in_japanese(match) if japanese else (_trimmed(match[0].split()), False)
        if not name or (len(name) == 1 and not japanese):
            continue
        if is_known:
            yield name
            continue
        opens = " " not in match[0] and _OPENS.search(text, max(0, match.start() - 12), match.start())
        alone = match.start() == 0 and match.end() >= len(text) - 2
        if not opens or alone or name[1:] != name[1:].lower():
            yield name
            continue
        inside = {match[0] for match in _INSIDE.finditer(text)} if inside is None else inside
        if name in inside:
            yield name


def _in_japanese(match: re.Match[str]) -> tuple[str, bool]:
    """The name that a run in Japanese text is, and whether it is one even if it opens a sentence."""
    lettered = _LETTERED.match(match.string, match.start())
    if lettered:
        kana = lettered[1] or ""
        common = kana in _COMMON_KATAKANA - {"リーグ"} or _WHICH_ONE.match(kana)
        return (lettered[0] if kana and not common else ""), True
    name = _trimmed(match[0].split())
    if name.casefold() in _COMMON_LATIN:
        return "", False
    return name, CJK.match(match.string, match.end()) is not None


_HAS_CAPITAL = re.compile(f"[{_LARGE}]")
# What is written large within a sentence.
_INSIDE = re.compile(rf"(?<=[\w,] )[{_LARGE}](?:{_SIGN}|[’'&-])*{_SIGN}")


def _trimmed(words: list[str]) -> str:
    """Capitalised words without those at either end that are no part of a name."""
    bare = [_POSSESSIVE.sub("", word) if word == words[-1] else word for word in words]
    kept = [place for place, word in enumerate(bare) if word.casefold().rstrip(".") not in _COMMON]
    return " ".join(bare[kept[0] : kept[-1] + 1]).strip("'’-.&") if kept else ""


def _japanese(text: str) -> Iterator[str]:
    clubs = [*_CLUB.finditer(text)]
    yield from (match[1] for match in clubs)
    yield from (match[0] for match in _CLUB_FIRST.finditer(text))
    inside = {match.end() for match in clubs}  # ユナイテッド is no name beside 篠渡ユナイテッド
    for match in _KATAKANA.finditer(text):
        word = match[0].strip("・ー")
        if len(word) > 1 and word not in _COMMON_KATAKANA and match.end() not in inside:
            yield match[0].strip("・")
    yield from (match[1] for match in _BEFORE_ROLE.finditer(text) if not _NOBODY.match(match[1]))
    yield from filter(_is_person, (_ROLE_END.sub("", match[0]) for match in _KANJI.finditer(text)))
    yield from (match[0] for match in _PLACES.finditer(text) if not _NO_PLACE.fullmatch(match[0]))


_NOBODY = re.compile(r"[同各当本両全新旧女男名]")  # before a title they say which one: 同選手


def _is_person(run: str) -> bool:
    return len(run) <= _LONGEST_PERSON and (run[:2] in _SURNAMES or run[:3] in _SURNAMES)
