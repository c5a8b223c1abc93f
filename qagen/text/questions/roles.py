"""How the names of a question stand to its verb: who beat, and who was beaten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from qagen.text.questions.question import Question, last_part

Roles = Mapping[str, str]
"""For the last part of each name how it stands to the verb."""
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
# Said of two in either order: Selby and Orrin, how far one is from the other, when they married.
_JOINED = re.compile(
    r"\s*(?:and|or|nor|&|vs?|versus|with|[、・,/対]|と|や|か|および|及び|または)\s*(?:the\s*)?"
)
_MUTUAL = re.compile(
    r"\b(?:far|distances?|apart|marr\w+|wed|wedding|spouses?|meet\w*|met|same|differ\w*|border\w*|connect\w*|"
    r"link\w*|together|friends?|rivals?|related|common|neighbou?r\w*|equal\w*|share[sd]?)\b"
    r"|距離|離れ|結婚|夫婦|会[いうっ]|出会|対戦|同じ|違い|共通|共同|隣|接[しす]|結[ばびぶん]|の友|の間"
)
_SIDES = {"subject", "object", "from", "to", "against", "dative"}


def roles_differ(one: Question, other: Question) -> bool:
    """Whether a name does in one question what is done to it in the other."""
    left, right = _roles_of(one), _roles_of(other)
    shared = left.keys() & right.keys()
    pairs = [{left[name], right[name]} for name in shared]
    if _is_exchange(one, other, left, right):
        return True
    swapped = len(shared) > 1 and any(pair in ({"", "against"}, {"", "than"}) for pair in pairs)
    return swapped or any(len(pair) > 1 and pair <= _SIDES for pair in pairs)


def _is_exchange(one: Question, other: Question, left: Roles, right: Roles) -> bool:
    """Whether two names have changed their places, and not of something that both do alike."""
    if _MUTUAL.search(one.folded) or _MUTUAL.search(other.folded):
        return False
    exchanged = any(
        left[name] == right[others] != left[others] == right[name]
        for name, others in combinations(sorted(left.keys() & right.keys()), 2)
    )
    return exchanged or _Frame.of(one).is_refilled(_Frame.of(other))


@dataclass(frozen=True, slots=True)
class _Frame:
    """A question cut at its names: ``texts`` are what stands before, between and after them."""

    names: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, question: Question) -> _Frame:
        if not question.names:
            return cls((), (question.folded,))
        longest_first = sorted(question.names, key=lambda name: (-len(name), name))
        cut = re.split(f"({'|'.join(map(re.escape, longest_first))})", question.folded)
        return cls(tuple(cut[1::2]), tuple(cut[::2]))

    def is_refilled(self, other: _Frame) -> bool:
        """Whether the other has the same names in another order: not only in the order of a list."""
        if self.texts != other.texts or sorted(self.names) != sorted(other.names):
            return False
        moved = [
            place for place, pair in enumerate(zip(self.names, other.names, strict=True)) if len({*pair}) > 1
        ]
        between = self.texts[moved[0] + 1 : moved[-1] + 1] if moved else ()
        return any(not _JOINED.fullmatch(text) for text in between)


def _roles_of(question: Question) -> Roles:
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
