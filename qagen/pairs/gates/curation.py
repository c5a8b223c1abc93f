"""Which pairs are kept: repeats, duplicates and contradictions.

Each stage takes pairs and returns what it kept and what it dropped, with the reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qagen.records import Conflict, Dropped, QAPair
from qagen.text import fold

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from qagen.pairs.gates.duplicates import Twin

DUPLICATE = "duplicate"
CONFLICT_DECIDED = "conflict_decided"


@dataclass(frozen=True, slots=True)
class Curation:
    """What was kept, what was dropped and why, and what contradicts. Together they are the whole input.

    A pair stands in exactly one of the three. In a conflict for a ``missing_qualifier`` the questions that
    lack something come first, then those they can be taken for.
    """

    kept: tuple[QAPair, ...]
    dropped: tuple[Dropped, ...]
    conflicts: tuple[Conflict, ...] = ()


class Repeats:
    """Recognises pairs that were seen before; it keeps 8 bytes of a hash for each."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def is_new(self, pair: QAPair) -> bool:
        """Whether no pair with the same question and answer (after folding) came before."""
        text = f"{fold(pair.question)}\0{fold(pair.answer)}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if digest in self._seen:
            return False
        self._seen.add(digest)
        return True


def curate_pairs(
    pairs: Iterable[QAPair],
    *,
    embeddings: Embeddings | None = None,
    locked: Collection[str] = (),
    unclear: Callable[[QAPair], bool] = lambda _: False,
) -> Curation:
    """Drop pairs that say the same as another, and set aside those that contradict each other.

    Of two pairs that say the same, the better stays: the one whose quote was found, then the more specific
    question, then the first. Questions with different answers are conflicts, and so is a question that lacks
    what tells it from another one, which is kept: the pairs of a conflict are not kept. See
    :func:`qagen.pairs.gates.duplicates.find_twins` for the rules, the time it takes, and ``embeddings``.

    Args:
        pairs: All pairs together, of one document or of many.
        embeddings: A LangChain embedding model that finds more rewordings.
        locked: Ids of pairs that a person has settled: they are kept, and decide the conflicts they are in.
        unclear: Whether a question does not say yet what it is about. Such a pair is no duplicate of one of
            another passage: *In which month does the festival take place?* has two answers that are July.

    Returns:
        What was kept, dropped and set aside, each in the order of the input.
    """
    from qagen.pairs.gates.duplicates import find_twins

    given = tuple(pairs)
    twins = find_twins(given, embeddings=embeddings)
    same = [
        twin
        for twin in twins
        if twin.kind == "duplicate"
        and not _may_be_of_two_things(given[twin.first], given[twin.second], unclear)
    ]
    stays = _survivors(given, same, locked)
    found = _conflicts(given, stays, [twin for twin in twins if twin.kind != "duplicate"])
    conflicts = [one for one in found if not any(pair.id in locked for pair in one.pairs)]
    lost = [
        (one, pair) for one in found if one not in conflicts for pair in one.pairs if pair.id not in locked
    ]
    aside = {pair.id for one in conflicts for pair in one.pairs} | {pair.id for _, pair in lost}
    return Curation(
        kept=tuple(pair for place, pair in enumerate(given) if place not in stays and pair.id not in aside),
        dropped=(
            *(
                Dropped(pair=given[place], reason=DUPLICATE, detail=_same_as(given[best]))
                for place, best in sorted(stays.items())
            ),
            *(
                Dropped(
                    pair=pair, reason=CONFLICT_DECIDED, detail=f"a person decided otherwise: {one.detail}"
                )
                for one, pair in lost
            ),
        ),
        conflicts=tuple(conflicts),
    )


def _may_be_of_two_things(one: QAPair, other: QAPair, unclear: Callable[[QAPair], bool]) -> bool:
    """Whether two alike questions of different passages do not say that they are about the same."""
    return one.passage != other.passage and (unclear(one) or unclear(other))


def _same_as(pair: QAPair) -> str:
    return f"says the same as {pair.id}: {pair.question}"


def _survivors(pairs: Sequence[QAPair], twins: Sequence[Twin], locked: Collection[str]) -> dict[int, int]:
    """For each pair that goes, the one that stays for it: its twin, or for equal texts the twin's twin."""
    from qagen.pairs.gates.duplicates import goodness

    beside: dict[int, list[tuple[int, bool]]] = {}
    for twin in twins:
        beside.setdefault(twin.first, []).append((twin.second, twin.similarity == 1))
        beside.setdefault(twin.second, []).append((twin.first, twin.similarity == 1))
    gone: dict[int, int] = {}
    seen: set[int] = set()
    for place in sorted(beside, key=lambda one: (pairs[one].id not in locked, goodness(pairs[one], one))):
        if pairs[place].id in locked:
            seen.add(place)
            continue
        for other, equal in sorted(beside[place]):
            if other in seen and (equal or other not in gone):
                gone[place] = gone.get(other, other)
                break
        seen.add(place)
    return gone


def _conflicts(pairs: Sequence[QAPair], gone: Mapping[int, int], twins: Sequence[Twin]) -> list[Conflict]:
    """One conflict for each group of pairs that are tied to each other."""
    tied: dict[int, int] = {}
    kinds: dict[int, list[Twin]] = {}
    for twin in twins:
        one, other = (_root(tied, gone.get(place, place)) for place in (twin.first, twin.second))
        tied[max(one, other)] = min(one, other)
    for twin in twins:
        kinds.setdefault(_root(tied, gone.get(twin.first, twin.first)), []).append(twin)
    groups: dict[int, list[int]] = {}
    for place in sorted({gone.get(place, place) for twin in twins for place in (twin.first, twin.second)}):
        groups.setdefault(_root(tied, place), []).append(place)
    return [_conflict(pairs, places, kinds[root], gone) for root, places in groups.items() if len(places) > 1]


def _conflict(
    pairs: Sequence[QAPair], places: Sequence[int], twins: Sequence[Twin], gone: Mapping[int, int]
) -> Conflict:
    """Aside stand the questions that lack something and those with two answers; the others are clear."""
    first = next((twin for twin in twins if twin.kind == "two_answers"), twins[0])
    reason: Literal["two_answers", "missing_qualifier"] = (
        "two_answers" if first.kind == "two_answers" else "missing_qualifier"
    )
    disputed = {gone.get(twin.first, twin.first) for twin in twins}
    disputed |= {gone.get(twin.second, twin.second) for twin in twins if twin.kind == "two_answers"}
    return Conflict(
        pairs=tuple(pairs[place] for place in places if place in disputed),
        against=tuple(pairs[place] for place in places if place not in disputed),
        reason=reason,
        detail=first.detail,
    )


def _root(tied: dict[int, int], place: int) -> int:
    """The first place of a group; the way there is shortened."""
    root = place
    while tied.get(root, root) != root:
        root = tied[root]
    while tied.get(place, place) != root:
        tied[place], place = root, tied[place]
    return root
