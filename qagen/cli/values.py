"""What ``--json`` prints: the facts of a command as plain values. docs/run-folder.md names the keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.cli.terminal import TRAIN, address

if TYPE_CHECKING:
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJob

    from qagen.evaluation import Comparison, ReportCard
    from qagen.evaluation.figures import Rate
    from qagen.flow import Estimate, StepEstimate
    from qagen.llm.embedded import Weights
    from qagen.pairs import QADataset
    from qagen.records import Failure, Usage
    from qagen.tuning.file import TrainingFileReport

_ELSEWHERE = (
    "passages",
    "steps",
    "leaks",
    "warnings",
    "validation_written",
    "provenance",
)  # settings that the dataset tells


@dataclass(frozen=True, slots=True)
class Kept:
    """What the ledger of a run folder has: calls by state, their usage, the settings, what failed."""

    states: Mapping[str, int]
    usage: Usage
    settings: Mapping[str, Any]
    failures: tuple[Failure, ...]

    @classmethod
    def of(cls, run: Path) -> Kept:
        """Read from a run folder."""
        from qagen.llm import Ledger
        from qagen.pairs import LEDGER

        with Ledger(run / LEDGER) as ledger:
            settings = {key: value for key, value in ledger.settings().items() if key not in _ELSEWHERE}
            return cls(ledger.states(), ledger.usage(), settings, tuple(ledger.failures()))


def files_of(run: Path) -> dict[str, Path]:
    """The files of a run folder that are there, by what they are."""
    from qagen.flow import REPORT, VALIDATION
    from qagen.pairs import PAIRS, PROBES

    files = {
        "pairs": PAIRS,
        "training file": TRAIN,
        "validation file": VALIDATION,
        "for the test": PROBES,
        "report": REPORT,
    }
    return {name: run / file for name, file in files.items() if (run / file).exists()}


def run_value(dataset: QADataset, run: Path) -> dict[str, Any]:
    """What came of ``qagen generate``."""
    seconds = round(sum(step.seconds for step in dataset.steps), 1)
    return {
        **_folder_value(run),
        **_dataset_value(dataset),
        "failures": [one.model_dump() for one in dataset.failures],
        "warnings": [one.model_dump() for one in dataset.warnings],
        "usage": dataset.usage.model_dump(),
        "seconds": seconds,
    }


def status_value(run: Path, kept: Kept, dataset: QADataset | None) -> dict[str, Any]:
    """What ``qagen status`` tells."""
    return {
        **_folder_value(run),
        **({} if dataset is None else _dataset_value(dataset)),
        "settings": dict(kept.settings),
        "calls": dict(kept.states),
        "failures": [one.model_dump() for one in kept.failures],
        "warnings": [] if dataset is None else [one.model_dump() for one in dataset.warnings],
        "usage": kept.usage.model_dump(),
    }


def estimate_value(estimate: Estimate) -> dict[str, Any]:
    """What ``qagen generate --estimate`` tells."""
    return {
        "passages": estimate.passages,
        "facts": estimate.facts,
        "steps": [_step_value(step) for step in estimate.steps],
        "total": _step_value(estimate.total),
        "timing": estimate.timing,
    }


def check_value(report: TrainingFileReport) -> dict[str, Any]:
    """What ``qagen check`` tells."""
    facts = {**asdict(report), "path": str(report.path)}
    return {"ok": report.ok, **facts, "omitted": dict(report.omitted)}


def model_value(weights: Weights, path: Path | None) -> dict[str, Any]:
    """A row of ``qagen models``."""
    from qagen.llm.embedded import DEFAULT

    return {
        "name": f"local:{weights.name}",
        "default": weights.name == DEFAULT,
        "size": weights.size,
        "licence": weights.licence,
        "path": None if path is None else str(path),
        "note": weights.note,
    }


def card_value(run: Path, card: ReportCard, *, incomplete: bool) -> dict[str, Any]:
    """What ``qagen evaluate`` tells; all answers stand in ``evaluation.json``."""
    from qagen.evaluation import EVALUATION

    return {
        **_folder_value(run),
        "evaluation": str(run / EVALUATION),
        "sentence": card.sentence,
        "warnings": [str(one) for one in card.warnings],
        "models": list(card.models),
        "questions": len(card.probes),
        "rates": [
            {"model": model, "condition": condition, "kind": kind, **_rate_value(rate)}
            for model in card.models
            for condition in card.conditions
            for kind in card.kinds
            if (rate := card.rate(model, kind, condition=condition))
        ],
        "incomplete": incomplete,
        "usage": card.usage.model_dump(),
    }


def tuned_value(run: Path) -> dict[str, Any]:
    """What ``qagen tune`` has made: its record, which ``tuning.json`` holds."""
    from qagen.tuning import read_record

    return {"run": str(run), **read_record(run).model_dump()}


def job_value(job: FineTuningJob) -> dict[str, Any]:
    """A job at a service."""
    return {
        "job": job.id,
        "status": job.status,
        "base_model": job.model,
        "model": job.fine_tuned_model,
        "created_at": job.created_at,
        "trained_tokens": job.trained_tokens,
    }


def losses_value(losses: pd.DataFrame) -> Any:
    """The rows of ``qagen jobs metrics``, all of them."""
    return json.loads(losses.to_json(orient="records"))


def answers_value(
    questions: Mapping[str, str | None], columns: Mapping[str, list[str] | str]
) -> list[dict[str, Any]]:
    """What ``qagen ask`` tells; the answer of a model that could not be asked is the reason."""
    return [
        {
            "question": question,
            "expected": expected,
            "answers": {
                name: found if isinstance(found, str) else found[place] for name, found in columns.items()
            },
        }
        for place, (question, expected) in enumerate(questions.items())
    ]


def comparison_value(comparison: Comparison) -> dict[str, Any]:
    """What ``qagen compare`` tells."""
    return {
        "sentence": comparison.sentence,
        "warnings": list(comparison.warnings),
        "cards": list(comparison.cards),
        "rates": [
            {"card": name, "kind": kind, **_rate_value(rate)}
            for name in comparison.cards
            for kind in comparison.kinds
            if (rate := comparison.rate(name, kind))
        ],
    }


def _folder_value(run: Path) -> dict[str, Any]:
    files = files_of(run)
    report = files.get("report")
    return {
        "run": str(run),
        "files": {name: str(file) for name, file in files.items()},
        "page": None if report is None else address(report),
    }


def _dataset_value(dataset: QADataset) -> dict[str, Any]:
    from qagen.pairs import find_caution

    covered = None if dataset.coverage is None else dataset.coverage.total
    return {
        "passages": dataset.passages,
        "pairs": len(dataset),
        "facts": len({pair.fact for pair in dataset}),
        "parts": dict(Counter(pair.part for pair in dataset)),
        "leaks": None if dataset.leaks is None else len(dataset.leaks),
        "sentences": None if covered is None else covered.sentences,
        "covered": None if covered is None else covered.covered,
        "dropped": dict(Counter(one.reason for one in dataset.dropped)),
        "conflicts": len(dataset.conflicts),
        "steps": [step.model_dump() for step in dataset.steps],
        "caution": find_caution(dataset),
    }


def _step_value(step: StepEstimate) -> dict[str, Any]:
    return {
        "name": step.name,
        "calls": step.calls,
        "input_tokens": step.input_tokens,
        "output_tokens": step.output_tokens,
        "cost": step.cost,
        "seconds": round(step.seconds, 1),
    }


def _rate_value(rate: Rate) -> dict[str, Any]:
    return {"right": rate.right, "asked": rate.asked, "low": rate.low, "high": rate.high}
