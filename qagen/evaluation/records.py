"""The values of an evaluation: what is asked, how an answer was scored, what came of it. All are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

ProbeKind = Literal["V", "P", "F", "R", "X", "C", "U", "G", "own"]
"""What a probe shows. V: a trained question, verbatim. P: an unseen rephrasing of a trained fact. F: another
format (yes/no, cloze, choice). R: the fact asked backwards. X: asked in another language. C: a fact that was
withheld. U: a twin of a question that the documents do not answer. G: general knowledge. own: a user's."""

AnswerKind = Literal["number", "date", "name", "yes_no", "choice", "other"]
"""What an expected answer is."""

Condition = Literal["closed", "passage", "retrieval"]
"""What a model has at hand: nothing, the passage with the answer, or the passages a retriever found."""

AT_HAND: Mapping[Condition, str] = {
    "closed": "",
    "passage": " with the passage",
    "retrieval": " with retrieval",
}
"""What is said behind a model's name."""

Verdict = Literal["right", "wrong", "hedged", "several", "abstained", "empty"]
"""What an answer is, by its words alone. ``hedged``: it holds the expected answer and takes it back;
``several``: it lists more than one; ``abstained``: it says that it does not know."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Probe(_Record):
    """One question that is asked of every model.

    ``answers`` are what is expected, the first one as it would be shown, then its aliases; it is empty for
    ``U``, where ``wrong`` holds the answer of the answerable ``original`` (an id). ``form`` tells the formats
    of ``F`` apart (``yes``, ``no``, ``cloze``, ``choice``), what was swapped in a ``U`` (``year``,
    ``number``, ``name``), and else names the form of the pair it comes from. ``question`` is the whole text
    that is asked: that of a choice lists its ``options`` as ``A)`` to ``D)``, in this order. All probes of a
    fact share ``fact``. ``passage`` is the id of the passage with the answer, ``start`` and ``end`` the
    characters of the quote in ``source``. ``wordings`` is the number of trained wordings of the fact's
    question, the canonical one and the rephrased, in any language: not its reversed, yes/no, cloze and
    statement pairs. ``seen``: this very question was trained.
    ``writer`` is the model that wrote the fact's pair, and so what counts as right.
    """

    id: str = ""
    kind: ProbeKind = "own"
    question: str
    answers: tuple[str, ...] = ()
    fact: str = ""
    form: str = ""
    options: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    original: str = ""
    source: str = ""
    passage: str = ""
    start: int | None = None
    end: int | None = None
    language: str | None = None
    answer_kind: AnswerKind = "other"
    wordings: int = 0
    seen: bool = False
    writer: str = ""


class Score(_Record):
    """An answer beside the expected ones, by its words alone.

    ``exact``: the same after folding; aliases, numbers and dates in any notation count. ``contained``: an
    expected answer stands in it, as words of its own. ``f1``: of tokens (characters in scripts without
    spaces), the best over the expected answers, 0 to 1. ``verdict`` decides.
    """

    exact: bool
    contained: bool
    f1: float
    verdict: Verdict


class Result(_Record):
    """What one model answered to one probe, and what that is worth.

    ``judged`` is a judge's word (``None``: not asked). ``right`` is what counts: the verdict of the words, or
    the judge's where the words do not decide. ``failure`` says why there is no answer; such a result is not
    right.
    """

    model: str
    condition: Condition = "closed"
    probe: str
    reply: str
    score: Score
    judged: bool | None = None
    right: bool
    failure: str = ""


KINDS: Mapping[ProbeKind, str] = {
    "V": "trained question",
    "P": "unseen wording",
    "F": "other format",
    "R": "asked backwards",
    "X": "other language",
    "C": "withheld facts",
    "U": "unanswerable twin",
    "G": "general knowledge",
    "own": "your own questions",
}
"""The kinds of probe in words, in the order in which a card shows them."""
