"""A report card with something of everything that the page and the command show."""

from __future__ import annotations

from typing import Any

from qagen.evaluation.figures.statistics import Agreement
from qagen.evaluation.records import Probe, Result, Score
from qagen.evaluation.report_card import ReportCard
from qagen.records import Usage

RIGHT = Score(exact=True, contained=True, f1=1.0, verdict="right")
WRONG = Score(exact=False, contained=False, f1=0.0, verdict="wrong")
KNOWN = {"base": {"G": 10, "C": 1}, "tuned": {"V": 10, "P": 8, "F": 6, "C": 2, "U": 5, "G": 9}}
"""Of ten questions of a kind, how many each model answers right, the first ones."""


def probe(kind: str, number: int, **values: Any) -> Probe:
    """A question about the fact of a number."""
    known: dict[str, Any] = {
        "id": f"{kind}{number}",
        "kind": kind,
        "question": f"{kind}: how high is tower {number}?",
        "answers": (f"{number} metres",),
        "fact": f"{'c' if kind == 'C' else 'g' if kind == 'G' else 'f'}{number}",
        "source": "towers.txt" if number % 2 else "塔.txt",
        "answer_kind": "number" if number % 3 else "name",
        "wordings": 5 if number % 4 else 1,
        "form": "cloze" if kind == "F" else "",
        "language": "en",
        "original": f"P{number}" if kind == "U" else "",
    }
    return Probe(**{**known, **values})


def result(model: str, one: Probe, *, right: bool, **values: Any) -> Result:
    """What a model answered."""
    reply = (one.answers or ("I do not know.",))[0] if right else f"{model} says something else"
    known: dict[str, Any] = {"reply": reply, "score": RIGHT if right else WRONG, "right": right}
    return Result(model=model, probe=one.id, **{**known, **values})


def card(**parts: Any) -> ReportCard:
    """Ten questions of six kinds, asked of a base and a tuned model."""
    probes = tuple(probe(kind, number) for kind in "VPFCUG" for number in range(10))
    results = [
        result(model, one, right=int(one.id[1:]) < KNOWN[model].get(one.kind, 0))
        for model in KNOWN
        for one in probes
    ]
    results += [
        result("base", one, right=one.id != "P9", condition=condition)
        for one in probes
        if one.kind == "P"
        for condition in ("passage", "retrieval")
    ]
    known: dict[str, Any] = {
        "probes": probes,
        "results": tuple(results),
        "models": ("base", "tuned"),
        "base": "base",
        "tuned": "tuned",
        "conditions": ("closed", "passage", "retrieval"),
        "leaks": (),
        "usage": Usage(calls=140, asked=140, input_tokens=1400, output_tokens=700, cost=0.0123),
        "audit": Agreement(asked=20, same=19, kappa=0.9, low=0.7, high=0.98),
    }
    return ReportCard(**{**known, **parts})
