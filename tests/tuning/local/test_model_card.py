"""The model card as the hub reads it: licence, languages, a base that is there, what is wrong with the pairs.

That its lines load the model is run in test_train_locally.py, where there is one.
"""

import json
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from reported import pair

from qagen.llm.embedded.table import TABLE
from qagen.pairs.dataset import write_pairs
from qagen.tuning.file.writing import write_training_file
from qagen.tuning.local.card import model_card
from qagen.tuning.local.examples import read_examples
from qagen.tuning.models.base_model import Base
from qagen.tuning.record import TuningRecord

DETAILS = {
    "recall": {"recalled": 2, "asked": 2},
    "validation": None,
    "general": {"asked": 24, "right_before": 12, "right_after": 11},
    "stopped_early": None,
    "replayed": 0,
    "epochs": 3.0,
    "steps": 6,
    "trained_parameters": 1000,
    "seconds": 1.0,
    "device": "cpu",
    "versions": {"qagen-finetune": "0.1.0"},
}
SMALL = Base("local:smollm2-135m", "gguf", Path("SmolLM2.gguf"), "ab12")


def examples(folder, *pairs, prompt="Be brief."):
    file = folder / "train.jsonl"
    write_training_file(pairs, file, system_prompt=prompt)
    return read_examples(file)


def two(**values):
    return (
        pair(1, "Who won the final of 1897 at the bridge?", "Tilda Vance", "", **values),
        pair(3, "橋はいつ拡幅されましたか。", "一九〇三年", "", **values),
    )


def card_of(base, known, *, rank=8):
    record = TuningRecord(
        provider="local",
        base_model=base.name,
        system_prompt=known.system_prompt,
        training_file="train.jsonl",
        training_sha256=known.sha256,
        examples=known.lines,
        hyperparameters={"rank": rank},
        base_sha256=base.sha256,
        details=DETAILS,
    )
    return ModelCard(model_card(record, base, known))


@pytest.mark.parametrize("name", TABLE)
def test_the_hub_reads_a_licence_languages_and_a_base_that_it_has(tmp_path, name):
    card = card_of(Base(f"local:{name}", "gguf", Path("x.gguf"), "ab12"), examples(tmp_path, *two()))
    found = card.data.to_dict()
    base = found.pop("base_model")
    assert base in {
        "Qwen/Qwen2.5-Coder-1.5B-Instruct",
        "Qwen/Qwen2.5-Coder-0.5B-Instruct",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
    }
    assert base.split("/")[1].lower().startswith(name)
    assert found == {
        "library_name": "peft",
        "license": "apache-2.0",
        "language": ["en", "ja"],
        "pipeline_tag": "text-generation",
        "tags": ["qagen", "question-answering", "lora"],
    }
    assert f'base = "{base}"' in card.text
    assert "GGUF file of that base" in card.text
    assert "Caution" not in card.text


def test_a_folder_of_ones_own_is_named_by_its_configuration_or_left_out(tmp_path):
    known = examples(tmp_path, *two())
    folder = tmp_path / "mine"
    folder.mkdir()
    own = Base(str(folder), "folder", folder, "ab12")
    for told, named in ({"_name_or_path": "acme/tiny-chat"}, "acme/tiny-chat"), ({}, None):
        (folder / "config.json").write_text(json.dumps(told))
        card = card_of(own, known)
        assert card.data.base_model == named
        assert card.data.license is None
        assert "which is not known here" in card.text
        assert ("no name on the hub is known" in card.text) is (named is None)
        assert str(tmp_path) not in card.content


def test_all_weights_are_loaded_without_their_base(tmp_path):
    card = card_of(SMALL, examples(tmp_path, *two(), prompt=None), rank=None)
    assert card.data.library_name == "transformers"
    assert "peft" not in card.text
    assert '"system"' not in card.text
    assert "with no system message" in card.text


def test_the_card_warns_of_pairs_of_an_embedded_writer(tmp_path):
    pairs = two(model="local:qwen2.5-coder-0.5b")
    write_pairs(pairs, tmp_path / "pairs.jsonl")
    known = examples(tmp_path, *pairs)
    assert TABLE["qwen2.5-coder-0.5b"].wrong in card_of(SMALL, known).text.partition("Trained with")[0]
    (tmp_path / "pairs.jsonl").write_text("{}\n")
    assert "could not be read" in card_of(SMALL, known).text


def test_what_is_asked_cannot_break_the_lines_of_python(tmp_path):
    wild = 'Who said "```"?\n```\n\\ {x}'
    known = examples(tmp_path, pair(1, wild, "Odo", ""), prompt="Say {it}:\n```")
    code = card_of(SMALL, known).text.partition("```python\n")[2].partition("\n```")[0]
    compile(code, "card", "exec")
    assert json.dumps(wild, ensure_ascii=False) in code
