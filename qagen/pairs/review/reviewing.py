"""The review: does each question stand alone, does each answer follow, and if not, one rewrite.

The model is never trusted: what code found wrong stays wrong until a rewrite passes the caller's gates, and
an answer that was fine is not changed. A small model only answers the questions again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from qagen.errors import SettingsError
from qagen.llm import Asker, prompt_id
from qagen.pairs.gates import Problem
from qagen.pairs.review.docket import Docket, Mode
from qagen.pairs.review.findings import Findings, Reviewer
from qagen.pairs.review.ruling import ANSWER_NOT_SUPPORTED, ANSWERED_OTHERWISE, Check, Judge
from qagen.pairs.review.verdicts import REVIEW_PROMPT
from qagen.records import Dropped, Failure, Passage, QAPair, Usage

_NO_PROBLEMS: Mapping[str, Sequence[Problem]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review kept, as it was or rewritten, and what it dropped and why. Together: the whole input.

    Attributes:
        kept: In the order of the input; a rewritten pair has its old ``id`` and ``fact``.
        dropped: The pairs as they were, with the reviewer's words.
        failures: Calls that gave nothing, and pairs that got no verdict (state ``unreviewed``).
        usage: Of all calls.
        rewritten: How many of ``kept`` were rewritten.
        stopped: Why not all was asked (the budget), or ``""``.
    """

    kept: tuple[QAPair, ...]
    dropped: tuple[Dropped, ...]
    failures: tuple[Failure, ...] = ()
    usage: Usage = Usage()
    rewritten: int = 0
    stopped: str = ""


def review_pairs(
    pairs: Sequence[QAPair],
    passages: Mapping[str, Passage],
    asker: Asker,
    *,
    mode: Mode = "all",
    problems: Mapping[str, Sequence[Problem]] = _NO_PROBLEMS,
    check: Check,
    locked: Collection[str] = (),
) -> Reviewed:
    """Have a model judge pairs and rewrite failing ones, once; a rewrite goes through all gates again.

    Args:
        pairs: Of any passages; the result keeps their order.
        passages: By id. A pair whose passage is not among them is kept unreviewed and counted as a failure.
        asker: The reviewer. A rewrite is in ``asker.language``, or in the language of the text. A small
            model rewrites nothing: it answers the questions itself (:mod:`qagen.pairs.review.round_trip`).
        mode: ``"all"``: every pair is looked at; ``"suspect"``: those with a problem or under suspicion (see
            :func:`qagen.pairs.review.suspecting.suspicion`); ``"failed"``: those with a problem only.
        problems: What code found wrong, by pair id. Such a pair is kept only if its rewrite passes ``check``.
        check: All gates for a rewritten pair: the pair with its quote in place, and the problem if any.
        locked: Ids of pairs that a person has settled: shown to the reviewer, never changed or dropped.

    Raises:
        SettingsError: There is no such mode.
        ModelError: The model cannot be used at all.
    """
    if mode not in get_args(Mode):
        raise SettingsError(f"mode must be one of {', '.join(get_args(Mode))}, not {mode!r}")
    docket = Docket(pairs, passages, problems, frozenset(locked), mode, asker.small)
    with closing(asker.each(Reviewer(asker).review, docket.batches())) as work:
        found = Findings.joined(work)
    judge = Judge(
        check=check,
        prompt=prompt_id(REVIEW_PROMPT),
        model=asker.asked.name,
        unsupported=ANSWERED_OTHERWISE if asker.small else ANSWER_NOT_SUPPORTED,
    )
    rulings = [judge.ruling(pair, docket, found.verdicts.get(place)) for place, pair in enumerate(pairs)]
    return Reviewed(
        kept=tuple(one for one in rulings if isinstance(one, QAPair)),
        dropped=tuple(one for one in rulings if isinstance(one, Dropped)),
        failures=(*found.failures, *docket.without_passage()),
        usage=found.usage,
        rewritten=sum(new != old for new, old in zip(rulings, pairs, strict=True) if isinstance(new, QAPair)),
        stopped=found.stopped,
    )
