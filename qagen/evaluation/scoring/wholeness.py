"""Whether an answer stands in a reply by itself, and not as part of another name, word or number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qagen.evaluation.scoring.asked import Asked
from qagen.evaluation.scoring.tokens import LIGHT, Reading, Token
from qagen.text import CHANGES, THINGS, word_set

Span = tuple[int, int]
"""The first token of an answer in a reply, and the one after its last."""

_HAN, _KANA = re.compile("[\u3400-\u9fff々]"), re.compile("[\u30a1-\u30faー]")
_OTHER_AFTER = re.compile(
    "[北南東西上下新旧元副姉妹兄弟母父娘息妻夫叔湖川橋城山島駅港館校寺院園塔県郡州]|[㐀-鿿]{0,6}(?:大学|新聞|銀行|神社|病院|高校)"
)
_HIRAGANA = re.compile("[\u3041-\u309f]")
_PARTICLE_BEFORE = re.compile(r"(?:[はがのをにでともや]|から|まで|より)\Z")
_FINE_KANA = re.compile(
    r"(?:です|でし|でご|では|だ|で(?!き)|の|は|が|を|に|と|も|や|か(?=[ら、。]|\Z)|まで|より|さん|ちゃん|くん|じゃ|という|な(?=[のらど])|へ|み?たい)"
)
_FINE_AFTER = re.compile(
    "[氏様殿君嬢側戦組号線製産都府道区町村市国社部課级級系語人的色賞杯界内中時年月日間回対等他]"
)
_FINE_BEFORE = re.compile(
    r"(?:[対戦時年月日分回点人位度歳円名]|主将|監督|選手|会長|社長|市長|町長|村長|博士|教授|主審|船長|艇長"
    r"|当時|会場|優勝|準優勝|結果|場所"
    r"|[一-鿿]{2}(?:者|員|手|長|家|士|官|師|部|組|市|県|町|村|区|国))\Z"
)
_BOUND_BEFORE = re.compile(
    r"\b(?:more|less|fewer|greater|higher|lower|later|earlier|other) than(?: the)? \Z"
    r"|\b(?:over|under|above|below|exceeding|at least|at most|up to|no more than|beyond"
    r"|(?<!the )(?<!day )(?<!week )before|after|almost|nearly) \Z",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(
    r" ?(?:以上|以下|未満|超|より|弱|強)|,? or (?:more|less|fewer|later|earlier|over|under|above|below)\b"
)
_BEFORE_CHRIST = re.compile(r" ?(?:BC|BCE|B\. ?C\.)(?![A-Za-z])")
_RELATION = "son|daughter|brother|sister|wife|husband|father|mother|successor|predecessor|pupil|widow|cousin"
_RELATIVE_BEFORE = re.compile(rf"\b(?:{_RELATION}) (?:of|to) \Z")
_RELATIVE_AFTER = re.compile(
    rf"['’]s (?:\w+ )?(?:{_RELATION})\b|の(?:息子|娘|弟|妹|兄|姉|父|母|妻|夫|後任|前任|従兄|従弟|いとこ|孫)"
)
_SOFT = word_set("almost nearly")
_TITLES = word_set("""
    mr mrs ms dr sir dame lord lady captain professor prof president coach judge king queen prince princess
    saint st the a in on at by it its answer yes no and or but is was winner club team boat ship town city
    lake player author here that this so since then i according from to for of with when as well sure
    certainly ok okay
""")


def is_whole(span: Span, reading: Reading, asked: Asked, wanted: Sequence[Token], *, part: bool) -> bool:
    """Whether what stands there is no part of another word, number or name."""
    first, last = reading.tokens[span[0]], reading.tokens[span[1] - 1]
    before, after = (
        reading.plain[max(0, first.start - 24) : first.start],
        reading.plain[last.end : last.end + 24],
    )
    if _is_inside(first, last, before, after, asked):
        return False
    if (
        first.typed
        and _BEFORE_CHRIST.match(after)
        and not any(token.text.startswith("bc") for token in wanted)
    ):
        return False
    if first.typed and len(wanted) == 1:
        return not _is_bounded(before, after, asked)
    owner = reading.plain[max(0, last.end - 2) : last.end + 24]  # a name's 's is part of its token
    if _RELATIVE_BEFORE.search(before) or _RELATIVE_AFTER.match(owner) or _RELATIVE_AFTER.match(after):
        return False
    return not _is_longer_name(span, reading.tokens, asked, wanted, part=part)


def _is_inside(first: Token, last: Token, before: str, after: str, asked: Asked) -> bool:
    """Whether the word goes on in the same script."""
    if _in_hiragana(first, last, before, after):
        return True
    if first.kind == "sign" and before:
        if _KANA.match(first.text) and _KANA.match(before[-1]):
            return True
        if _HAN.match(first.text) and _HAN.match(before[-1]) and not _said_before(before, asked):
            return True
    if last.kind != "sign" or not after:
        return False
    if _KANA.match(last.text) and _KANA.match(after[0]):
        return True
    return bool(_HAN.match(last.text) and _HAN.match(after[0])) and (
        first is last or _OTHER_AFTER.match(after) is not None or _is_one_more(after, asked)
    )


def _is_one_more(after: str, asked: Asked) -> bool:
    """Whether one more kanji makes an answer another word: 佐伯渡 in 佐伯渡辺, 大豆 in 大豆油."""
    return not (_HAN.match(after[1:2]) or _FINE_AFTER.match(after) or after[0] in asked.plain)


def _in_hiragana(first: Token, last: Token, before: str, after: str) -> bool:
    """Whether an answer in hiragana goes on as another word: あ in ありません, さくら in さくらんぼ."""
    opens = first.kind == "sign" and _HIRAGANA.match(first.text) and _HIRAGANA.match(before[-1:])
    ends = last.kind == "sign" and _HIRAGANA.match(last.text) and _HIRAGANA.match(after[:1])
    return bool(opens and not _PARTICLE_BEFORE.search(before)) or bool(ends and not _FINE_KANA.match(after))


def _said_before(before: str, asked: Asked) -> bool:
    """Whether the kanji before an answer are words of their own: a title, or what the question says."""
    run = re.search("[\u3400-\u9fff々]+\\Z", before)
    return _FINE_BEFORE.search(before) is not None or (run is not None and run[0] in asked.plain)


def _is_bounded(before: str, after: str, asked: Asked) -> bool:
    """Whether a number is only a limit: more than 300."""
    for match in (_BOUND_BEFORE.search(before), _BOUND_AFTER.match(after)):
        if match and match[0].strip(" ,").casefold() not in asked.plain.casefold():
            return match[0].strip() not in _SOFT
    return False


def _is_longer_name(
    span: Span, tokens: Sequence[Token], asked: Asked, wanted: Sequence[Token], *, part: bool
) -> bool:
    """Whether a name goes on as another: Odo Pym is not Pym, Ganneck Bridge is not Ganneck."""
    names = [tokens[place] for place in range(*span)]
    if not (
        names[0].large and all(word.large for word in wanted if word.kind == "word" and word.text != "and")
    ):
        return False
    if span[0] and len(wanted) == 1:
        left = tokens[span[0] - 1]
        stranger = left.kind == "word" and left.large and left.text not in _TITLES and len(left.text) > 1
        opens = span[0] == 1 or tokens[span[0] - 2].kind == "mark"
        if stranger and not asked.says(left) and not (opens and left.text in LIGHT):
            return True
    right = tokens[span[1]] if span[1] < len(tokens) else None
    if right is None or right.kind != "word" or asked.says(right) or not right.large:
        return False
    return part or right.text in THINGS | CHANGES | {"jr", "sr", "ii", "iii", "iv"}
