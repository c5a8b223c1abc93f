"""Whether two questions ask the same, or one of them the same with more to say which."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from qagen.text import CHANGES, word_set
from qagen.text.questions.english import PLURAL, canonical_word
from qagen.text.questions.interrogatives import ask_for_other_roles
from qagen.text.questions.question import Question
from qagen.text.questions.roles import roles_differ

Likeness = Literal["same", "alike", "other"]

_OPEN_KINDS = {"what", "count", "measure", "how"}
_MOST_MORE = 3
PREFIX = 5
"""Words with the same beginning of this length are forms of one word."""
_ENDINGS = word_set(
    "e d s n ed es er or en ing ion ions ation ment ments al y ies ance ence ant ent able ive ity"
)
_ENDINGS |= {""}
_ASKS_NAME = re.compile(
    r"\b(?:called|names?|named|known as)\b|名称|名前|氏名|(?<!何)名(?:は|を)|呼ば|呼称|[何なん]という"
)
_ONE_OF = re.compile(
    r"\b(?:name|give|list|mention|state|identify|cite|tell me|(?:which|what|who) (?:is|was|are|were)) "
    r"(?:(?:any|at least) )?(?:one|two|three|some|any|another|an? example|examples|among)\b(?! and only\b)"
    r"|\b(?:name|give|list|mention|state|identify|cite) an?\b"
    r"|\b(?:which|what|who) (?:is|was) an? (?:[a-z-]+ ){1,3}?(?:of|in|from|that|who|which)\b"
    r"|\b(?:one|some|any|two) of\b|\bfor (?:example|instance)\b|\bone (?:example|member|reason|way) of\b"
    r"|(?:の|ある)(?:うちの?)?(?:[一1]つ|ひとつ|[一1]人|ひとり|[一1]種|[一1]例|例)(?:は|を|と|に|で|が|の名|挙)"
    r"|(?:[一1二2三3]つ|[一1二2三3]人|ひとつ|ひとり|例を)(?:だけ)?(?:挙げ|あげ|答え|教え|述べ)|例えば|たとえば"
)


def compare_questions(one: Question, other: Question, *, surely: bool = False) -> Likeness:
    """Whether two questions ask the same.

    ``same``: equal kind, numbers and names, and the same words but for synonyms and words without meaning.
    ``alike``: one has a few words more that change nothing; enough for a duplicate when the answers agree,
    not for a contradiction. ``surely``: they are known to be near in meaning, so that words may differ.
    """
    if one.folded == other.folded:
        return "same"
    both = _Two(one, other)
    if not both.numbers_fit() or roles_differ(one, other) or not both.names_fit():
        return "other"
    if ask_for_other_roles(one, other):
        return "other"
    if one.kind == other.kind and one.words == other.words and not (one.lacks(other) or other.lacks(one)):
        return "same" if both.ask_for_a_name_alike() else "alike"
    return "alike" if both.kinds_fit() and both.words_fit(surely=surely) else "other"


@dataclass(frozen=True, slots=True)
class _Two:
    """Two questions that may ask the same."""

    one: Question
    other: Question

    def numbers_fit(self) -> bool:
        """The numbers are equal, and so are those that stand in no name."""
        one, other = self.one, self.other
        if one.numbers != other.numbers:
            return False
        return one.outside == other.outside or one.numbered != other.numbered

    def ask_for_a_name_alike(self) -> bool:
        """Whether both ask what something is called, or what it is, where nothing else is asked about it."""
        asks = [_ASKS_NAME.search(question.folded) is not None for question in (self.one, self.other)]
        kinds_only = self.one.japanese and max(map(len, self.one.relation), default=0) == 1
        says_little = not self.one.relation or (kinds_only and len(self.one.relation) == 1)
        return asks[0] == asks[1] or not says_little or self.one.kind != "what"

    def names_fit(self) -> bool:
        """Names overlap, and not both have a name that the other lacks."""
        one, other = self.one, self.other
        missing, added = one.lacks(other), other.lacks(one)
        if missing and added:
            return False
        if not one.names or not other.names:
            return not missing and not added
        return len(missing) < len(one.names) and len(added) < len(other.names)

    def kinds_fit(self) -> bool:
        """The kinds of answer are equal, or one of them says little."""
        kinds = {self.one.kind, self.other.kind}
        return len(kinds) == 1 or ("yes" not in kinds and bool(kinds & _OPEN_KINDS))

    def words_fit(self, *, surely: bool) -> bool:
        """One has at most a few words more, none of which changes what is asked."""
        one, other = self.one, self.other
        left, right = _differences(one.words, other.words)
        if (
            (left | right) & CHANGES
            or any(any(map(str.isdigit, word)) for word in left | right)
            or (one.has_events(left) and other.has_events(right))
        ):
            return False
        if surely:
            return True
        if left and right:
            return False
        more, fewer = (one, other) if left else (other, one)
        extra = (left or right) - more.named
        common = one.words & other.words
        if not fewer.relation and more.relation & extra and fewer.kind not in {"when", "where"}:
            return False
        return len(extra) <= min(_MOST_MORE, max(1, len(common) // 2 + 1))


def _differences(one: frozenset[str], other: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The words that only one has, forms of the same word (arrange, arrangement) left out."""
    left, right = one - other, other - one
    forms = {(a, b) for a in left for b in right if _are_forms(a, b)}
    return left - {a for a, _ in forms}, right - {b for _, b in forms}


def lost_words(one: Question, other: Question) -> frozenset[str]:
    """The words of a question that are in no name and that the other does not have, in any form.

    Forms are taken more loosely than for a duplicate: *employ* is in *the number of employees*.
    """
    lost = _differences(one.words - one.named, other.words)[0]
    told = [word for word in other.folded.split() if len(word) > PREFIX]
    if one.japanese or not lost or not told:
        return lost
    found = {
        canonical_word(word)
        for word in one.folded.split()
        if any(word[:PREFIX] == theirs[:PREFIX] and abs(len(word) - len(theirs)) <= PLURAL for theirs in told)
    }
    return lost - found


def _are_forms(one: str, other: str) -> bool:
    shared = sum(1 for _ in takewhile(lambda signs: signs[0] == signs[1], zip(one, other, strict=False)))
    return shared >= PREFIX and one[shared:] in _ENDINGS and other[shared:] in _ENDINGS


def is_narrower(full: Question, lacking: Question) -> bool:
    """Whether ``full`` asks what ``lacking`` asks, with more to say which: a number, a name, an event."""
    relations = (full.relation, full.relation | full.kinds_named)
    if full.kind != lacking.kind or lacking.relation not in relations or roles_differ(full, lacking):
        return False
    if not (lacking.numbers <= full.numbers and lacking.qualifiers < full.qualifiers):
        return False
    if ask_for_other_roles(full, lacking):
        return False
    return all(_is_that_name(name, full) for name in lacking.names)


def _is_that_name(name: str, full: Question) -> bool:
    """Whether a name of the shorter question is one of the fuller, or the end of one (Vance, Tilda Vance)."""
    return any(whole == name or whole.endswith(f" {name}") for whole in full.names)


def asks_one_of(question: Question) -> bool:
    """Whether a question asks for one of several, so that different answers are right: *Name a member of*."""
    return _ONE_OF.search(question.folded) is not None
