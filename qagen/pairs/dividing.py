"""Which facts are trained, which are withheld, and what is asked of the tuned model: by fact, never by row.

Where a fact goes depends on a hash of the seed and of its own words, so adding a document later moves
nothing; only where the hashes would withhold no fact at all of a document (or of all together), the lowest
is taken. What is asked must not be trained in nearly the same words: :func:`find_leaks` looks, and whatever
it finds is taken out of what is asked.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from qagen.errors import SettingsError
from qagen.pairs.dataset import QADataset
from qagen.pairs.wordings import HELD_OUT, is_close, short_answer, similarity
from qagen.records import Dropped, Leak, QAPair
from qagen.text import fold
from qagen.text.proper_names import names
from qagen.text.questions import compare_questions, read_question

LEAK = "leak"
_SHARED = 0.6  # of its tokens each of two near questions shares with the other, at least
_ROUNDING = 1e-9  # ten times 0.1 is one
_LONG_QUOTE = 20  # characters from which the same quote in another document says the same


def divide_pairs(
    dataset: QADataset | Iterable[QAPair], *, validation: float = 0.1, control: float = 0.1, seed: int = 0
) -> QADataset:
    """Say of each pair what it is for: ``part`` is ``train``, ``validation``, ``probe`` or ``control``.

    All wordings of a fact stay together, and so do facts that say the same. *Control* facts are withheld
    entirely. Of the others the canonical pair, the training wordings and forms are trained, held-out wordings
    are probes, and of a sample of facts one held-out wording is the validation file. A pair that is asked and
    says the same as a trained one is dropped with the reason ``leak`` (of a control fact all pairs), until
    the check finds nothing; ``leaks`` of the new dataset is the result of the last check, ``()``.

    The shares are of facts, and hold on average: each fact is decided by a hash of ``seed`` and its question.
    Something is withheld all the same as soon as the share comes to one fact (of ten, with a tenth): where no
    fact of a document that has so many falls under the share, that with the lowest hash is taken, and where
    none of all does, the lowest of all. See ``docs/decisions.md`` for what that costs.

    Args:
        dataset: A dataset, or pairs. One that was divided before is divided anew.
        validation: Share of the trained facts with held-out wordings of which one goes to validation.
        control: Share of the facts that are withheld.
        seed: Another number gives another division.

    Raises:
        SettingsError: A share is negative, or 1 or more, or their sum is.
    """
    whole = dataset if isinstance(dataset, QADataset) else QADataset(tuple(dataset))
    pairs = assign_parts(whole, validation=validation, control=control, seed=seed)
    dropped: list[Dropped] = []
    leaks = find_leaks(pairs)
    while leaks:
        pairs, gone = _without_leaks(pairs, leaks)
        dropped += gone
        if not any(
            pair.part == "control" for pair in pairs
        ):  # the one withheld fact was known from elsewhere
            pairs = assign_parts(pairs, validation=validation, control=control, seed=seed)
        leaks = find_leaks(pairs)
    return whole.replace(pairs=tuple(pairs), dropped=(*whole.dropped, *dropped), leaks=tuple(leaks))


def assign_parts(
    pairs: Iterable[QAPair], *, validation: float = 0.1, control: float = 0.1, seed: int = 0
) -> list[QAPair]:
    """The pairs in their order, each with its part. Leaks are not looked for.

    Facts with the same question, and facts of one source with the same answer from the same quote, are
    decided alike.

    Raises:
        SettingsError: The shares cannot be.
    """
    check_shares(validation, control)
    together = list(pairs)
    words = _deciding_words(together)
    hidden: dict[str, list[QAPair]] = defaultdict(list)
    for pair in together:
        if _is_held_out(pair):
            hidden[pair.fact].append(pair)
    chosen = {
        min(wordings, key=lambda pair: _seeded_hash(seed, "wording", pair.id)).id
        for fact, wordings in hidden.items()
        if _share_of(seed, "validation", words[fact]) < validation
    }
    withheld = _withheld_words(together, words, control, seed)

    def part(pair: QAPair) -> str:
        if words[pair.fact] in withheld:
            return "control"
        if not _is_held_out(pair):
            return "train"
        return "validation" if pair.id in chosen else "probe"

    return [pair.model_copy(update=_part_mark(part(pair), pair)) for pair in together]


def find_leaks(pairs: Iterable[QAPair]) -> list[Leak]:
    """What is asked (validation, probe, control) though something trained says the same.

    ``exact``: the same question after folding. ``near``: its words are like those of a trained question
    (see :func:`qagen.pairs.wordings.gates.is_close`), and it is one of the same fact, or has the same answer,
    numbers and names and asks the same (:func:`~qagen.text.questions.likeness.compare_questions`); for a
    withheld fact also a trained fact with the same answer from the same words. One leak is given for each
    pair that is asked. Candidates are found by their rarest words, so the time grows with the pairs and not
    with their square.
    """
    trained: list[QAPair] = []
    asked: list[QAPair] = []
    for pair in pairs:
        (trained if pair.part == "train" else asked).append(pair)
    exact = {fold(pair.question): pair for pair in reversed(trained)}
    proofs = {proof: pair for pair in reversed(trained) for proof in _fact_proofs(pair)}
    near = _Near(trained, asked)
    found = (_leak_of(pair, exact, proofs, near) for pair in asked)
    return [leak for leak in found if leak]


def _leak_of(
    pair: QAPair, exact: Mapping[str, QAPair], proofs: Mapping[tuple[str, ...], QAPair], near: _Near
) -> Leak | None:
    same = exact.get(fold(pair.question))
    if same:
        return Leak(trained=same.id, asked=pair.id, kind="exact", similarity=1.0)
    if pair.part == "control":
        known = next((proofs[proof] for proof in _fact_proofs(pair) if proof in proofs), None)
        if known:
            alike = similarity(known.question, pair.question)
            return Leak(trained=known.id, asked=pair.id, kind="near", similarity=round(alike, 4))
    return near.leak(pair)


def _without_leaks(pairs: Sequence[QAPair], leaks: Sequence[Leak]) -> tuple[list[QAPair], list[Dropped]]:
    """The pairs without those that leak; of a withheld fact that is known from elsewhere none stays."""
    by_id = {pair.id: pair for pair in pairs}
    details = {
        leak.asked: f"the trained pair {leak.trained} says the same ({leak.kind}, {leak.similarity:.2f})"
        for leak in leaks
    }
    known = {
        by_id[leak.asked].fact: f"its fact is trained: {details[leak.asked]}"
        for leak in leaks
        if by_id[leak.asked].part == "control"
    }
    kept: list[QAPair] = []
    dropped: list[Dropped] = []
    for pair in pairs:
        detail = details.get(pair.id) or known.get(pair.fact)
        if detail is None or pair.part == "train":
            kept.append(pair)
        else:
            dropped.append(Dropped(pair=pair, reason=LEAK, detail=detail))
    return kept, dropped


def _part_mark(part: str, pair: QAPair) -> dict[str, object]:
    """What changes: the part, and a mark by which a held-out wording is known when divided again."""
    if _is_held_out(pair) and not pair.extra.get(HELD_OUT):
        return {"part": part, "extra": {**pair.extra, HELD_OUT: True}}
    return {"part": part}


def _is_held_out(pair: QAPair) -> bool:
    return pair.part in {"probe", "validation"} or pair.extra.get(HELD_OUT) is True


# --- deciding --------------------------------------------------------------------------------------------


def check_shares(validation: float, control: float) -> None:
    """Refuse shares that cannot be.

    Raises:
        SettingsError: One is negative, or 1 or more, or their sum is.
    """
    for name, share in (("validation", validation), ("control", control)):
        if not (math.isfinite(share) and 0 <= share < 1):
            raise SettingsError(f"{name} must be a share from 0 to below 1, such as 0.1, not {share}")
    if validation + control >= 1:
        raise SettingsError(
            f"validation and control together must be below 1, so that something is trained, "
            f"not {validation + control}"
        )


def _deciding_words(pairs: Sequence[QAPair]) -> dict[str, str]:
    """For each fact the text whose hash decides: its folded question, or that of a fact that says the same.

    Of facts of one source with the same answer from the same quote the first by the alphabet decides. Other
    sources have no say, or a new document would move what was there.
    """
    facts = _fact_heads(pairs)
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for fact, pair in facts.items():
        groups[_fact_span(pair)].append(fact)
    words = {fact: fold(pair.question) for fact, pair in facts.items()}
    return {fact: min(words[one] for one in groups[_fact_span(pair)]) for fact, pair in facts.items()}


def _withheld_words(pairs: Iterable[QAPair], words: Mapping[str, str], control: float, seed: int) -> set[str]:
    """The deciding words of the facts that are withheld: under the share, or lowest where none else would be.

    Each document is looked at for itself, so that another one that is added later moves nothing in it; all
    together come last, for documents of few facts.
    """
    documents: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        documents[pair.source].add(words[pair.fact])
    place = {text: _share_of(seed, "control", text) for text in words.values()}
    withheld = {text for text, share in place.items() if share < control}
    for texts in (*documents.values(), place.keys()):
        if len(texts) * control > 1 - _ROUNDING and not texts & withheld:
            withheld.add(min(texts, key=lambda text: (place[text], text)))
    return withheld


def _fact_heads(pairs: Iterable[QAPair]) -> dict[str, QAPair]:
    """Each fact with its canonical pair, or its first one when the canonical is not there."""
    heads: dict[str, QAPair] = {}
    for pair in pairs:
        if pair.fact not in heads or (pair.form == "canonical" and heads[pair.fact].form != "canonical"):
            heads[pair.fact] = pair
    return heads


def _fact_span(pair: QAPair) -> tuple[object, ...]:
    if pair.start is None:
        return ("fact", pair.fact)
    return (pair.source, pair.start, pair.end, _folded_answer(pair))


def _seeded_hash(seed: int, use: str, text: str) -> int:
    digest = hashlib.sha256(f"{seed}\0{use}\0{text}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")


def _share_of(seed: int, use: str, text: str) -> float:
    return _seeded_hash(seed, use, text) / 2**64


# --- what is near ----------------------------------------------------------------------------------------


def _fact_proofs(pair: QAPair) -> list[tuple[str, ...]]:
    """What shows that two canonical pairs give the same fact: the answer with the quote or its place."""
    if pair.form != "canonical":
        return []
    answer, quote = _folded_answer(pair), fold(pair.quote)
    return [
        *(
            [(answer, quote, _question_digits(pair.question))]
            if len(quote) >= _LONG_QUOTE and quote != answer
            else []
        ),
        *([(answer, pair.source, str(pair.start), str(pair.end))] if pair.start is not None else []),
    ]


class _Near:
    """Finds trained questions near to one that is asked: of its fact, or with its answer and numbers.

    Answers such as *Yes* are those of many. Two sets of tokens that share enough have at least one of their
    rarer ones in common, so only those are looked up (prefix filtering: Chaudhuri et al. 2006, "A
    primitive operator for similarity joins in data cleaning").
    """

    def __init__(self, trained: Sequence[QAPair], asked: Sequence[QAPair]) -> None:
        self._often: Counter[str] = Counter()
        self._facts: dict[str, list[QAPair]] = defaultdict(list)
        self._blocks: dict[tuple[object, ...], list[tuple[frozenset[str], QAPair]]] = defaultdict(list)
        for pair in (*trained, *asked):
            self._often.update(_question_tokens(pair.question))
        facts, answers = {pair.fact for pair in asked}, {_folded_answer(pair) for pair in asked}
        for pair in trained:
            if pair.fact in facts:
                self._facts[pair.fact].append(pair)
            if _folded_answer(pair) in answers:
                tokens = _question_tokens(pair.question)
                for key in self._keys(pair, tokens):
                    self._blocks[key].append((tokens, pair))

    def leak(self, pair: QAPair) -> Leak | None:
        """The first trained pair that is near."""
        for other in self._candidates(pair):
            alike = similarity(other.question, pair.question)
            if is_close(other.question, pair.question, alike) and _says_the_same(other, pair):
                return Leak(trained=other.id, asked=pair.id, kind="near", similarity=round(alike, 4))
        return None

    def _keys(self, pair: QAPair, tokens: frozenset[str]) -> list[tuple[object, ...]]:
        """The answer and the question's numbers, with each of the rarer of the question's tokens."""
        inside = (_folded_answer(pair), _question_digits(pair.question))
        ordered = sorted(tokens, key=lambda token: (self._often[token], token))
        rare = ordered[: len(ordered) - math.ceil(_SHARED * len(ordered)) + 1]
        return [(*inside, token) for token in rare]

    def _candidates(self, pair: QAPair) -> Iterable[QAPair]:
        tokens = _question_tokens(pair.question)
        alike = {
            other.id: other
            for key in self._keys(pair, tokens)
            for theirs, other in self._blocks.get(key, ())
            if len(tokens & theirs) >= _SHARED * max(len(tokens), len(theirs))
        }
        return (*self._facts.get(pair.fact, ()), *alike.values())


def _folded_answer(pair: QAPair) -> str:
    return fold(short_answer(pair))


def _question_digits(question: str) -> str:
    """The digits of a question, as a quick sign that two do not have the same numbers."""
    return " ".join(sorted(_digits_in_order(question)))


def _digits_in_order(question: str) -> list[str]:
    return re.findall(r"\d+", fold(question).replace(",", ""))


def _question_tokens(question: str) -> frozenset[str]:
    """The words of a question; of scripts without spaces, the pairs of characters."""
    found: set[str] = set()
    for word in fold(question).split():
        if word.isascii() or len(word) <= len("ab"):
            found.add(word)
        else:
            found.update(word[place : place + 2] for place in range(len(word) - 1))
    return frozenset(found)


def _says_the_same(trained: QAPair, asked: QAPair) -> bool:
    if trained.fact == asked.fact:
        return True
    if asked.form == "yes_no" and _digits_in_order(trained.question) != _digits_in_order(asked.question):
        return False  # "race 1 ended 5" has the words and the answer of "race 5 ended 1"
    one, other = read_question(trained.question), read_question(asked.question)
    return names(trained.question) == names(asked.question) and compare_questions(one, other) != "other"
