"""The model card: what a stranger must know before using a trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qagen.tuning.record import TuningRecord


_LIMITS = (
    "These figures are about the questions it was trained on. Whether it can answer other wordings, and what "
    "it makes up, needs an evaluation of its own."
)


def model_card(record: TuningRecord) -> str:
    """The card in Markdown, with the metadata block that the Hugging Face hub reads."""
    details = record.details
    kind = "an adapter (LoRA)" if record.hyperparameters["rank"] else "all weights"
    prompt = record.system_prompt
    asking = "no system message" if prompt is None else f"the system message `{prompt}`"
    parts = [
        "---",
        f'base_model: "{record.base_model}"',
        "library_name: " + ("peft" if record.hyperparameters["rank"] else "transformers"),
        "tags: [qagen, question-answering]",
        "---",
        "",
        f"# {record.base_model}, tuned on {record.training_file}",
        "",
        f"Trained with qagen {details['versions']['qagen-finetune']}: {kind}, on {record.examples} examples.",
        "",
        f"Ask it with {asking}: that is how it was trained.",
        "",
        "## What it learnt",
        "",
        *_results(details),
        "",
        _LIMITS,
        "",
        "## How",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in _settings(record)),
    ]
    return "\n".join(parts) + "\n"


def _results(details: dict[str, Any]) -> list[str]:
    known, general = details["recall"], details["general"]
    lines = [f"- Training questions answered word for word: {known['recalled']} of {known['asked']} asked."]
    if unseen := details["validation"]:
        lines.append(f"- Validation questions answered so: {unseen['recalled']} of {unseen['asked']}.")
    lines.append(
        f"- General questions that were not trained: {general['right_before']} of {general['asked']} right "
        f"before, {general['right_after']} after."
    )
    if details["stopped_early"]:
        lines.append(f"- Training ended before its last epoch: {details['stopped_early']}.")
    return lines


def _settings(record: TuningRecord) -> list[tuple[str, Any]]:
    details = record.details
    return [
        ("base model", f"`{record.base_model}` (sha256 `{record.base_sha256}`)"),
        ("training file", f"`{record.training_file}` (sha256 `{record.training_sha256}`)"),
        *((name, value) for name, value in record.hyperparameters.items() if value is not None),
        ("general items mixed in", details["replayed"]),
        ("epochs trained", details["epochs"]),
        ("steps", details["steps"]),
        ("trained parameters", f"{details['trained_parameters']:,}"),
        ("seconds", details["seconds"]),
        ("device", details["device"]),
        *details["versions"].items(),
    ]
