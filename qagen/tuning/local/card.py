"""The model card, as the hub reads it: what a stranger must know before using a trained model."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.errors import RunFolderError
from qagen.files import RecordError
from qagen.pairs import PAIRS, find_caution, read_pairs
from qagen.text import language_of
from qagen.tuning.local.hub_names import hub_name, licence_of

if TYPE_CHECKING:
    from qagen.tuning import TuningRecord
    from qagen.tuning.local.examples import Examples
    from qagen.tuning.models import Base


_LIMITS = (
    "These figures are about the questions it was trained on. Whether it can answer other wordings, and what "
    "it makes up, needs an evaluation of its own. Nor do they say that what the training file says is true."
)
_SAMPLED = 400  # examples whose language is looked at
_LEAST_OF_A_LANGUAGE = 0.05  # of those whose language can be told
_LONGEST_QUESTION = 200  # characters, in the lines that load the model
_PLACEHOLDER = "the folder or the hub name of the base model"

_LOAD_ADAPTER = """\
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = {base}
adapter = "."  # this folder; once it is on the hub, its name there
tokenizer = AutoTokenizer.from_pretrained(adapter)
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter)
"""
_LOAD_WHOLE = """\
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "."  # this folder; once it is on the hub, its name there
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder)
"""
_ASK = """\

messages = [
{messages}
]
asked = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"
)
reply = model.generate(**asked, max_new_tokens=200, do_sample=False)
print(tokenizer.decode(reply[0, asked["input_ids"].shape[1] :], skip_special_tokens=True))
"""


def model_card(record: TuningRecord, base: Base, examples: Examples) -> str:
    """The card in Markdown, with the metadata block that the Hugging Face hub reads.

    A base that the hub does not have under a known name is left out of the block, and so is a licence that
    is not known; the card says so. No path of this machine stands in it.

    Args:
        record: What was made, and what was measured.
        base: What it was made from.
        examples: What it was trained on. Where ``pairs.jsonl`` lies beside the file, the card says what is
            known of the model that wrote them.
    """
    name = hub_name(base)
    shown = name or (base.path.name if Path(record.base_model).expanduser().exists() else record.base_model)
    kind = "an adapter (LoRA)" if record.hyperparameters["rank"] else "all weights"
    caution, version = _caution(examples), record.details["versions"]["qagen-finetune"]
    parts = [
        "---",
        _metadata(record, base, examples),
        "---",
        "",
        f"# {shown}, tuned on {record.training_file}",
        "",
        *([f"> **Caution.** {caution}", ""] if caution else []),
        f"Trained with qagen {version}: {kind}, on {record.examples} examples.",
        "",
        *_loading(record, base, examples),
        "## What it learnt",
        "",
        *_results(record.details),
        "",
        _LIMITS,
        "",
        "## Licence",
        "",
        _licence(base, shown),
        "",
        "## How",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in _settings(record, shown)),
    ]
    return "\n".join(parts) + "\n"


def _metadata(record: TuningRecord, base: Base, examples: Examples) -> str:
    from huggingface_hub import ModelCardData

    is_adapter = bool(record.hyperparameters["rank"])
    return ModelCardData(
        base_model=hub_name(base),
        language=_languages(examples) or None,
        license=licence_of(base),
        library_name="peft" if is_adapter else "transformers",
        pipeline_tag="text-generation",
        tags=["qagen", "question-answering", *(["lora"] if is_adapter else [])],
    ).to_yaml()


def _languages(examples: Examples) -> list[str]:
    """Those of a sample of the examples, most frequent first."""
    step = -(-len(examples.items) // _SAMPLED)
    texts = (f"{item.prompt[-1].get('content')} {item.answer}" for item in examples.items[::step])
    told = Counter(language for text in texts if (language := language_of(text)))
    return [one for one, count in told.most_common() if count >= _LEAST_OF_A_LANGUAGE * told.total()]


def _caution(examples: Examples) -> str:
    """What is known of the pairs that lie beside the training file."""
    pairs = examples.path.parent / PAIRS
    if not pairs.exists():
        return ""
    try:
        return find_caution(read_pairs(pairs))
    except (RunFolderError, RecordError):
        return f"{PAIRS} beside the training file could not be read: who wrote the pairs is not known here."


def _loading(record: TuningRecord, base: Base, examples: Examples) -> list[str]:
    prompt = record.system_prompt
    asking = "no system message" if prompt is None else "this system message"
    name = hub_name(base)
    lines = _LOAD_ADAPTER if record.hyperparameters["rank"] else _LOAD_WHOLE
    said = [f"Ask it with {asking}: that is how it was trained."]
    if lines is _LOAD_ADAPTER and name is None:
        said.append("Of the base model no name on the hub is known: put in where you have it.")
    elif lines is _LOAD_ADAPTER and base.gguf:
        said.append(
            f"It was trained on a GGUF file of that base, with rounded weights (`{base.path.name}`): on the "
            "base in full precision a few answers may differ from those that were counted below."
        )
    question = examples.items[0].prompt[-1].get("content")
    if not isinstance(question, str) or len(question) > _LONGEST_QUESTION:
        question = "Your question?"
    turns = [] if prompt is None else [("system", prompt)]
    messages = "\n".join(
        f'    {{"role": "{role}", "content": {_quoted(text)}}},'
        for role, text in [*turns, ("user", question)]
    )
    code = lines.format(base=_quoted(name or _PLACEHOLDER)) + _ASK.format(messages=messages)
    return [" ".join(said), "", "```python", code.rstrip("\n"), "```", ""]


def _quoted(text: str) -> str:
    """A text as a string of Python, on one line."""
    return json.dumps(text, ensure_ascii=False)


def _licence(base: Base, shown: str) -> str:
    known = licence_of(base)
    under = f"`{known}`" if known else "which is not known here: see where it comes from"
    return (
        f"The weights follow the licence of their base, {shown}: {under}. The documents that the training "
        "file was made from may have rights of their own."
    )


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


def _settings(record: TuningRecord, shown: str) -> list[tuple[str, Any]]:
    details = record.details
    return [
        ("base model", f"`{shown}` (sha256 `{record.base_sha256}`)"),
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
