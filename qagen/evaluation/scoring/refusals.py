"""Replies that say that they do not know, or that what is asked about never was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from qagen.evaluation.scoring.asked import Asked, is_year_like, read_asked
from qagen.evaluation.scoring.cleaning import cleaned
from qagen.evaluation.scoring.tokens import LIGHT, Token, read
from qagen.text.proper_names import names

_NOT = r"(?:n['’]t|n?ot|\bnot\b| not|\bnever)"
_TOLD = (
    r"(?:mention|state|specif|provide|give|contain|include|say|said|record|list|document|indicate|report"
    r"|cover|discuss|describe"
    r"|tell|told|disclose|reveal|known|know|available|clear|found\b|publicly|public)"
)
_UNKNOWN = re.compile(
    rf"""
    \b(?:i|we|one|you)\b[^.!?]{{0,20}}?(?:do|did|ca|could|have|am|was|'m|’m|are|can)\ ?(?:n['’o]t|\ not
      |not)\b[^.!?]{{0,25}}?
      (?:know|sure|certain|aware|find|tell|say|answer|determine|have|remember|recall|provide|confirm|access
        |familiar|able|verify|help|assist)
    | \b(?:i|we)(?:\ am|['’]m|\ are|['’]re)?\ (?:un(?:able|sure|certain|aware)|have\ no\ (?:idea|knowledge
      |information|record))
    | \bno\ (?:idea|clue)\b | \bdunno\b | \bidk\b | (?:\A\W*|\b(?:is|are|was|were|remains?|be
      |as)\ (?:\w+ly\ )?)unknown\b | \bunanswerable\b | \bn/a\b | \bnot\ sure\b
    | \bno\ (?:\w+\ )?(?:information|mention|records?|data|details?|reference|evidence|answer|indication
      |documentation)\b
    | (?:\b(?:is|are|was|were|does|do|did|has|have|been|be)\ not|n['’]t)\ (?:\w+ly\ |been\ |explicitly\
      |have\ )?{_TOLD}\w*
    | ^\W*not\ (?:\w+ly\ )?{_TOLD}\w*
    | \bcannot\ (?:be\ )?(?:answer|determin|know|say|tell|find|provide|confirm|verify|establish|help)\w*
    | \b(?:ca|could)n['’]t\ (?:be\ )?(?:answer|determin|know|say|tell|find|provide|confirm|verify
      |establish)\w*
    | \b(?:impossible|not\ possible)\ to\ (?:say|know|tell|determine|answer)
    | \b(?:insufficient|not\ enough)\ (?:information|data|context|detail)
    | (?:わか|分か|判)り(?:ません|かねます)|(?:わか|分か|判)ら(?:ない|ず)|存じ(?:ません|上げません)
    |知り(?:ません)|知ら(?:ない|ん)(?!人)
    | 不明(?!確な答)|(?:記載|記述|言及|情報|記録|回答|資料|データ|答え|説明)(?:が|は|も)?(?:見当たり
      |見つかり|含まれて|書かれて|ござい|示されて|公開されて)?(?:い
      |あり)?(?:ません|ない|なし|無し|なく)
    | (?:記載|言及|記述|明記|説明|公表|記録)(?:が|は)?(?:され|し)(?:て(?:い|お)?)?(?:ません|ない|りません
      |らず)
    | (?:書かれ|述べられ|示され|含まれ|明らかにされ|触れられ)て(?:い|お)?(?:ません|ない|りません|らず)
    |載って(?:い)?(?:ません|ない)
    | (?:お)?答え(?:する|られる)?(?:こと)?(?:は|が)?(?:でき|られ)(?:ません|ない|かねます)
    |回答(?:する)?(?:こと)?(?:は|が)?(?:でき)(?:ません|ない
      |かねます)
    | 持って(?:い|おり)?ません|持ち合わせて(?:い|おり)?ません
    | (?:特定|確認|判断|断定)(?:する)?(?:こと)?(?:は|が)?(?:でき)(?:ません|ない)|見当たりません
    |見つかりません
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DENIED = re.compile(
    r"""
    \bthere\ (?:is|are|was|were|has\ been|have\ been|exists?)(?:\ not|n['’]t|\ never)?\ (?:no|not|never|any
      |been\ no)\b
    | \bthere\ (?:is|was|are|were)(?:n['’]t|\ not)\ (?:a|an|any)\b
    | \b(?:did|does|do|has|have|had|was|were|is|are)(?:\ not|n['’]t|\ never)\ (?:\w+\ )?
      (?:exist|take\ place|taken\ place|happen|occur|held|win|won|participate|compete|play|part|appear
        |hosted?|a\ real|organi[sz]ed|founded|built|born|been|made|offer|sell|have|enter|sail|run|award
          |given|published?|sold)\w*
    | \b(?:had|has|have)\ no\b
    | \bno\ such\b | \b(?:no\ one|nobody|none)\b | \bnon-?existent\b | \bnever\ (?:took|taken|happened
      |existed|held|won|been|was|played)
    | \b(?:false|incorrect|mistaken|wrong)\ (?:premise|assumption) | \bpremise\b[^.]{0,30}\b(?:false
      |incorrect|wrong|mistaken)
    | 存在し(?:ません|ない|ていません|なかった)|(?:開催|実施|開か|行わ|設立|発売|参加|出場|実在)(?:れ|され
      |し)?(?:て(?:い|おり)?)?(?:ません|ない|なかった)
    | 該当(?:する|の)?.{0,20}?(?:ありません|ない|なし|いません|いない|なく)|(?:という|そのような|そういう
      |そんな).{0,20}?(?:ありません|いません|ない|なかった)
    | (?:は|が|も)(?:ありません|いません|なかった|ございません|なし)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ANY_DENIED = re.compile(
    r"\b(?:did|was|were|has|had|does|is)(?: not|n['’]t)\b(?: (?:been|ever|actually|in fact))?(?P<verb> \w+)?",
    re.IGNORECASE,
)
_GUESSES = re.compile(
    r"\b(?:i (?:think|believe|guess|would (?:say|guess)|suppose|assume)|my (?:best )?guess|probably|perhaps"
    r"|maybe|possibly|most likely|presumably)\b"
    r"|^\W*(?:but |however,? |though |so )*(?:it|he|she|they|the (?:answer|winner|score|result)) (?:was|is"
    r"|were|might|may|could|must|would)\b(?! (?:not|un|abandon|cancel|postpone|called off|never))"
    r"|おそらく|恐らく|たぶん|多分|かもしれ|と思(?:います|われます|う)|でしょう|推測",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[.!?。！？\n;；]+(?!\d)|,? \b(?:but|however|although|though|yet)\b,? |が、|けれども?、?|ただし|しかし"
)
_POLITE = re.compile(
    r"\b(?:sorry|apologi[sz]e|please|as an ai|language model|if you|could you|can you|let me know|feel free"
    r"|would you|help|context|happy to|you (?:may|might|can|should)|check|consult|recommend|suggest)\b"
    r"|申し訳|すみません|ください|お願い|ごめん|恐れ入り|教えていただ|必要",
    re.IGNORECASE,
)
_MORE = re.compile(r"(?:ほか|他)(?:に|の)[^。]*\Z")
_SCOPE = re.compile(r"[,:—–]\s*|\b(?:who|which|that|and)\b", re.IGNORECASE)  # what is negated begins after it
_ABOUT = re.compile(
    r"\b(?:text|passage|document|context|source|handbook|article|excerpt|information|question)s?\b"
    r".{0,30}\b(?:only|about|mentions?|describes?|covers?|refers?|concerns?|discuss(?:es)?|focus(?:es)?)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|was|are|were|has|had|did|won|win|wins|beat|took|made|built|held|became|came|\w{3,}ed)\b",
    re.IGNORECASE,
)
_JA_SAID = re.compile(
    r"([\u30a1-\u30ff\u3400-\u9fff々A-Z・]{2,})(?:さん)?(?=[^。]{0,60}"
    r"(?:です|でした|した|った|んだ|れた|いた|である|る)\W*\Z)"
)
_NO_NAME = re.compile(
    r"情報|不明|詳細|記載|記録|記述|結果|確認|範囲|提供|手元|知識|残念|無理|不可|困難|未定|回答|質問|文書|資料|以上|存在"
)
_LEADS = frozenset(["in", "on", "at", "by", "to", "from", "for", "per", "as", "of", "according"])
_FILLER = re.compile(
    r"\A\W*(?:\w+ly|no|well|hm+|yes|so|thus|hence|regardless|indeed|ok(?:ay)?|sure|thanks)\W*\Z",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"(?:as|because|since|so|which|who|but|due|given|when|where|after|before|until)\b", re.IGNORECASE
)
_SHORT = 4  # words of a clause that is a bare answer


def abstains(reply: str, *, question: str = "") -> bool:
    """Whether a reply says that it does not know, or that it is not told, and then gives no answer after all.

    *I don't know, but I think it was 1914* is an answer, and so is a name or a value that the question does
    not hold, outside of what is negated. A denial of what is asked (*there was no such final*) is another
    thing: see :func:`denies`.
    """
    return _is_only(reply, _refuses, question)


def denies(reply: str, *, question: str = "") -> bool:
    """Whether a reply says that what is asked about never was, and gives no answer after all.

    With its question, a negation of any verb (*did not*, *was not*) counts only for the question's own verb.
    """
    return _is_only(reply, _denies, question)


def _refuses(text: str, asked: Asked) -> int | None:
    """Where a reply begins to say that it does not know."""
    del asked  # as a pattern is looked for, whatever is asked
    found = next((one for one in _UNKNOWN.finditer(text) if not _MORE.search(text[: one.start()])), None)
    return found.start() if found else None


def _denies(text: str, asked: Asked) -> int | None:
    """Where a reply begins to deny what is asked about."""
    if found := _DENIED.search(text):
        return found.start()
    for match in _ANY_DENIED.finditer(text):
        verb = (match["verb"] or "").strip().casefold()
        if not asked.plain or any(_stem(verb) == _stem(word) for word in asked.words):
            return match.start()
    return None


def _stem(verb: str) -> str:
    return re.sub(r"(?:ied|ies|ing|ed|es|s|e|y)$", "", verb) or verb


_Where = Callable[[str, Asked], "int | None"]


def _is_only(reply: str, where: _Where, question: str) -> bool:
    text, asked = cleaned(reply), read_asked(question)
    if where(text, asked) is None:
        return False
    known = _known(text, asked, where)
    return not any(_answers(piece, asked, known) for piece in _pieces(text, asked, where))


def _pieces(text: str, asked: Asked, where: _Where) -> Iterator[str]:
    """What stands beside a refusal: other clauses, and what comes before it in its own."""
    for clause in _CLAUSE.split(text):
        if not clause.strip():
            continue
        found = [place for place in (where(clause, asked), _refuses(clause, asked)) if place is not None]
        if not found:
            yield clause
        else:
            yield from _SCOPE.split(clause[: min(found)])[:-1]
            after = re.split(r"[,:—–]\s*", clause[min(found) :])[1:]
            yield from (piece for piece in after if _tells(piece, asked) and not _REASON.match(piece))


def _tells(piece: str, asked: Asked) -> bool:
    """Whether a piece of a sentence says something with the question's verb, or that someone won."""
    verbs = [word.casefold() for word in _VERB.findall(piece)]
    return any(verb in asked.words or verb in {"won", "did", "beat"} for verb in verbs)


def _known(text: str, asked: Asked, where: _Where) -> frozenset[str]:
    """The values that are no answers: those of the question, or without one those that are denied."""
    if asked.plain:
        return asked.words
    denied = [clause for clause in _CLAUSE.split(text) if where(clause, asked) is not None]
    return frozenset(value for clause in denied for token in read(clause).words for value in token.values)


def _answers(clause: str, asked: Asked, known: frozenset[str]) -> bool:
    """Whether a clause beside the refusal is an answer: a guess, a name, a value."""
    if any(pattern.search(clause) for pattern in (_POLITE, _UNKNOWN, _ABOUT, _FILLER)):
        return False
    if _GUESSES.search(clause):
        return True
    words = read(clause).words
    values = [token for token in words if token.typed and not asked.says(token)]
    if any(_is_another(token, known) for token in values):
        return False
    if words and words[0].text in _LEADS and not (values or _VERB.search(clause)):
        return False
    few = sum(1 if token.kind != "sign" else 0.3 for token in words) <= _SHORT
    if few and any(token.typed or (token.large and not asked.says(token)) for token in words[1:] or words):
        return True
    return bool(values) or _names_another(clause, words, asked)


def _is_another(token: Token, known: frozenset[str]) -> bool:
    """Whether a year is told of as another one than that of the question: ... but Vance won in 1987."""
    return is_year_like(token) and any(len(value) == 4 and value.isdecimal() for value in known)  # noqa: PLR2004


def _names_another(clause: str, words: Sequence[Token], asked: Asked) -> bool:
    """Whether a clause names someone or something that the question does not."""
    if any(run[1] not in asked.plain and not _NO_NAME.search(run[1]) for run in _JA_SAID.finditer(clause)):
        return True
    if not words or (words[0].text in LIGHT and not _VERB.search(clause)):
        return False
    opens = re.match(r"\W*([^\W\d_]+ \w+)", clause)
    if opens and _tells(opens[1], asked) and words[0].large and not asked.says(words[0]):
        return bool(names(f"so {opens[1]}"))
    found = {word for name in names(clause) for word in name.split() if word.isalpha()}
    return any(token.large and token.text in found and not asked.says(token) for token in words)
