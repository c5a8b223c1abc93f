"""How what is asked for stands to the verb: where from and where to, until when, with whom and for whom."""

from __future__ import annotations

import re

from qagen.text.questions.question import Question

_ASKED_JA = re.compile(
    r"(?:いつ|誰|だれ|どなた|どこ|(?<!第)何[年月日時]?)(?:頃|ごろ)?"
    r"(から|まで|で(?![すしあ])|を|へ|に(?!よ)|と(?!い))"
)
_PASSIVE_JA = re.compile("れ(?:た|て|ま|る)")
# Particles that say the same of what is asked for have one name; those that say little have none.
_ROLES_JA = {
    "when": {"まで": "until"},
    "where": {"から": "from", "まで": "to", "に": "to", "へ": "to", "で": "to"},
    "who": {"から": "from", "に": "to", "へ": "to", "を": "to", "と": "with"},
    "what": {"を": "object", "で": "of", "から": "of"},
}
_ASKED_EN = re.compile(
    r"^(?P<before>from|to|for|with|about|against|of) (?:whom|which|what|where)\b"
    r"|\b(?P<after>from|to|into|for|with|about|against|of)$"
)
_ROLES_EN = {"into": "to", "of": "from"}
_ALIKE = ({"to", "with"}, {"from", "about"})  # to compare with and to compare to; to speak of and about


def ask_for_other_roles(one: Question, other: Question) -> bool:
    """Whether both say how what they ask for stands to the verb, and it is not the same.

    Up to when something was is another thing than when; from when on it was is not.
    """
    roles = {_role_asked(one), _role_asked(other)}
    if len(roles) == 1 or one.japanese != other.japanese or roles in _ALIKE:
        return False
    if "" in roles:
        return "until" in roles
    by_whom = one.japanese and "who" in {one.kind, other.kind}
    return not (by_whom and any(_PASSIVE_JA.search(question.folded) for question in (one, other)))


def _role_asked(question: Question) -> str:
    """The role of what is asked for, as far as its particle or preposition tells it."""
    if question.japanese:
        match = _ASKED_JA.search(question.folded)
        return _ROLES_JA.get(question.kind, {}).get(match[1], "") if match else ""
    match = _ASKED_EN.search(question.folded)
    word = (match["before"] or match["after"]) if match else ""
    return _ROLES_EN.get(word, word)
