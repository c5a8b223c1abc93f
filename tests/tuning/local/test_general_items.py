"""The package's general questions: what they are, and which of them a training replays."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib.resources import files

import pytest

from qagen.errors import TrainingFileError
from qagen.text.folding import fold
from qagen.tuning.local.examples import general_items, read_examples, replayed, replayed_at_once

JAPANESE = {item.question for item in general_items("replay") if item.language == "ja"}
POOL = {item.question: item.answers[0] for item in general_items("replay")}


def examples_of(path, english=0, japanese=0, *, system=None, named=0):
    asked = [f"What is the name of gate number {n}?" for n in range(english)]
    asked += [f"{n}番目の門の名前は何ですか。" for n in range(japanese)]
    asked += [f"Varga {n}" for n in range(named)]
    turns = [
        [("system", system), ("user", question), ("assistant", f"A{n}")] for n, question in enumerate(asked)
    ]
    lines = [{"messages": [{"role": role, "content": text} for role, text in turn if text]} for turn in turns]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return read_examples(path)


def languages(items):
    drawn = [item.prompt[-1]["content"] for item in items]
    assert len(set(drawn)) == len(drawn)
    return Counter("ja" if question in JAPANESE else "en" for question in drawn)


@pytest.mark.parametrize(
    ("english", "japanese", "drawn"),
    [
        (40, 0, {"en": 10}),
        (0, 40, {"en": 3, "ja": 7}),
        (20, 20, {"en": 5, "ja": 5}),
        (30, 10, {"en": 8, "ja": 2}),
        (1, 0, {"en": 1}),
        (0, 1, {"en": 1}),
    ],
)
def test_items_are_drawn_in_the_languages_of_the_file(tmp_path, english, japanese, drawn):
    examples = examples_of(tmp_path / "train.jsonl", english, japanese)
    for seed in range(3):
        assert languages(replayed(examples, "general", seed=seed)) == drawn


def test_questions_in_no_language_that_can_be_told_get_english_items(tmp_path):
    examples = examples_of(tmp_path / "train.jsonl", named=8)
    assert languages(replayed(examples, "general", seed=1)) == {"en": 2}


def test_english_items_stand_in_for_japanese_ones_that_are_not_there(tmp_path):
    examples = examples_of(tmp_path / "train.jsonl", japanese=8 * len(JAPANESE))
    drawn = languages(replayed(examples, "general", seed=1))
    assert drawn == {"ja": len(JAPANESE), "en": len(JAPANESE)}


def test_a_large_file_gets_every_english_item_once(tmp_path):
    examples = examples_of(tmp_path / "train.jsonl", 4 * len(POOL))
    assert languages(replayed(examples, "general", seed=1)) == {"en": len(POOL) - len(JAPANESE)}


def test_each_epoch_gets_items_of_its_own_while_there_are_others(tmp_path):
    examples = examples_of(tmp_path / "train.jsonl", 40, 40)
    drawn = [item.prompt[-1]["content"] for item in replayed(examples, "general", epochs=3, seed=1)]
    assert len(drawn) == len({*drawn}) == 3 * replayed_at_once(examples) == 60
    assert languages(replayed(examples, "general", epochs=3, seed=1)) == {"en": 30, "ja": 30}
    assert len(replayed(examples, "general", epochs=1000, seed=1)) == len(POOL)


def test_the_seed_decides_which_are_drawn_and_the_system_prompt_stands_in_front(tmp_path):
    examples = examples_of(tmp_path / "train.jsonl", 40, 40, system="Be brief.")
    once, again, other = (replayed(examples, "general", seed=seed) for seed in (1, 1, 2))
    assert once == again != other
    for item in once:
        system, user = item.prompt
        assert system == {"role": "system", "content": "Be brief."}
        assert item.answer == POOL[user["content"]]
        assert item.line == 0


def test_a_file_of_ones_own_is_replayed_whole_and_none_not_at_all(tmp_path):
    examples = examples_of(tmp_path / "train.jsonl", 4)
    own = examples_of(tmp_path / "own.jsonl", 0, 7)
    assert replayed(examples, tmp_path / "own.jsonl", seed=1) == own.items
    assert replayed(examples, None, seed=1) == ()
    with pytest.raises(TrainingFileError, match="nowhere"):
        replayed(examples, tmp_path / "nowhere.jsonl", seed=1)


def test_there_are_enough_items_of_many_forms():
    items = general_items("replay")
    counts = Counter(item.language for item in items)
    assert counts["en"] >= 400
    assert counts["ja"] >= 120
    assert set(counts) == {"en", "ja"}
    answers = [item.answers[0] for item in items]
    sentences = sum(answer.endswith((".", "。")) for answer in answers)
    assert 0.25 < sentences / len(answers) < 0.45
    yes, no = (
        sum(bool(re.match(word, answer)) for answer in answers) for word in (r"Yes\b|はい", r"No\b|いいえ")
    )
    assert yes >= 30
    assert abs(yes - no) < 10


def test_no_general_question_is_replayed_and_also_asked():
    replay = [fold(item.question) for item in general_items("replay")]
    text = files("qagen.evaluation").joinpath("data/general.jsonl").read_text(encoding="utf-8")
    asked = [json.loads(line)["question"] for line in text.splitlines()]
    asked += [item.question for item in general_items("check")]
    assert len(set(replay)) == len(replay)
    assert not set(replay) & {fold(question) for question in asked}
