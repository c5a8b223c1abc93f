"""How the names of a question stand to its verb: who beat, and who was beaten."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qagen.text.questions.question import Question, last_part

_PREPOSITION = re.compile(
    r"\b(at|in|on|of|from|to|against|by|for|with|over|than|vs?|versus)(?: the| captain| mr| mrs| dr)?$"
)
_SAME_ROLE = {
    "at": "in",
    "on": "in",
    "of": "in",
    "versus": "against",
    "v": "against",
    "vs": "against",
    "over": "against",
}
_TWO_SIDED = re.compile(
    r"\b(beat\w*|defeat\w*|overcame|lost|lose|teach\w*|taught|coach\w*|train\w*|succe\w+|replac\w+|follow\w*|appoint\w*|"
    r"elect\w*|sell\w*|sold|buy|bought|gave|give|hir\w+|sue[ds]?|attack\w*|invad\w+|help\w*|save[ds]?|kill\w*|visit\w*|"
    r"own\w*|lead|led|employ\w*|paint\w*|call\w*|wrote|write|invit\w+|met|meet|join\w*|border\w*|flow\w*)\b"
)

_PASSIVE_EN = re.compile(r"\b(?:was|were|is|are|been|be)\b.*\w(?:ed|en|ght|ld|t|d)\b")
_PARTICLE = re.compile(
    r"\s*(?:市|町|村|選手|氏|さん|監督|湖|川|橋|チーム|社)?\s*(から|まで|より|が|は|を|に対|によ|との|と|へ|に)?"
)
_ASKS_OBJECT = re.compile(r"(?:誰|どこ|だれ|何|どの\w+?)(?:[をへ]|に(?!よ))")
_ASKS_SUBJECT = re.compile("(?:誰|だれ|何|どこ)(?:が|によ)")
_PASSIVE = re.compile("れ(?:た|て|ま|る)")

_PARTICLE_ROLES = {
    "が": "subject",
    "を": "object",
    "から": "from",
    "まで": "to",
    "へ": "dative",
    "に": "dative",
}
_SIDES = {"subject", "object", "from", "to", "against", "dative"}


def roles_differ(one: Question, other: Question) -> bool:
    """Whether a name does in one question what is done to it in the other."""
    left, right = _roles_of(one), _roles_of(other)
    shared = left.keys() & right.keys()
    pairs = [{left[name], right[name]} for name in shared]
    swapped = len(shared) > 1 and any(pair in ({"", "against"}, {"", "than"}) for pair in pairs)
    return swapped or any(len(pair) > 1 and pair <= _SIDES for pair in pairs)


def _roles_of(question: Question) -> dict[str, str]:
    """For the last part of each name how it stands to the verb, as far as that can be told."""
    if not question.names:
        return {}
    clause = _JapaneseClause(question.folded) if question.japanese else _EnglishClause.of(question.folded)
    return dict(sorted((last_part(name), clause.role_of(name)) for name in question.names))


@dataclass(frozen=True, slots=True)
class _EnglishClause:
    """A folded question, with the place of a verb that has two sides, if it has one (else -1)."""

    folded: str
    verb: int
    passive: bool

    @classmethod
    def of(cls, folded: str) -> _EnglishClause:
        verb = _TWO_SIDED.search(folded)
        passive = bool(_PASSIVE_EN.search(folded) and re.search(r"\bby\b", folded))
        return cls(folded, verb.start() if verb else -1, passive)

    def role_of(self, name: str) -> str:
        """A name's preposition, or which side of the verb it is on."""
        folded, place = self.folded, self.folded.find(name)
        before = _PREPOSITION.search(folded[:place].rstrip())
        role = _SAME_ROLE.get(before[1], before[1]) if before else ""
        if folded[place + len(name) :].startswith(" s "):
            role = "in"
        if role == "by":
            return "subject"
        if role:
            return role
        if self.verb >= 0:
            return "subject" if (place > self.verb) == self.passive else "object"
        return self.side(folded[:place].split())

    def side(self, before: list[str]) -> str:
        """Subject after "did", object after a past form, and after "was" of a passive."""
        last = before[-1] if before else ""
        if last in {"did", "does", "do"}:
            return "subject"
        return "object" if last.endswith("ed") or (self.passive and last in {"was", "were"}) else ""


@dataclass(frozen=True, slots=True)
class _JapaneseClause:
    """A folded question in Japanese."""

    folded: str

    def role_of(self, name: str) -> str:
        """What the particle after a name says; は and the others that say little are ""."""
        folded, place = self.folded, self.folded.find(name)
        particle = (_PARTICLE.match(folded, place + len(name)) or [None, None])[1] if place >= 0 else None
        role = _PARTICLE_ROLES.get(particle or "", "")
        if particle == "は" and _ASKS_OBJECT.search(folded):
            return "subject"
        if (particle == "は" and _ASKS_SUBJECT.search(folded)) or (
            role == "subject" and _PASSIVE.search(folded)
        ):
            return "object"
        return role
