"""Replies that say that they do not know, or that what is asked about never was."""

from __future__ import annotations

import re

from qagen.evaluation.cleaning import cleaned
from qagen.evaluation.folding import read

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
        |familiar|able|verify)
    | \b(?:i|we)(?:\ am|['’]m|\ are|['’]re)?\ (?:un(?:able|sure|certain|aware)|have\ no\ (?:idea|knowledge
      |information|record))
    | \bno\ (?:idea|clue)\b | \bdunno\b | \bidk\b | (?:\A\W*|\b(?:is|are|was|were|remains?|be
      |as)\ (?:\w+ly\ )?)unknown\b | \bunanswerable\b | \bn/a\b | \bnot\ sure\b
    | \bno\ (?:\w+\ )?(?:information|mention|records?|data|details?|reference|evidence|answer|indication
      |documentation)\b
    | (?:\b(?:is|are|was|were|does|do|did|has|have|been|be)\ not|n['’]t)\ (?:\w+ly\ |been\ |explicitly\
      |have\ )?{_TOLD}\w*
    | ^\W*not\ (?:\w+ly\ )?{_TOLD}\w*
    | \bcannot\ (?:be\ )?(?:answer|determin|know|say|tell|find|provide|confirm|verify|establish)\w*
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
    | \bno\ such\b | \b(?:no\ one|nobody|none)\b | \bnon-?existent\b | \bnever\ (?:took|taken|happened
      |existed|held|won|been|was|played)
    | \b(?:false|incorrect|mistaken|wrong)\ (?:premise|assumption) | \bpremise\b[^.]{0,30}\b(?:false
      |incorrect|wrong|mistaken)
    | \bdid\ not\b | \bdidn['’]t\b | \b(?:was|were|has|had|does|is)(?:\ not|n['’]t)\b
    | 存在し(?:ません|ない|ていません|なかった)|(?:開催|実施|開か|行わ|設立|発売|参加|出場|実在)(?:れ|され
      |し)?(?:て(?:い|おり)?)?(?:ません|ない|なかった)
    | 該当(?:する|の)?.{0,20}?(?:ありません|ない|なし|いません|いない|なく)|(?:という|そのような|そういう
      |そんな).{0,20}?(?:ありません|いません|ない|なかった)
    | (?:は|が|も)(?:ありません|いません|なかった|ございません|なし)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_GUESSES = re.compile(
    r"\b(?:i (?:think|believe|guess|would (?:say|guess)|suppose|assume)|my (?:best )?guess|probably|perhaps"
    r"|maybe|possibly|most likely|presumably)\b"
    r"|^\W*(?:but |however,? |though |so )*(?:it|he|she|they|the (?:answer|winner|score|result)) (?:was|is"
    r"|were|might|may|could|must|would)\b(?! (?:not|un))"
    r"|おそらく|恐らく|たぶん|多分|かもしれ|と思(?:います|われます|う)|でしょう|推測",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[.!?。！？\n;；]+(?!\d)|,? \b(?:but|however|although|though|yet)\b,? |が、|けれども?、?|ただし|しかし"
)
_POLITE = re.compile(
    r"\b(?:sorry|apologi[sz]e|please|as an ai|language model|if you|could you|can you|let me know|feel free"
    r"|would you|help|context|happy to)\b"
    r"|申し訳|すみません|ください|お願い|ごめん|恐れ入り|教えていただ|必要",
    re.IGNORECASE,
)
_SHORT = 4  # words of a clause that is a bare answer


def abstains(reply: str) -> bool:
    """Whether a reply says that it does not know, or that it is not told, and then gives no answer after all.

    *I don't know, but I think it was 1914* is an answer. A denial of what is asked (*there was no such
    final*) is another thing: see :func:`denies`.
    """
    return _is_only(reply, _UNKNOWN)


def denies(reply: str) -> bool:
    """Whether a reply says that what is asked about never was, and gives no answer after all."""
    return _is_only(reply, _DENIED)


def _is_only(reply: str, pattern: re.Pattern[str]) -> bool:
    text = cleaned(reply)
    if not pattern.search(text):
        return False
    rest = [clause for clause in _CLAUSE.split(text) if clause.strip() and not pattern.search(clause)]
    return not any(_answers(clause) for clause in rest)


def _answers(clause: str) -> bool:
    """Whether a clause beside the refusal is an answer: a guess, or a bare name or number."""
    if _POLITE.search(clause) or _UNKNOWN.search(clause):
        return False
    if _GUESSES.search(clause):
        return True
    words = read(clause).words
    few = sum(1 if token.kind != "sign" else 0.3 for token in words) <= _SHORT
    return few and any(token.typed or token.large for token in words[1:] or words)
